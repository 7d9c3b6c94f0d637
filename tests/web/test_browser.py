"""The pages in a real browser: keys, forms, no scripts, a phone; no policy is ever violated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from web.browsers import BOARD, Office, item_path, open_office
from web.chrome import WAIT_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub with three items."""
    with open_office(tmp_path_factory.mktemp("browser") / "host") as found:
        for title, priority in (("First of all", "critical"), ("Second", "high"), ("Third", "low")):
            found.post(title, priority=priority, description=f"About **{title}**.", type="bug")
        yield found


Opened = Callable[..., "Page"]


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """Return what opens a page in a context of its own; what a page complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str, **options: Any) -> Page:
        context = browser.new_context(base_url=address, **options)
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _note(complaints, line))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [] == complaints


def test_the_board_is_worked_by_keys_alone(opened: Opened) -> None:
    page = opened(BOARD)
    page.wait_for_selector("#peek h2:has-text('First of all')")

    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('First of all')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".row.cur:has-text('First of all')")
    page.keyboard.press("j")
    page.wait_for_selector("#peek h2:has-text('Second')")
    page.keyboard.press("j")
    page.wait_for_selector(".row.cur:has-text('Third')")
    page.keyboard.press("k")
    page.wait_for_selector(".row.cur:has-text('Second')")
    page.keyboard.press("Enter")

    page.wait_for_selector("h1:has-text('Second')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".row:has-text('Third')")
    page.keyboard.press("/")
    page.keyboard.type("thi")
    page.wait_for_url("**search=thi*")
    page.wait_for_selector(".row:has-text('Second')", state="detached")
    assert 1 == page.locator("[data-row]").count()
    assert "search" == page.evaluate("document.activeElement.name")


def test_keys_type_in_fields_and_can_be_switched_off(opened: Opened) -> None:
    page = opened(f"{BOARD}/new")
    page.fill("#title", "")
    page.click("#title")
    page.keyboard.type("gbnj")
    assert "gbnj" == page.input_value("#title")

    page.goto("/-/you")
    page.check("input[name=keys][value=off]", force=True)
    page.click("text=Keep")
    page.goto(BOARD)
    page.keyboard.press("n")
    page.keyboard.press("j")
    assert page.url.endswith(BOARD)
    assert 1 == page.locator(".row.cur:has-text('First of all')").count()


def test_an_item_is_claimed_by_form(office: Office, opened: Opened) -> None:
    item = office.post("To be claimed here", priority="backlog")
    page = _signed_in(office, opened, "acme")

    page.goto(item_path(item))
    page.keyboard.press("c")

    page.wait_for_selector(".toast:has-text('Claim is on main')")
    assert "claimed" in page.inner_text(".item-marks .pill")
    page.keyboard.press("s")
    page.wait_for_selector("textarea[name=evidence]:focus")
    page.keyboard.type("https://example.org/done")
    page.click("form[action$='/done'] button")
    page.wait_for_selector(".toast:has-text('Done')")


def test_all_of_it_works_without_scripts(office: Office, opened: Opened) -> None:
    page = _signed_in(office, opened, "acme", java_script_enabled=False)

    page.click("#head a.go")
    page.fill("#title", "By hand")
    page.fill("#description", "No *scripts* at all")
    page.select_option("#type", "docs")
    page.click("form button.go")
    assert "By hand" == page.inner_text("h1")
    page.click("button:has-text('Claim')")
    page.click("summary:has-text('Submit')")
    page.fill("textarea[name=evidence]", "here it is")
    page.click("form[action$='/done'] button")
    assert "Pending work" in page.inner_text("main")
    page.goto(BOARD)
    page.click("summary:has-text('type')")
    page.click(".menu >> text=bug")
    assert "bug" in page.inner_text(".chip.on")
    page.goto("/-/you")
    page.click("text=Sign out")
    page.goto("/-/you")
    assert "Nobody is signed in here" in page.inner_text("main")


def test_a_phone_shows_two_lines_and_the_bar_below(opened: Opened) -> None:
    page = opened(BOARD, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)

    assert page.is_visible(".tabbar")
    assert not page.is_visible(".rail")
    for path in (BOARD, f"{BOARD}/rigs", f"{BOARD}/rigs/mia", f"{BOARD}/new", "/-/you", "/sign-in"):
        page.goto(path)
        assert 390 == page.evaluate("document.documentElement.scrollWidth"), path
    page.goto(BOARD)
    page.tap(".tabbar >> text=Rigs")
    page.wait_for_selector("h1:has-text('Rigs')")


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "parchment"])
def test_a_theme_is_chosen_and_kept(opened: Opened, theme: str) -> None:
    page = opened("/-/you")

    page.check(f"input[name=theme][value={theme}]", force=True)
    page.click("text=Keep")
    page.goto(BOARD)

    assert theme == page.get_attribute("html", "data-theme")
    bright = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    assert ("light" if theme in {"light", "parchment"} else "dark") == bright


def test_the_system_s_preference_decides_where_nothing_was_chosen(opened: Opened) -> None:
    found = {
        scheme: opened(BOARD, color_scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("dark", "light")
    }

    assert {"dark": "rgb(18, 16, 14)", "light": "rgb(244, 242, 238)"} == found


def test_no_text_runs_as_script(office: Office, opened: Opened) -> None:
    text = "<img src=x onerror=window.ran=1><script>window.ran=1</script>"
    item = office.post(text, description=f"{text}\n\n[x](javascript:window.ran=1)", tags=text[:60])
    page = _signed_in(office, opened, "acme")

    page.goto(f"{BOARD}?search=onerror")
    page.wait_for_selector("#peek h2:has-text('onerror')")
    assert page.evaluate("window.ran === undefined")
    page.goto(item_path(item))
    assert page.evaluate("window.ran === undefined")
    assert 0 == page.locator("a[href^='javascript']").count()


def test_scripts_may_make_no_html_of_text(opened: Opened) -> None:
    page = opened(BOARD)

    refused = page.evaluate(
        "(() => { try { document.body.innerHTML = '<b>x</b>'; return false }"
        " catch (error) { return error instanceof TypeError } })()"
    )

    assert refused


def _note(complaints: list[str], line: Any) -> None:
    is_probe = "TrustedHTML" in line.text  # the test that tries it
    if line.type == "error" and not is_probe and "Failed to load resource" not in line.text:
        complaints.append(line.text)


def _signed_in(office: Office, opened: Opened, who: str, **options: Any) -> Page:
    page = opened(f"/sign-in?next={BOARD}", **options)
    page.fill("#token", office.desk.tokens[who])
    page.click("form button.go")
    page.wait_for_selector("h1:has-text('Wanted')")
    return page
