"""``wl remote``: how programs other than ours reach a commons."""

from __future__ import annotations

import json

from cli.conftest import Wl


def test_a_file_is_shown_by_its_address(wl: Wl) -> None:
    shown = json.loads(wl("remote", "--json=url,engine,user").out)

    assert ("doltlite", "") == (shown["engine"], shown["user"])
    assert shown["url"].startswith("file:///")
    assert shown["url"].endswith("/acme/board.db")


def test_closing_where_nothing_was_opened_says_so(wl: Wl) -> None:
    assert "No port was open" in wl("remote", "--close").out


def test_pushing_and_closing_do_not_go_together(wl: Wl) -> None:
    assert 2 == wl("remote", "--push", "--close").code
