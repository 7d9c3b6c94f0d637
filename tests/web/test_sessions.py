from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.identity_server import CLIENT, SECRET, open_identity_server
from wasteland.hub.hub import Hub
from wasteland.hub.identities import Person
from wasteland.hub.oidc import Client, OpenIdProvider
from wasteland.hub.proofs import Means, Proof
from wasteland.hub.tokens import Scope
from wasteland.web.app import create_app
from wasteland.web.sessions import IDLE, LONGEST, Sessions
from web.browsers import BASE, BOARD, Browser, Office
from web.entering import (
    WORDS,
    at_localhost,
    by_passkey,
    by_password,
    come_back,
    leave,
    with_passkey,
)

ADA = Proof("ada", Means.TOKEN, "t1")
NOON = datetime(2030, 5, 4, 12, tzinfo=UTC)


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(tmp_path: Path, clock: Clock) -> Sessions:
    return Sessions(tmp_path, clock)


def test_a_session_is_found_by_its_secret_alone(sessions: Sessions) -> None:
    begun, secret = sessions.begin(ADA)

    assert sessions.find(secret) == begun
    assert sessions.find(begun.id) is None
    assert sessions.find(secret[:-1]) is None


def test_the_file_holds_no_secret(sessions: Sessions, tmp_path: Path) -> None:
    _, secret = sessions.begin(ADA)
    sessions.close()

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"ada" in kept
    assert secret.encode() not in kept


def test_half_an_hour_of_silence_ends_a_session(sessions: Sessions, clock: Clock) -> None:
    _, secret = sessions.begin(ADA)
    clock.at += IDLE - timedelta(minutes=2)
    assert sessions.find(secret)

    clock.at += IDLE - timedelta(seconds=1)
    assert sessions.find(secret)

    clock.at += IDLE
    assert sessions.find(secret) is None


def test_a_day_ends_a_session_that_was_never_silent(sessions: Sessions, clock: Clock) -> None:
    _, secret = sessions.begin(ADA)
    while clock.at < NOON + LONGEST - timedelta(minutes=20):
        clock.at += timedelta(minutes=20)
        assert sessions.find(secret), clock.at

    clock.at = NOON + LONGEST

    assert sessions.find(secret) is None
    assert [] == sessions.of_account("ada")


def test_a_session_of_tls_is_unknown_under_the_plain_name(sessions: Sessions) -> None:
    _, secret = sessions.begin(ADA, over_tls=True)

    assert sessions.find(secret, over_tls=True)
    assert sessions.find(secret) is None


def test_an_account_ends_no_session_of_another(sessions: Sessions) -> None:
    begun, secret = sessions.begin(ADA)

    assert not sessions.end("eve", begun.id)
    assert sessions.find(secret)


def test_the_right_token_signs_in_and_leads_on(office: Office) -> None:
    page = office.browser().sign_in(office.desk.tokens["acme"], f"{BOARD}/rigs")

    assert (200, f"{BOARD}/rigs") == (page.status, page.path)
    assert "mia" in page.text


def test_a_wrong_token_is_refused_and_never_shown_again(office: Office) -> None:
    wrong = "wlt.v1.aaaaaaaaaaaa." + "x" * 43

    page = office.browser().sign_in(wrong)

    assert 401 == page.status
    assert "no token of this hub" in page.text
    assert wrong not in page.html


def test_a_token_for_the_remote_protocol_opens_no_session(office: Office) -> None:
    page = office.browser().sign_in(office.account("bot", Scope.PUSH))

    assert 403 == page.status
    assert "wl" not in page.response.cookies


def test_the_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    browser = office.browser()
    form = browser.get("/sign-in").form("/sign-in")
    data = {**form.fields, "token": office.desk.tokens["acme"]}

    answer = browser.client.post(
        "/sign-in", data=data, headers={"origin": BASE}, follow_redirects=False
    )

    cookie = _given(answer, "wl=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_over_tls_the_cookie_is_bound_to_the_host(office: Office) -> None:
    browser = office.browser()
    form = browser.get("/sign-in").form("/sign-in")
    data = {**form.fields, "token": office.desk.tokens["acme"]}

    answer = browser.client.post(
        "/sign-in", data=data, headers={"origin": "https://127.0.0.1"}, follow_redirects=False
    )

    cookie = _given(answer, "__Host-wl=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_signing_in_again_gives_another_session_and_ends_the_first(own_office: Office) -> None:
    browser = own_office.browser("acme")
    first = browser.client.cookies["wl"]
    copied = _with_cookie(own_office, first)
    assert "Sign out" in copied.get("/-/you").text

    own_office.desk.hub.accounts.add("ada")
    token = own_office.desk.hub.accounts.issue("ada", label="t", scope=Scope.WRITE)[1]
    _sign_in_anew(browser, token)

    assert first != browser.client.cookies["wl"]
    assert "Nobody is signed in here" in copied.get("/-/you").text


def test_a_copied_cookie_is_dead_after_sign_out(office: Office) -> None:
    browser = office.browser("acme")
    copied = _with_cookie(office, browser.client.cookies["wl"])

    browser.send(browser.get("/-/you").form("/sign-out"))

    assert "Nobody is signed in here" in copied.get("/-/you").text


def test_a_cookie_is_dead_after_a_restart(own_office: Office) -> None:
    cookie = own_office.browser("acme").client.cookies["wl"]

    again = Office(own_office.desk, create_app(own_office.desk.hub))

    assert "Nobody is signed in here" in _with_cookie(again, cookie).get("/-/you").text


def test_a_session_ends_with_the_token_that_it_began_with(own_office: Office) -> None:
    browser = own_office.browser("acme")
    token = own_office.desk.hub.accounts.tokens("acme")[0]

    own_office.desk.hub.accounts.revoke("acme", token.id)

    page = browser.get(BOARD)
    assert "Your session has ended" in page.text
    assert "Sign in" in page.text


def test_a_disabled_account_is_signed_out(own_office: Office) -> None:
    browser = own_office.browser("acme")

    own_office.desk.hub.accounts.disable("acme")

    assert "Nobody is signed in here" in browser.get("/-/you").text


@pytest.mark.parametrize("means", [Means.PASSWORD, Means.PASSKEY, Means.OIDC])
@pytest.mark.parametrize("end", ["signed out", "disabled", "gone", "restarted", "idle", "old"])
def test_a_copied_cookie_is_dead_with_its_session_however_that_began(
    own_office: Office, monkeypatch: pytest.MonkeyPatch, means: Means, end: str
) -> None:
    browser = _began(own_office, means)
    cookie = browser.client.cookies["wl"]
    assert "Sign out" in _with_cookie(own_office, cookie).get("/-/you").text

    office = _end(own_office, browser, monkeypatch, end)

    assert "Nobody is signed in here" in _with_cookie(office, cookie).get("/-/you").text


def test_another_browser_can_be_signed_out(own_office: Office) -> None:
    here, there = own_office.browser("acme"), own_office.browser("acme")
    form = here.get("/-/you").form("/end")

    here.send(form)

    assert "Sign out" in here.get("/-/you").text
    assert "Nobody is signed in here" in there.get("/-/you").text


@pytest.mark.parametrize(
    "after",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/e"],
)
def test_signing_in_leads_to_no_other_site(office: Office, after: str) -> None:
    browser = office.browser()
    form = browser.get("/sign-in").form("/sign-in")
    data = {**form.fields, "token": office.desk.tokens["acme"], "next": after}

    answer = browser.client.post(
        "/sign-in", data=data, headers={"origin": BASE}, follow_redirects=False
    )

    assert "/" == answer.headers["location"]


def _given(answer: Any, name: str) -> str:
    """Return the one cookie of that name that an answer sets, and does not delete."""
    found = [
        cookie
        for cookie in answer.headers.get_list("set-cookie")
        if cookie.startswith(name) and "Max-Age=0" not in cookie
    ]
    assert 1 == len(found)
    return str(found[0])


def _with_cookie(office: Office, value: str) -> Browser:
    found = office.browser()
    found.client.cookies.set("wl", value)
    return found


def _sign_in_anew(browser: Browser, token: str) -> None:
    """Sign in from a form that was shown before the session that it replaces."""
    form = browser.get("/-/you").form("/sign-out")
    form.action = "/sign-in"
    browser.send(form, token=token)


def _began(office: Office, means: Means) -> Browser:
    """Return a browser in which ada is signed in by those means."""
    hub = office.desk.hub
    hub.accounts.add("ada")
    browser = office.browser()
    if means is Means.PASSWORD:
        hub.passwords.set("ada", WORDS)
        by_password(browser, "ada")
    elif means is Means.PASSKEY:
        device = with_passkey(office, "ada")
        browser = at_localhost(office)
        by_passkey(browser, device)
    else:
        with open_identity_server() as server:
            hub.provider = OpenIdProvider(Client(server.url, CLIENT, SECRET))
            hub.identities.link(Person(server.url, server.person["sub"]), "ada")
            come_back(browser, leave(browser))
    return browser


def _end(office: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch, end: str) -> Office:
    """End a session; return the hub as it is then."""
    hub = office.desk.hub
    if end == "signed out":
        form = browser.get("/-/you").form("/sign-out")
        headers = {"origin": f"http://{browser.client.base_url.host}"}
        browser.client.post(form.action, data=form.fields, headers=headers)
    elif end == "disabled":
        hub.accounts.disable("ada")
    elif end == "gone":
        _take_away(hub)
    elif end == "restarted":
        return Office(office.desk, create_app(hub))
    else:
        later = hub.host.now() + (IDLE if end == "idle" else LONGEST)
        monkeypatch.setattr(hub.host, "_clock", lambda: later)
    return office


def _take_away(hub: Hub) -> None:
    """Take from ada all that she can sign in with."""
    if hub.passwords.kept("ada"):
        hub.passwords.set("ada", "some other plain words")
    for passkey in hub.passkeys.of_account("ada"):
        hub.passkeys.remove("ada", passkey.id)
    for link in hub.identities.of_account("ada"):
        hub.identities.unlink("ada", link.id)
