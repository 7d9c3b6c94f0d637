"""One's own page: password, tokens, sessions, e-mail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.authenticator import Authenticator
from wasteland.hub.ceremonies import site_of
from wasteland.hub.contacts import Contact, Digest
from wasteland.hub.tokens import Scope, read_token
from web.browsers import BOARD, Browser, Office, Page
from web.entering import (
    SIGNED_OUT,
    WORDS,
    at_localhost,
    by_passkey,
    by_password,
    new_account,
    sent_from_localhost,
    with_passkey,
)

OTHER_WORDS = "some other plain words"


@pytest.fixture
def account(office: Office) -> str:
    """A new account with a password."""
    return new_account(office)


@pytest.fixture
def browser(office: Office, account: str) -> Browser:
    """The browser in which it is signed in by that password."""
    found = office.browser()
    by_password(found, account)
    return found


# --- password


def test_a_changed_password_ends_every_other_session(
    office: Office, account: str, browser: Browser
) -> None:
    token = office.desk.hub.accounts.issue(account, label="t", scope=Scope.WRITE)[1]
    others = [office.browser(), office.browser()]
    by_password(others[0], account)
    others[1].sign_in(token)
    copied = _copy(office, browser)

    page = _change(browser, present=WORDS, password=OTHER_WORDS, again=OTHER_WORDS)

    assert "The password is set" in page.text
    assert "Sign out" in browser.get("/-/you").text
    for other in (*others, copied):
        assert SIGNED_OUT in other.get("/-/you").text
    assert 401 == by_password(office.browser(), account).status
    assert 200 == by_password(office.browser(), account, OTHER_WORDS).status


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ({"present": "wrong as can be"}, 422, "not your present password"),
        ({"present": ""}, 422, "not your present password"),
        ({"present": WORDS, "again": "another"}, 422, "not the same"),
        ({"present": WORDS, "password": "short", "again": "short"}, 422, "12 to 256"),
    ],
)
def test_a_password_is_not_changed_without_the_present_one_or_by_mistake(
    office: Office,
    account: str,
    browser: Browser,
    typed: dict[str, str],
    status: int,
    told: str,
) -> None:
    page = _change(browser, **{"password": OTHER_WORDS, "again": OTHER_WORDS, **typed})

    assert (status, True) == (page.status, told in page.text)
    assert OTHER_WORDS not in page.html
    assert 200 == by_password(office.browser(), account).status


def test_the_first_password_is_set_by_who_signed_in_with_a_token(office: Office) -> None:
    office.account("fresh")
    browser = office.browser("fresh")

    page = _change(browser, password=WORDS, again=WORDS)

    assert "signed in with a password" in page.text
    assert 200 == by_password(office.browser(), "fresh").status


@pytest.mark.parametrize(
    ("scope", "rig", "lifetime"),
    [(Scope.READ, "", None), (Scope.WRITE, "mia", None), (Scope.WRITE, "", timedelta(days=1))],
)
def test_less_than_the_whole_account_leads_to_no_password_passkey_or_link(
    office: Office, account: str, scope: Scope, rig: str, lifetime: timedelta | None
) -> None:
    accounts = office.desk.hub.accounts
    token = accounts.issue(account, label="t", scope=scope, rig=rig, lifetime=lifetime)[1]
    browser = office.browser()
    page = browser.sign_in(token)
    form = page.form("/sign-out")

    found = []
    for path in ("/-/you/password", "/-/you/passkeys", "/-/you/links"):
        form.action = path
        found.append(browser.send(form, password=OTHER_WORDS, again=OTHER_WORDS).status)

    assert [403, 403, 403] == found
    assert "stand for the whole account" in page.text
    assert 403 == browser.get("/-/you/passkeys").status


# --- passkeys


def test_a_passkey_is_made_used_and_removed(office: Office, account: str) -> None:
    browser = at_localhost(office)
    form = browser.get("/sign-in").form("/sign-in")
    sent_from_localhost(browser, form, account=account, token=WORDS)
    device = Authenticator()
    asked = browser.client.get("/-/you/passkeys").json()

    form = browser.get("/-/you").form("/-/you/passkeys")
    sent_from_localhost(browser, form, label="<b>laptop", answer=device.make(asked))

    page = browser.get("/-/you")
    assert "<b>laptop" in page.text
    other = at_localhost(office)
    by_passkey(other, device)
    assert "signed in with a passkey" in other.get("/-/you").text
    sent_from_localhost(browser, page.form("/remove"))
    assert SIGNED_OUT in other.get("/-/you").text
    assert "<b>laptop" not in browser.get("/-/you").text


def test_nobody_removes_a_passkey_of_another(
    office: Office, account: str, browser: Browser
) -> None:
    other = new_account(office)
    with_passkey(office, other)
    form = browser.get("/-/you").form("/sign-out")
    form.action = f"/-/you/passkeys/{office.desk.hub.passkeys.of_account(other)[0].id}/remove"

    assert 404 == browser.send(form).status
    assert 1 == len(office.desk.hub.passkeys.of_account(other))
    assert not site_of("127.0.0.1").can_have_passkeys


# --- tokens


def test_a_token_is_made_shown_once_and_revoked(
    office: Office, account: str, browser: Browser
) -> None:
    form = browser.get("/-/you").form("/-/you/tokens#tokens")

    page = browser.send(form, label="CI of <board>", scope="read", rig="mia", days="30")

    text = _shown(page)
    made = office.desk.hub.accounts.authenticate(text)
    assert (account, Scope.READ, "mia") == (made.account, made.scope, made.rig)
    assert made.expires_at
    again = browser.get("/-/you")
    assert text not in again.html
    assert "CI of <board>" in again.text
    page = browser.send(again.form(f"/-/you/tokens/{made.id}/revoke"))
    assert "revoked" in page.text
    assert (
        401
        == office.desk.client.get(
            "/api/v1/tokens", headers={"authorization": f"token {text}"}
        ).status_code
    )


def test_a_form_sent_twice_makes_one_token(office: Office, account: str, browser: Browser) -> None:
    form = browser.get("/-/you").form("/-/you/tokens#tokens")
    first = browser.send(form, label="once", scope="read")

    second = browser.send(form, label="once", scope="read")

    assert (200, 403) == (first.status, second.status)
    assert 1 == len(office.desk.hub.accounts.tokens(account))


def test_a_token_is_not_for_more_than_what_one_signed_in_with(office: Office) -> None:
    token = office.account("reader", Scope.READ)
    reader = office.browser()
    reader.sign_in(token)
    page = reader.get("/-/you")
    assert not [
        form for form in page.forms if "tokens" in form.action and "revoke" not in form.action
    ]
    form = page.form("/sign-out")
    form.action = "/-/you/tokens"
    writer = office.browser()
    by_password(writer, new_account(office))

    assert 403 == reader.send(form, scope="read").status
    wanted = writer.get("/-/you").form("/-/you/tokens#tokens")
    assert 403 == writer.send(wanted, scope="admin").status


@pytest.mark.parametrize("days", ["0", "-1", "3651", "1e3", "²", "9" * 50, "soon"])
def test_a_number_of_days_that_is_none_is_refused(
    office: Office, account: str, browser: Browser, days: str
) -> None:
    form = browser.get("/-/you").form("/-/you/tokens#tokens")

    page = browser.send(form, scope="read", days=days)

    assert (422, True) == (page.status, "1 to 3650 days" in page.text)
    assert [] == office.desk.hub.accounts.tokens(account)


def test_the_last_use_of_a_token_is_shown(office: Office, account: str, browser: Browser) -> None:
    text = office.desk.hub.accounts.issue(account, label="used", scope=Scope.READ)[1]
    before = office.desk.hub.accounts.tokens(account)[0]

    office.desk.hub.accounts.authenticate(text)

    after = office.desk.hub.accounts.tokens(account)[0]
    assert (None, True) == (before.used_at, after.used_at is not None)
    assert f'datetime="{after.used_at:%Y-%m-%dT%H:%M}' in browser.get("/-/you").html


# --- sessions


def test_all_other_sessions_are_ended_at_once(
    office: Office, account: str, browser: Browser
) -> None:
    others = [office.browser() for _ in range(3)]
    for other in others:
        by_password(other, account)

    page = browser.send(browser.get("/-/you").form("/-/sessions/end"))

    assert "Your other sessions have ended" in page.text
    assert all(SIGNED_OUT in other.get("/-/you").text for other in others)
    assert "Sign out" in browser.get("/-/you").text


def test_an_account_that_is_disabled_is_signed_out_at_once(
    office: Office, account: str, browser: Browser
) -> None:
    office.desk.hub.accounts.disable(account)

    assert SIGNED_OUT in browser.get("/-/you").text
    assert "Sign in" in browser.get(BOARD).text
    office.desk.hub.accounts.disable(account, disabled=False)
    assert SIGNED_OUT in browser.get("/-/you").text


# --- e-mail


def test_an_address_and_a_digest_are_kept(office: Office, account: str, browser: Browser) -> None:
    form = browser.get("/-/you").form("/-/you/contact")

    page = browser.send(form, email=" ada@example.org ", digest="weekly")

    assert "Kept." in page.text
    contact = office.desk.hub.accounts.contact(account)
    assert Contact(account, "ada@example.org", Digest.WEEKLY) == contact
    assert "ada@example.org" == page.form("/-/you/contact").fields["email"]


@pytest.mark.parametrize(
    ("email", "digest"),
    [("ada", "off"), ("", "daily"), ("ada@example.org", "hourly"), ("x" * 5000, "off")],
)
def test_what_cannot_be_kept_comes_back_as_it_was_typed(
    office: Office, account: str, browser: Browser, email: str, digest: str
) -> None:
    form = browser.get("/-/you").form("/-/you/contact")

    page = browser.send(form, email=email, digest=digest)

    assert 422 == page.status
    assert email == page.form("/-/you/contact").fields["email"]
    assert Contact(account) == office.desk.hub.accounts.contact(account)


def _change(browser: Browser, **typed: str) -> Page:
    return browser.send(browser.get("/-/you").form("/-/you/password"), **typed)


def _copy(office: Office, browser: Browser) -> Browser:
    """Return a browser that holds a copy of the session's cookie as it is now."""
    found = office.browser()
    found.client.cookies.set("wl", browser.client.cookies["wl"])
    return found


def _shown(page: Page) -> str:
    """Return the token that a page shows."""
    found = [given.get("value") or "" for tag, given in page.tags if tag == "input"]
    return next(value for value in found if read_token(value))
