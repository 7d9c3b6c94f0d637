"""Every page for everybody: no rule of axe is broken in any theme, keys alone reach everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from web.browsers import BOARD, Office, open_office
from web.chrome import WAIT_MS, sign_in
from web.quality.rich import fill, pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# Every page, many times over, on machines that do other things besides.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

_AXE: Final = Path(__file__).parents[1] / "vendor" / "axe-4.14.1.min.js"
_RUN: Final = """
async rules => {
  const options = {preload: false, resultTypes: ["violations"]};
  if (rules.length) options.runOnly = {type: "rule", values: rules};
  const found = await axe.run(document, options);
  return found.violations.map(rule => rule.id + ": " + rule.nodes.slice(0, 3).map(
    node => node.html.slice(0, 160) + " " + [...node.any, ...node.all, ...node.none].map(
      one => one.message).join("; ")).join(" | "));
}
"""
_COLOURS: Final = ["color-contrast", "link-in-text-block"]
_PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
_MOST_STOPS: Final = 400
_AT_ONCE: Final = 20
_FOLLOWS: Final = re.compile(r"/(peek|desk)(\?|$)")
_TEXTS: Final = {
    "title": "Date arithmetic must give the same answer on both engines",
    "description": "Adding **one month** to 31 January.\n\n- A list\n\n> a quote\n\n    code",
    "evidence": "https://example.org/pull/41 adds 312 vectors, all pass",
    "wasteland name": "Dry Lake Commons",
    "dimension": "reliability",
    "handle": "heron",
    "account": "heron",
    "poster": "mia",
}
_WATCH_FOCUS: Final = """
window.stops = [];
addEventListener("focusin", event => {
  const shown = [event.target, ...document.querySelectorAll(":has(:focus-visible)")].some(one =>
    ["", "::before", "::after"].some(part => {
      const style = getComputedStyle(one, part || undefined);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5;
    }));
  window.stops.push([event.target, shown]);
}, true);
"""
_UNREACHED: Final = """
(() => {
  const seen = new Set(window.stops.map(([one]) => one));
  const told = one => one.outerHTML.slice(0, 160);
  const all = [...document.querySelectorAll(
    "a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex='0']")];
  const reachable = all.filter(one =>
    one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0
    && !one.closest("[inert]")
    && !(one.type === "radio" && [...document.getElementsByName(one.name)].some(r => seen.has(r))));
  return [
    ...reachable.filter(one => !seen.has(one)).map(one => "is not reached: " + told(one)),
    ...window.stops.filter(([one, shown]) => !shown && one !== document.body).map(
      ([one]) => "does not show focus: " + told(one)),
  ];
})()
"""
_MOVING: Final = """
[...document.querySelectorAll("*")].flatMap(one => ["", "::before", "::after"].map(part => {
  const style = getComputedStyle(one, part || undefined);
  const longest = text => Math.max(...text.split(",").map(parseFloat));
  const moves = style.animationName !== "none" && longest(style.animationDuration) > 0.01;
  return moves || longest(style.transitionDuration) > 0.01
    ? one.tagName + "." + one.getAttribute("class") + part : null;
})).filter(Boolean)
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub with one of everything."""
    with open_office(tmp_path_factory.mktemp("everybody") / "host") as found:
        yield found


@pytest.fixture(scope="module")
def everywhere(office: Office) -> list[str]:
    """The address of every page."""
    examples = fill(office, lambda place: _TEXTS.get(place, f"some {place}"))
    more = (f"{BOARD}?status=all", f"{BOARD}?type=docs&effort=epic", "/nowhere/at-all")
    diff = f"{BOARD}/explore/diff?from=2100-01-01&to=main"
    return [*pages(office, examples), *more, diff, f"{BOARD}/wanted/{examples['waiting']}"]


@contextmanager
def _context(browser: Browser, address: str, **options: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=address, **options)
    context.set_default_timeout(WAIT_MS)
    try:
        yield context
    finally:
        context.close()


def _watched(context: BrowserContext, office: Office, who: str) -> Page:
    """Return a page with axe on every address that it opens."""
    context.add_init_script(path=_AXE)
    return _maintainer(context, office) if who else context.new_page()


def _maintainer(context: BrowserContext, office: Office) -> Page:
    page = context.new_page()
    sign_in(page, office.desk.tokens["acme"], BOARD)
    return page


@pytest.mark.parametrize(
    ("theme", "rules"),
    [("dark", []), ("light", _COLOURS), ("contrast", _COLOURS), ("parchment", _COLOURS)],
    ids=["dark", "light", "contrast", "parchment"],
)
def test_axe_finds_no_violation_on_any_page_in_any_theme(
    browser: Browser,
    office: Office,
    address: str,
    everywhere: list[str],
    theme: str,
    rules: list[str],
) -> None:
    """
    Every rule in one theme, and in the others those that a theme can break.

    As people see it who wish for less motion, so that colours are not on their way; and then
    nothing moves at all.
    """
    found = []
    with _context(browser, address, reduced_motion="reduce") as context:
        page = _watched(context, office, "acme")
        context.add_cookies([{"name": "wl-theme", "value": theme, "url": address}])
        for path in everywhere:
            page.goto(path)
            found += [f"{path} {told}" for told in page.evaluate(_RUN, rules)]
            if not rules:
                found += [f"{path} moves: {told}" for told in sorted(set(page.evaluate(_MOVING)))]

    assert not found, "\n".join(found)


def test_axe_finds_no_violation_on_a_phone(
    browser: Browser, office: Office, address: str, everywhere: list[str]
) -> None:
    found = []
    with _context(browser, address, **_PHONE) as context:
        page = _watched(context, office, "acme")
        for path in everywhere:
            page.goto(path)
            found += [f"{path} {told}" for told in page.evaluate(_RUN, [])]
            width = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{path} is {width} wide"] if width > _PHONE["viewport"]["width"] else []

    assert not found, "\n".join(found)


def test_axe_finds_no_violation_for_visitors(
    browser: Browser, office: Office, address: str, everywhere: list[str]
) -> None:
    """Where a visitor sees another page than whoever is signed in."""
    assert everywhere
    found = []
    with _context(browser, address) as context:
        page = _watched(context, office, "")
        for path in ("/sign-in", BOARD, f"{BOARD}/wanted/w-full", f"{BOARD}/rigs/ben", "/-/you"):
            page.goto(path)
            found += [f"{path} {told}" for told in page.evaluate(_RUN, [])]

    assert not found, "\n".join(found)


def test_tab_reaches_every_control_and_shows_where_it_is(
    browser: Browser, office: Office, address: str, everywhere: list[str]
) -> None:
    found = []
    with _context(browser, address) as context:
        context.add_init_script(_WATCH_FOCUS)
        page = _maintainer(context, office)
        for path in everywhere:
            page.goto(path)
            _tab_through(page)
            found += [f"{path} {told}" for told in page.evaluate(_UNREACHED)]

    assert not found, "\n".join(found)


def _tab_through(page: Page) -> None:
    """Press Tab until all have been reached that can be, once what comes later has come."""
    if page.locator("#peek").is_visible():
        page.wait_for_selector("#peek h2")
    # What follows the focus would be another thing at each stop.
    page.route(_FOLLOWS, lambda route: route.abort())
    page.evaluate("window.stops = []")
    for _ in range(_MOST_STOPS // _AT_ONCE):
        for _ in range(_AT_ONCE):
            page.keyboard.press("Tab")
        if page.evaluate("stops.length > new Set(stops.map(([one]) => one)).size"):
            break
    else:
        pytest.fail("Tab never comes round")
    page.unroute(_FOLLOWS)
