"""What the terminal shows of moderation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cli.conftest import Shown
from cli.records import LOG, NOON, QUEUE
from wasteland.cli.render import page
from wasteland.commons.reports import Queue
from wasteland.protocol.chain import Verified


def test_the_queue_shows_what_waits_and_what_is_in_force(shown: Shown) -> None:
    found: Any = QUEUE
    text = shown(page("reports", found, now=NOON), 120)

    assert "m-4f2a  spam  w-4f2a90cc11  by ada  The third of today  3d ago" in text
    assert "bob  from posting  until 2026-04-01  by max  Forty posts in an hour" in text
    assert "rust.test  by max  A flood" in text
    assert "wl answer m-4f2a dismissed --reason TEXT" in text


def test_an_empty_queue_says_so(shown: Shown) -> None:
    text = shown(page("reports", Queue([], [], [], []), now=NOON), 80)

    assert "Nothing waits" in text


def test_the_log_says_how_far_its_chain_holds(shown: Shown) -> None:
    found: Any = LOG
    text = shown(page("audit", found, now=NOON), 120)

    assert "Chain verified to 2: 0e71c2aa4f" in text
    assert "wl audit --before 1" in text


def test_a_broken_log_says_where(shown: Shown) -> None:
    broken = Verified(1, 2, "m-77aa", "Record 2 is not what its hash was taken of.", "4f1c")
    text = shown(page("audit", replace(LOG, chain=broken), now=NOON), 120)

    assert "Chain breaks at m-77aa Record 2 is not what its hash was taken of." in text
