"""The moderators' desk in a real browser, by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.desks import API
from web.browsers import BOARD, open_office
from web.chrome import WAIT_MS, listening, running, sign_in

pytestmark = pytest.mark.browser


def test_a_report_is_answered_by_keys_alone(chromium: str, tmp_path: Path) -> None:
    with (
        open_office(tmp_path / "host") as office,
        listening(office.app) as url,
        running(chromium) as browser,
    ):
        for rig in ("ada", "ben", "bob"):
            office.member(rig)
        for rig in ("ben", "bob"):
            body = {"target": rig, "kind": "rig", "category": "spam"}
            office.desk.ok("POST", f"{API}/moderation/reports", "ada", json=body)
        page = browser.new_page(base_url=url)
        page.set_default_timeout(WAIT_MS)
        complaints: list[str] = []
        page.on("console", lambda line: complaints.append(line.text))
        sign_in(page, office.desk.tokens["acme"], f"{BOARD}/moderation")
        page.wait_for_selector(".case.cur:has-text('ben')")

        page.keyboard.press("j")
        page.wait_for_selector(".case.cur:has-text('bob')")
        page.keyboard.press("d")
        page.keyboard.type("It is on topic")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")

        page.wait_for_selector(".toast:has-text('Answer is on main')")
        assert ["ben"] == page.locator(".case h3 b").all_inner_texts()
        assert [] == complaints
