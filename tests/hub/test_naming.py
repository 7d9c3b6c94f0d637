"""Names that are being given: one at a time each, and no name waits for another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from hub.desks import V1, Desk
from wasteland.hosts.base import RepoName
from wasteland.hub import repositories
from wasteland.hub.catalog import Entry, Visibility
from wasteland.hub.naming import Names

SLOW = RepoName("acme", "slow")
PROMPT_S = 10.0


def test_a_name_in_other_letters_waits_for_its_turn() -> None:
    names = Names()
    began = Event()
    order: list[str] = []

    def second() -> None:
        began.set()
        with names.held(RepoName("Acme", "Slow")):
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with names.held(SLOW):
            waiting = pool.submit(second)
            assert began.wait(PROMPT_S)
            order.append("first")
        waiting.result(PROMPT_S)

    assert ["first", "second"] == order
    assert not names._locks


def test_a_name_whose_work_failed_is_free() -> None:
    names = Names()
    with pytest.raises(OSError, match="full"), names.held(SLOW):
        raise OSError("full")

    with names.held(SLOW):
        pass


def test_a_slow_creation_keeps_no_other_name_waiting(desk: Desk) -> None:
    with repositories.making(desk.hub, SLOW, Entry(Visibility.PUBLIC)):
        body = {"ownerName": "acme", "repoName": "quick", "visibility": "public"}
        with ThreadPoolExecutor(1) as pool:
            made = pool.submit(desk.send, "POST", f"{V1}/database", "acme", json=body)

            assert made.result(PROMPT_S).is_success
