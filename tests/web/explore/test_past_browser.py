"""Time travel and charts in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from hub.desks import API
from web.browsers import BOARD, Office, open_office
from web.chrome import WAIT_MS, listening, running

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub of its own: what is shown depends on every commit."""
    with open_office(tmp_path_factory.mktemp("past") / "host") as found:
        yield found


@pytest.fixture(scope="module")
def page(office: Office, chromium: str) -> Iterator[Page]:
    """A page whose complaints fail the test."""
    complaints: list[str] = []
    with listening(office.app) as url, running(chromium) as browser:
        context = browser.new_context(base_url=url)
        context.set_default_timeout(WAIT_MS)
        found = context.new_page()
        found.on("pageerror", lambda error: complaints.append(str(error)))
        yield found
        context.close()
    assert [] == complaints


def test_one_travels_by_keys_and_comes_back_to_now(office: Office, page: Page) -> None:
    item = office.post("Seen then and now")
    office.member("ben")
    before = office.head()
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ben", json={})

    page.goto(f"{BOARD}?status=all&as_of={before}")
    page.wait_for_selector("#peek :text('This is how it was')")
    assert "open" in page.inner_text("#peek .pill")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Seen then and now')")
    assert "open" in page.inner_text(".item-marks .pill")
    page.keyboard.press("Escape")
    page.wait_for_selector(".past")
    page.click("text=Back to now")
    page.wait_for_selector(".past", state="detached")
    page.goto(f"{BOARD}?status=all")
    page.wait_for_selector("#peek .pill:has-text('claimed')")


def test_a_chart_opens_as_a_table_and_the_moment_is_chosen_in_a_form(
    office: Office, page: Page
) -> None:
    office.post("Counted this week")
    page.goto(f"{BOARD}/explore")

    page.click("section:has-text('Throughput') >> text=As a table")
    assert page.is_visible("section:has-text('Throughput') table")
    page.click("summary:has-text('As of now')")
    page.fill("#as-of", "2100-01-01T00:00")
    page.eval_on_selector("#as-of", "field => field.removeAttribute('max')")
    page.click("text=Show the board")

    page.wait_for_selector(".past:has-text('2100-01-01T00:00')")
