"""Signing in by password, by invitation, with a passkey and elsewhere, as browsers do it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest

from hub.identity_server import CLIENT, SECRET, IdentityServer, open_identity_server
from wasteland.hub.identities import Person
from wasteland.hub.oidc import Client, OpenIdProvider
from wasteland.hub.tries import MOST_OF_ACCOUNT
from web.browsers import Office
from web.entering import (
    SIGNED_OUT,
    WORDS,
    at_localhost,
    by_passkey,
    by_password,
    come_back,
    leave,
    new_account,
    sent_from_localhost,
    with_passkey,
)


@pytest.fixture(scope="module")
def server() -> Iterator[IdentityServer]:
    """A provider that everybody signs in at."""
    with open_identity_server() as found:
        yield found


@pytest.fixture
def elsewhere(office: Office, server: IdentityServer) -> Iterator[IdentityServer]:
    """The provider, known to the hub, with a person whom nobody knows yet."""
    server.person = {"sub": secrets.token_hex(8)}
    office.desk.hub.provider = OpenIdProvider(Client(server.url, CLIENT, SECRET))
    yield server
    office.desk.hub.provider = None


@pytest.fixture
def account(office: Office) -> str:
    """A new account with a password."""
    return new_account(office)


def test_account_and_password_sign_in(office: Office, account: str) -> None:
    browser = office.browser()

    page = by_password(browser, account, WORDS)

    assert (200, "/-/you") == (page.status, page.path)
    assert "signed in with a password" in page.text


@pytest.mark.parametrize("secret", ["wrong as can be", "x" * 5000, "<script>", "\u202e", "\x00"])
def test_what_was_typed_as_a_secret_is_never_shown_again(
    office: Office, account: str, secret: str
) -> None:
    page = by_password(office.browser(), account, secret)

    assert 401 == page.status
    assert "You are not signed in" in page.text
    assert secret not in page.html.replace("<script nonce", "")
    assert account == page.form("/sign-in").fields["account"]


def test_an_unknown_account_is_refused_like_a_known_one(office: Office, account: str) -> None:
    known = by_password(office.browser(), account, "wrong as can be")
    unknown = by_password(office.browser(), "nobody", "wrong as can be")

    assert (known.status, "No account has this name") == (
        unknown.status,
        unknown.text[unknown.text.index("No account") :][:24],
    )


def test_a_locked_account_says_until_when(office: Office, account: str) -> None:
    for _ in range(MOST_OF_ACCOUNT):
        by_password(office.browser(), account, "wrong as can be")

    page = by_password(office.browser(), account, WORDS)

    assert 429 == page.status
    assert f"Too many wrong passwords for {account}" in page.text
    assert "none is looked at before" in page.text
    assert "UTC" in page.text


def test_a_token_signs_in_whatever_account_is_typed_beside_it(office: Office) -> None:
    page = by_password(office.browser(), "somebody", office.desk.tokens["acme"])

    assert "acme" in page.text
    assert "signed in with a token" in page.text


def test_an_invitation_lets_a_new_person_choose_a_password(office: Office) -> None:
    office.desk.hub.accounts.add("newcomer")
    link = f"/-/invitations/{office.desk.hub.passwords.invite('newcomer').secret}"
    browser = office.browser()
    form = browser.get(link).form(link)

    refused = browser.send(form, password="short", again="short")
    differing = browser.send(form, password=WORDS, again=WORDS + "!")
    page = browser.send(form, password=WORDS, again=WORDS)

    assert (422, 422) == (refused.status, differing.status)
    assert "/-/you" == page.path
    assert "newcomer" in page.text
    assert 404 == office.browser().get(link).status
    assert 404 == browser.send(form, password=WORDS, again=WORDS).status


def test_a_passkey_signs_in_without_a_name(office: Office, account: str) -> None:
    device = with_passkey(office, account)
    browser = at_localhost(office)

    page = by_passkey(browser, device)

    assert 200 == page.status
    assert account in browser.get("/-/you").text
    assert "signed in with a passkey" in browser.get("/-/you").text


def test_a_question_put_to_another_browser_is_not_answered_here(
    office: Office, account: str
) -> None:
    device = with_passkey(office, account)
    other, browser = at_localhost(office), at_localhost(office)
    other.get("/sign-in")
    form = browser.get("/sign-in").form("/-/sign-in/passkey")
    asked = other.client.get("/-/sign-in/passkey").json()

    page = sent_from_localhost(browser, form, answer=device.sign(asked))

    assert 403 == page.status
    assert SIGNED_OUT in browser.get("/-/you").text


def test_an_address_without_passkeys_says_where_there_are_some(office: Office) -> None:
    page = office.browser().get("/sign-in")

    assert "no passkeys for the address 127.0.0.1" in page.text
    assert "http://localhost/sign-in" in page.links()


def test_who_is_linked_signs_in_elsewhere(
    office: Office, elsewhere: IdentityServer, account: str
) -> None:
    person = Person(elsewhere.url, elsewhere.person["sub"])
    office.desk.hub.identities.link(person, account)
    browser = office.browser()

    come_back(browser, leave(browser))

    page = browser.get("/-/you")
    assert account in page.text
    assert "signed in with a link" in page.text
    assert urlsplit(elsewhere.url).netloc in page.text


@pytest.mark.parametrize(
    ("after", "found"),
    [("/acme/board/rigs", "/acme/board/rigs"), ("//evil.example", "/acme/board")],
)
def test_signing_in_elsewhere_leads_on_and_to_no_other_site(
    office: Office, elsewhere: IdentityServer, account: str, after: str, found: str
) -> None:
    office.desk.hub.identities.link(Person(elsewhere.url, elsewhere.person["sub"]), account)
    browser = office.browser()

    page = come_back(browser, leave(browser, after))

    assert (200, found) == (page.status, page.path)


def test_a_stranger_gets_an_account_only_where_that_was_configured(
    office: Office, elsewhere: IdentityServer
) -> None:
    elsewhere.person["preferred_username"] = "grace"
    browser = office.browser()
    refused = come_back(browser, leave(browser))
    assert (401, SIGNED_OUT in browser.get("/-/you").text) == (refused.status, True)

    client = Client(elsewhere.url, CLIENT, SECRET, makes_accounts=True)
    office.desk.hub.provider = OpenIdProvider(client)
    come_back(browser, leave(browser))

    assert "grace" in browser.get("/-/you").text
    assert not office.desk.hub.accounts.find("grace").is_admin


def test_the_way_back_is_for_the_browser_that_left_and_once(
    office: Office, elsewhere: IdentityServer, account: str
) -> None:
    office.desk.hub.identities.link(Person(elsewhere.url, elsewhere.person["sub"]), account)
    browser, victim = office.browser(), office.browser()
    victim.get("/sign-in")
    back = leave(browser)

    assert 403 == come_back(victim, back).status
    assert SIGNED_OUT in victim.get("/-/you").text
    come_back(browser, back)
    assert account in browser.get("/-/you").text
    assert 403 == come_back(browser, back).status


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x&code=y", "?error=access_denied"])
def test_a_way_back_that_was_not_gone_opens_nothing(
    office: Office, elsewhere: IdentityServer, query: str
) -> None:
    browser = office.browser()

    page = browser.get(f"/-/sign-in/elsewhere/back{query}")

    assert 403 == page.status
    assert elsewhere.url not in page.html
    assert SIGNED_OUT in browser.get("/-/you").text


def test_an_account_is_linked_by_who_is_signed_in(
    office: Office, elsewhere: IdentityServer, account: str
) -> None:
    browser = office.browser()
    by_password(browser, account, WORDS)

    page = browser.send(browser.get("/-/you").form("/-/you/links"))
    way = next(link for link in page.links() if link.startswith(elsewhere.url))
    come_back(browser, httpx2.get(way, follow_redirects=False).headers["location"])

    assert "Unlink" in browser.get("/-/you").text
    other = office.browser()
    come_back(other, leave(other))
    assert account in other.get("/-/you").text


def test_without_a_provider_there_is_no_way_elsewhere(office: Office) -> None:
    page = office.browser().get("/-/sign-in/elsewhere")

    assert 404 == page.status
    assert not [link for link in page.links() if "elsewhere" in link]
