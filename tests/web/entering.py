"""The ways into the web app besides a token, as a browser goes them."""

from __future__ import annotations

from typing import Final

import httpx2

from hub.authenticator import Authenticator
from wasteland.hub.ceremonies import Ceremonies, site_of
from web.browsers import BASE, Browser, Form, Office, Page

WORDS: Final = "a few plain words"
SIGNED_OUT: Final = "Nobody is signed in here"
BACK: Final = "/-/sign-in/elsewhere/back"
_LOCAL: Final = "http://localhost"


def new_account(office: Office) -> str:
    """Return a new account with a password."""
    name = f"ada{len(office.desk.hub.accounts.all())}"
    office.desk.hub.accounts.add(name)
    office.desk.hub.passwords.set(name, WORDS)
    return name


def by_password(browser: Browser, account: str, secret: str = WORDS) -> Page:
    """Sign in with a password and go on to one's own page."""
    form = browser.get("/sign-in", params={"next": "/-/you"}).form("/sign-in")
    return browser.send(form, account=account, token=secret)


def at_localhost(office: Office) -> Browser:
    """Return a browser that knows the hub by a name."""
    found = office.browser()
    found.client.base_url = _LOCAL
    return found


def sent_from_localhost(browser: Browser, form: Form, **typed: str) -> Page:
    """Send a form as a page of localhost does."""
    headers = {"origin": _LOCAL, "sec-fetch-site": "same-origin"}
    data = {**form.fields, **typed}
    return Page(browser.client.post(form.action, data=data, headers=headers))


def with_passkey(office: Office, account: str) -> Authenticator:
    """Return what keeps a new passkey of an account."""
    device, site = Authenticator(), site_of("localhost")
    passkeys = Ceremonies(office.desk.hub.passkeys, office.desk.hub.challenges)
    asked = passkeys.options_to_make(account, site, "making")
    passkeys.add(account, "laptop", device.make(asked), site, "making")
    return device


def by_passkey(browser: Browser, device: Authenticator) -> Page:
    """Sign in with a passkey."""
    form = browser.get("/sign-in").form("/-/sign-in/passkey")
    asked = browser.client.get("/-/sign-in/passkey").json()
    return sent_from_localhost(browser, form, answer=device.sign(asked))


def leave(browser: Browser, after: str = "/") -> str:
    """Sign in elsewhere; return the address that the browser is sent back to."""
    path = f"/-/sign-in/elsewhere?next={after}"
    answer = browser.client.get(path, follow_redirects=False)
    there = httpx2.get(answer.headers["location"], follow_redirects=False)
    return str(there.headers["location"])


def come_back(browser: Browser, back: str) -> Page:
    """Follow the way back."""
    assert back.startswith(f"{BASE}{BACK}?")
    return browser.get(back.removeprefix(BASE))
