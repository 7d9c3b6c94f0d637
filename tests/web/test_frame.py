"""What surrounds every page, in a real browser: palette, layers, drafts, times, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from hub.desks import API
from hub.desks import BOARD as REPO
from wasteland.hub.notifications.gathering import gather
from web.browsers import BOARD, Office, item_path, open_office
from web.chrome import WAIT_MS, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
Opened = Callable[..., "Page"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub with items and a rig of its own."""
    with open_office(tmp_path_factory.mktemp("frame") / "host") as found:
        found.member("ben")
        for title in ("Fix the relay", "Fix the clock", "Write the guide"):
            found.post(title, type="bug")
        yield found


@pytest.fixture
def opened(office: Office, browser: Browser, address: str) -> Iterator[Opened]:
    """Return what opens a page, signed in as an account if one is named."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str, who: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=address, **options)
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _note(complaints, line))
        if who:
            sign_in(page, office.desk.tokens[who], BOARD)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [] == complaints


def test_the_palette_finds_and_opens_by_keys_alone(opened: Opened) -> None:
    page = opened(f"{BOARD}/rigs")

    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette .opt:has-text('Board')")
    page.keyboard.type("fix the")
    page.wait_for_selector("#palette .opt:has-text('Fix the relay')")
    assert "palette-field" == page.evaluate("document.activeElement.id")
    first = page.get_attribute("#palette-field", "aria-activedescendant")
    page.keyboard.press("ArrowDown")
    second = page.get_attribute("#palette-field", "aria-activedescendant")
    assert first != second
    assert 1 == page.locator("#palette [aria-selected=true]").count()
    assert second == page.locator("#palette [aria-selected=true]").get_attribute("id")
    title = page.inner_text("#palette [aria-selected=true] .tt")
    page.keyboard.press("Enter")

    page.wait_for_selector(f"h1:has-text('{title}')")


def test_the_palette_closes_and_gives_the_focus_back(opened: Opened) -> None:
    page = opened(f"{BOARD}/rigs")
    page.focus(".rail a >> nth=1")

    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open] .opt")
    page.keyboard.press("Escape")

    page.wait_for_selector("#palette", state="hidden")
    assert "Rigs" in page.evaluate("document.activeElement.textContent")
    assert page.url.endswith("/rigs")


def test_the_palette_does_what_may_be_done_with_the_item(office: Office, opened: Opened) -> None:
    item = office.post("Claimed by palette")
    page = opened(item_path(item), "ben")

    page.click("#jump")
    page.wait_for_selector("#palette[open]")
    page.keyboard.type(">claim")
    # Before anything that fits is shown: what is meant is what the whole text finds.
    page.keyboard.press("Enter")

    page.wait_for_selector(".toast:has-text('Claim is on main')")


def test_keys_lead_to_places_and_are_told_in_a_layer(opened: Opened) -> None:
    page = opened(BOARD, "ben")

    page.keyboard.press("?")
    page.wait_for_selector("#keys-layer[open] >> text=my work")
    page.keyboard.press("g")
    page.keyboard.press("r")
    assert page.url.endswith(BOARD)
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys-layer", state="hidden")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_selector("h1:has-text('My work')")
    page.keyboard.press("g")
    page.keyboard.press("y")
    page.wait_for_selector("h1:has-text('You')")


def test_a_phone_has_five_places_and_a_sheet_with_the_rest(opened: Opened) -> None:
    page = opened(f"{BOARD}/work", "ben", **PHONE)

    places = page.locator(".tabbar > a, .tabbar > details > summary")
    assert 5 == places.count()
    page.tap(".more summary")
    page.wait_for_selector(".more .menu >> text=Explore")
    page.tap(".more .menu >> text=Other commons")
    page.wait_for_url("**/?all")
    for path in (f"{BOARD}/work", f"{BOARD}/search?q=fix", f"{BOARD}/new"):
        page.goto(path)
        assert 390 == page.evaluate("document.documentElement.scrollWidth"), path


def test_the_sheet_needs_no_script(opened: Opened) -> None:
    page = opened(BOARD, java_script_enabled=False, **PHONE)

    page.tap(".more summary")
    page.tap(".more .menu >> text=Explore")

    page.wait_for_url("**/explore")


def test_a_draft_comes_back_until_it_is_posted(opened: Opened) -> None:
    page = opened(f"{BOARD}/new", "ben")
    page.fill("#title", "Kept as a draft")
    page.fill("#description", "Some text")
    page.goto(f"{BOARD}/work")
    assert "Kept as a draft" in page.inner_text("#drafts")
    page.goto(f"{BOARD}/new")
    page.wait_for_selector("[data-restored]:visible")
    assert "Kept as a draft" == page.input_value("#title")

    page.click("form.sheet button.go")
    page.wait_for_selector(".toast")
    page.goto(f"{BOARD}/new")

    assert not page.is_visible("[data-restored]")
    assert "" == page.input_value("#title")


def test_a_draft_survives_a_session_that_ended_and_is_nobody_else_s(
    office: Office, opened: Opened
) -> None:
    page = opened(f"{BOARD}/new", "ben")
    page.fill("#title", "Typed before it ended")
    page.evaluate("0")
    page.context.clear_cookies()
    page.click("form.sheet button.go")
    page.wait_for_selector("main [role=alert]")
    assert "Typed before it ended" == page.input_value("#title")

    sign_in(page, office.desk.tokens["acme"], f"{BOARD}/new")
    assert "" == page.input_value("#title")
    page.context.clear_cookies()
    sign_in(page, office.desk.tokens["ben"], f"{BOARD}/new")
    page.wait_for_selector("[data-restored]:visible")
    assert "Typed before it ended" == page.input_value("#title")
    page.goto("/-/you")
    page.click("text=Sign out")
    page.wait_for_load_state()
    kept = page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('wl-draft'))")
    assert [] == kept


def test_the_form_counts_previews_and_names_what_looks_alike(opened: Opened) -> None:
    page = opened(f"{BOARD}/new", "ben")

    page.fill("#title", "Fix the old relay")
    page.wait_for_selector("#similar >> text=Fix the relay")
    assert "239 left" == page.inner_text(".field:has(#title) .count")
    page.fill("#title", "é" * 257)
    assert "1 too many" == page.inner_text(".field:has(#title) .count")
    page.click(".chip:has-text('bug')")
    assert "bug" == page.input_value("#type")
    assert "**What happens**" in page.input_value("#description")
    page.click("button:has-text('See how it reads')")
    page.wait_for_selector("#look strong:has-text('What happens')")
    page.fill("#description", "My own words")
    page.click(".chip:has-text('rfc')")
    assert "My own words" == page.input_value("#description")


def test_a_notification_that_is_followed_is_read(office: Office, opened: Opened) -> None:
    item = office.post("To be told of")
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ben")
    office.desk.ok("POST", f"{API}/wanted/{item}/unclaim", "acme")
    gather(office.desk.hub, REPO)
    page = opened(f"{BOARD}/work", "ben")
    assert "1" in page.inner_text(".bell")

    with page.expect_request("**/work/read"):
        page.click(".told a:has-text('To be told of')")
    page.wait_for_selector("h1:has-text('To be told of')")

    # What is sent while a page goes is answered when nobody listens any more.
    assert any(page.goto(BOARD) and not page.inner_text(".bell").strip() for _ in range(20))


def test_times_stay_right_while_the_page_is_open(opened: Opened) -> None:
    page = opened("about:blank")
    page.clock.install()
    page.goto(BOARD)
    page.wait_for_selector("#peek h2")  # what is under way would be late when the clock moves on
    assert "now" == page.inner_text(".row:not(.th) time >> nth=0")

    page.clock.fast_forward("03:00:00")

    page.wait_for_selector(".row:not(.th) time:has-text('3 h')")
    assert "UTC" in str(page.get_attribute(".row:not(.th) time >> nth=0", "title"))


def test_without_a_network_the_page_says_so_until_it_is_back(opened: Opened) -> None:
    page = opened(f"{BOARD}/rigs")

    page.context.set_offline(offline=True)
    page.wait_for_selector("#offline:visible >> text=You are offline")
    page.context.set_offline(offline=False)

    page.wait_for_selector("#offline", state="hidden")


def _note(complaints: list[str], line: Any) -> None:
    if line.type == "error" and "Failed to load resource" not in line.text:
        complaints.append(line.text)
