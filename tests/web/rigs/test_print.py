"""A passport on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.desks import API
from web.browsers import BOARD, open_office
from web.chrome import WAIT_MS, listening, running

pytestmark = pytest.mark.browser

_SHEET = re.compile(rb"/Type\s*/Page[^s]")


def test_a_passport_is_printed_on_one_sheet(chromium: str, tmp_path: Path) -> None:
    with (
        open_office(tmp_path / "host") as office,
        listening(office.app) as url,
        running(chromium) as browser,
    ):
        office.member("ada")
        for number in range(12):
            path = f"{API}/wanted/{office.post(f'Number {number}')}"
            office.desk.ok("POST", f"{path}/claim", "ada")
            body = {"evidence": "https://example.org/1"}
            office.desk.ok("POST", f"{path}/done", "ada", json=body)
            office.desk.ok("POST", f"{path}/accept", "acme", json={"quality": "good"})
        page = browser.new_page(base_url=url)
        page.set_default_timeout(WAIT_MS)

        for rig in ("ada", "mia"):
            page.goto(f"{BOARD}/rigs/{rig}")
            sheets = _SHEET.findall(page.pdf(prefer_css_page_size=True))
            assert (rig, 1) == (rig, len(sheets))
