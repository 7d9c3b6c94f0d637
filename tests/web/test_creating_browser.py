"""Making and connecting commons in a real browser: by keys, without scripts, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from web.browsers import Office
from web.chrome import WAIT_MS, listening, running, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """Where the hub listens; ada has an account there."""
    office.account("ada")
    with listening(office.app) as found:
        yield found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A real browser."""
    with running(chromium) as found:
        yield found


def test_a_commons_is_made_by_keys(office: Office, browser: Browser, address: str) -> None:
    page = browser.new_context(base_url=address).new_page()
    page.set_default_timeout(WAIT_MS)
    sign_in(page, office.desk.tokens["ada"], "/?all=")
    page.keyboard.press("n")
    page.wait_for_selector("h1:has-text('Create a commons')")

    page.fill("#name", "by-keys")
    page.check("input[name=template][value=sample]")
    page.press("#name", "Enter")

    page.wait_for_selector(".row:has-text('Read this first')")
    assert page.url.endswith("/ada/by-keys")
    page.context.close()


def test_a_commons_is_made_without_scripts(office: Office, browser: Browser, address: str) -> None:
    page = browser.new_context(base_url=address, java_script_enabled=False).new_page()
    page.set_default_timeout(WAIT_MS)
    sign_in(page, office.desk.tokens["ada"], "/-/new")

    page.fill("#name", "by-hand")
    page.click("summary")
    page.fill("#handle", "ada-by-hand")
    page.click("form button.go")

    assert page.url.endswith("/ada/by-hand")
    assert "The first item sets the tone" in page.inner_text("main")
    page.context.close()


def test_nothing_scrolls_sideways_on_a_phone(
    office: Office, browser: Browser, address: str
) -> None:
    context = browser.new_context(
        base_url=address,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    sign_in(page, office.desk.tokens["ada"], "/-/new")

    for path in ("/?all=", "/-/new", "/-/connect", "/-/connections", "/docs", "/docs/guide/hub"):
        page.goto(path)
        assert 390 == page.evaluate("document.documentElement.scrollWidth"), path
    context.close()
