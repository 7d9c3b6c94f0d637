"""The board in a real browser: live while it is open, worked by keys, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from hub.desks import API
from web.browsers import BOARD, Office, open_office
from web.chrome import WAIT_MS, listening, running, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Opened = Callable[..., "Page"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub with a few items."""
    with open_office(tmp_path_factory.mktemp("board") / "host") as found:
        for title, priority in (("First of all", "critical"), ("Second", "high"), ("Third", "low")):
            found.post(title, priority=priority, type="bug")
        yield found


@pytest.fixture(scope="module")
def open_page(office: Office, chromium: str) -> Iterator[Opened]:
    """Return what opens a board in a browser context of its own; none may complain."""
    complaints: list[str] = []
    with listening(office.app) as address, running(chromium) as browser:

        def opened(query: str = "", who: str = "") -> Page:
            context = browser.new_context(base_url=address)
            context.set_default_timeout(WAIT_MS)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: _note(complaints, line))
            if who:
                sign_in(page, office.desk.tokens[who], BOARD)
            page.goto(f"{BOARD}{query}")
            page.wait_for_selector("#live[data-state=on]", state="attached")
            return page

        yield opened
    assert [] == complaints


def test_a_claim_in_one_browser_is_seen_live_in_another(office: Office, open_page: Opened) -> None:
    item = office.post("Claimed elsewhere", priority="critical")
    watching, acting = open_page("?status=live"), open_page("", "acme")
    watching.evaluate("window.stays = true")

    acting.focus(f"#row-{item} [data-row]")
    acting.wait_for_selector("#peek h2:has-text('Claimed elsewhere')")
    acting.keyboard.press("c")

    acting.wait_for_selector(f"#row-{item}:has-text('mia')")
    acting.wait_for_selector(".toast:has-text('Claim is on main')")
    watching.wait_for_selector(f"#row-{item}.new:has-text('claimed'):has-text('mia')")
    watching.wait_for_selector("#told:text('mia claimed Claimed elsewhere.')", state="attached")
    assert BOARD in acting.url
    assert "/wanted/" not in acting.url
    assert watching.evaluate("window.stays")


def test_a_new_item_waits_until_it_is_asked_for(office: Office, open_page: Opened) -> None:
    office.post("An old guide", type="docs")
    page = open_page("?type=docs")

    office.post("Not for this view", type="bug")
    item = office.post("A new guide", type="docs")

    page.wait_for_selector("#fresh:has-text('1 new item: show')")
    assert 0 == page.locator(f"#row-{item}").count()
    page.click("#fresh")
    page.wait_for_selector(f"#row-{item}")


def test_the_mark_the_focus_and_the_picks_stay_when_a_row_is_another(
    office: Office, open_page: Opened
) -> None:
    item = office.post("Held by the mark", priority="critical")
    page = open_page("", "acme")
    page.focus(f"#row-{item} [data-row]")
    page.check(f"#row-{item} [data-pick]")

    office.member("dora")
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "dora", json={})

    page.wait_for_selector(f"#row-{item}.cur:has-text('dora')")
    assert page.is_checked(f"#row-{item} [data-pick]")
    page.wait_for_selector("#peek:has-text('dora')")


def test_several_are_picked_and_claimed_by_keys(office: Office, open_page: Opened) -> None:
    items = [office.post(f"By keys {n}", project="keys") for n in range(3)]
    page = open_page("?project=keys", "acme")

    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.wait_for_selector("#batch:has-text('Claim 2')")
    page.keyboard.press("c")

    page.wait_for_selector(".toast:has-text('2 of 2 claimed')")
    assert 2 == page.locator(".row:has-text('mia'):has-text('claimed')").count()
    page.wait_for_selector("#batch", state="hidden")
    assert 3 == page.locator("[data-pick]").count() == len(items)


def test_a_board_without_the_hub_says_so_and_goes_on_later(open_page: Opened) -> None:
    page = open_page()
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    page.wait_for_selector("#live[data-state=off]:has-text('not live')")
    page.keyboard.press("j")
    page.wait_for_selector(".row.cur >> nth=0")

    page.context.set_offline(False)
    page.wait_for_selector("#live[data-state=on]:has-text('live')")


def _note(complaints: list[str], line: Any) -> None:
    is_offline = "Failed to fetch" in line.text or "Failed to load resource" in line.text
    if line.type == "error" and not is_offline:
        complaints.append(line.text)
