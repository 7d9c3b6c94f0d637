"""What happens on a commons, as it happens: what waits, what is told, and when it ends."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hub.desks import API, BOARD, Desk, hide
from wasteland.hub import moves
from wasteland.hub.api import events

EVENTS = f"{API}/events"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and end soon."""
    monkeypatch.setattr(events, "_GONE_S", 0.05)
    monkeypatch.setattr(events, "_BEAT_S", 0.05)


def test_what_changed_since_a_commit_is_told_by_its_keys(desk: Desk) -> None:
    start = desk.hub.host.engine(BOARD).head()
    item = desk.post()

    told = desk.ok("GET", EVENTS, params={"after": start})
    assert (True, [item]) == (told["is_whole"], told["rows"]["wanted"])
    assert told["head"] == desk.hub.host.engine(BOARD).head()


def test_without_a_change_the_answer_says_so_when_the_wait_is_over(desk: Desk) -> None:
    head = desk.hub.host.engine(BOARD).head()

    told = desk.ok("GET", EVENTS, params={"after": head, "wait_s": 0})
    assert {"head": head, "rows": {}} == told


def test_who_waits_is_told_of_the_next_change(desk: Desk) -> None:
    head = desk.hub.host.engine(BOARD).head()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(desk.ok, "GET", EVENTS, params={"after": head, "wait_s": 60})
        item = desk.post()

        assert [item] == waiting.result()["rows"]["wanted"]


@pytest.mark.parametrize(
    "after", ["main", "x", "fork/ada/b", "main~1", "'; DROP", "0" * 39, "Z" * 32, "pull/1/head"]
)
@pytest.mark.parametrize("place", ["query", "header"])
def test_only_commits_can_be_named(desk: Desk, after: str, place: str) -> None:
    rest: dict[str, Any] = {"headers": {"last-event-id": after}}
    if place == "query":
        rest = {"params": {"after": after}}

    answer = desk.send("GET", EVENTS, **rest)
    assert (422, "after") == (answer.status_code, answer.json()["field"])


def test_a_commit_that_is_not_there_is_answered_with_the_head_and_no_rows(desk: Desk) -> None:
    told = desk.ok("GET", EVENTS, params={"after": "0" * 40})

    assert ({}, False) == (told["rows"], told["is_whole"])


@pytest.mark.parametrize("wait_s", ["-1", "61", "nan", "inf", "x", "1e400"])
def test_nobody_waits_for_ever(desk: Desk, wait_s: str) -> None:
    assert 422 == desk.send("GET", EVENTS, params={"wait_s": wait_s}).status_code


def test_a_stream_tells_each_change_and_ends_with_the_hub(desk: Desk) -> None:
    start = desk.hub.host.engine(BOARD).head()
    item = desk.post()
    headers = {"accept": "text/event-stream", "last-event-id": start}

    with ThreadPoolExecutor(1) as pool:
        stream = pool.submit(desk.send, "GET", EVENTS, headers=headers)
        desk.hub.stopping.set()
        text = stream.result().text

    told = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data")]
    assert text.startswith("retry: ")
    assert told == [] or [item] == json.loads(told[0])["rows"]["wanted"]


@pytest.mark.parametrize("end", ["revoked", "hidden"])
def test_a_stream_ends_when_its_reader_may_not_read_any_more(
    desk: Desk, end: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It ends of itself: the hub goes on."""
    desk.account("eve")
    headers = {"accept": "text/event-stream"}
    head = desk.hub.host.engine(BOARD).head()
    with ThreadPoolExecutor(1) as pool:
        stream = pool.submit(
            desk.send, "GET", EVENTS, "eve", params={"after": head}, headers=headers
        )
        if end == "revoked":
            desk.hub.accounts.revoke("eve", desk.hub.accounts.tokens("eve")[0].id)
        else:
            hide(desk)

        assert stream.result().status_code in {200, 401, 404}
    assert "Traceback" not in caplog.text
    assert "unforeseen" not in caplog.text


def test_who_waits_while_a_repository_is_hidden_is_told_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = desk.hub.host.engine(BOARD).head()
    desk.post()
    whole = moves.change

    def hidden_meanwhile(*given: Any) -> Any:
        hide(desk)
        return whole(*given)

    monkeypatch.setattr(moves, "change", hidden_meanwhile)

    answer = desk.send("GET", EVENTS, params={"after": start})
    assert 404 == answer.status_code
    assert "rows" not in answer.text
