"""Passkeys in a real browser, whose keeper of passkeys is a virtual one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from web.browsers import Office
from web.chrome import WAIT_MS
from web.entering import WORDS, new_account

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

_VIRTUAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of the hub by its name; whatever the page complains of fails the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=address.replace("127.0.0.1", "localhost"))
    context.set_default_timeout(WAIT_MS)
    found = context.new_page()
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("console", lambda line: complaints.append(line.text) if _is_wrong(line) else None)
    yield found
    context.close()
    assert [] == complaints


def test_a_passkey_is_made_and_signs_in_again_and_again(office: Office, page: Page) -> None:
    account = new_account(office)
    _keeper(page)
    _enter(page, account)
    _make(page, "laptop")
    page.wait_for_selector("text=The passkey is kept")

    for used in (1, 2):
        page.click("text=Sign out")
        page.goto("/sign-in?next=/-/you")
        page.click("text=Use a passkey")
        page.wait_for_selector("text=signed in with a passkey")
        assert account in page.inner_text("#account")
        assert used == _count(office, account)


def test_a_second_passkey_of_the_same_keeper_is_refused_in_words(
    office: Office, page: Page
) -> None:
    _keeper(page)
    _enter(page, new_account(office))
    _make(page, "first")
    page.wait_for_selector("text=The passkey is kept")

    _make(page, "second")

    page.wait_for_selector("[data-says]:has-text('has that passkey already')")


def test_a_person_who_is_not_verified_makes_none(office: Office, page: Page) -> None:
    _keeper(page, isUserVerified=False)
    _enter(page, new_account(office))

    _make(page, "laptop")

    page.wait_for_selector("[data-says]:has-text('Nothing was chosen, or it took too long')")
    assert page.is_enabled("text=Make a passkey")


def test_a_removed_passkey_signs_nobody_in(office: Office, page: Page) -> None:
    account = new_account(office)
    _keeper(page)
    _enter(page, account)
    _make(page, "laptop")
    page.wait_for_selector("text=The passkey is kept")
    page.click("button:has-text('Remove')")
    page.wait_for_selector("button:has-text('Remove')", state="detached")
    page.click("text=Sign out")

    page.goto("/sign-in")
    page.click("text=Use a passkey")

    page.wait_for_selector(".note:has-text('does not know that passkey')")


def test_a_bare_address_says_that_it_has_no_passkeys(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")

    assert page.is_disabled("text=Use a passkey")
    assert "no passkeys for the address 127.0.0.1" in page.inner_text("main")
    page.click("text=Open http://localhost")
    page.wait_for_selector("button:enabled:has-text('Use a passkey')")


def test_without_scripts_the_page_says_what_is_missing(browser: Browser, address: str) -> None:
    named = address.replace("127.0.0.1", "localhost")
    context = browser.new_context(base_url=named, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in", timeout=WAIT_MS)

    assert page.is_disabled("text=Use a passkey")
    assert "Passkeys need scripts" in page.inner_text("main")
    context.close()


def _keeper(page: Page, **differs: Any) -> None:
    """Give the browser of a page what keeps passkeys, and answers by itself."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    line.send("WebAuthn.addVirtualAuthenticator", {"options": {**_VIRTUAL, **differs}})


def _enter(page: Page, account: str) -> None:
    page.goto("/sign-in?next=/-/you")
    page.fill("#account", account)
    page.fill("#token", WORDS)
    page.press("#token", "Enter")
    page.wait_for_selector("text=signed in with a password")


def _make(page: Page, label: str) -> None:
    page.fill("#label", label)
    page.click("text=Make a passkey")


def _count(office: Office, account: str) -> int:
    """Return how many answers the passkey of an account has given."""
    return office.desk.hub.passkeys.of_account(account)[0].sign_count - 1


def _is_wrong(line: Any) -> bool:
    return line.type == "error" and "Failed to load resource" not in line.text
