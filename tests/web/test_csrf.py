"""Whatever changes something is asked for by a page of ours: all routes, and all forgeries.

The routes come from the router, so that each that is added is in the table by itself.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import anyio
import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from wasteland.hub.app import guarded, routes
from wasteland.web.app import add_pages
from wasteland.web.visits import Visit
from web.browsers import BASE, Browser, Office

_EVIL: Final = "https://evil.example"
_FORM: Final = "application/x-www-form-urlencoded"
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WEB: Final = "wasteland.web."
# What only notes that somebody was there.
_NOTED: Final = frozenset({"seen_at", "used_at", "last_at"})
_WAIT_S: Final = 20
_DONE: Final = frozenset({201, 202, 204, 302, 303, 307, 308, 500, 503})


@dataclass(frozen=True, slots=True)
class Target:
    """A route of the web app, with a path that leads to it."""

    method: str
    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Forgery:
    """
    A request that no page of ours makes.

    Attributes:
        seal: Which token its form bears: "right", "wrong" or none.
    """

    name: str
    headers: dict[str, str]
    seal: str = "right"
    kind: str = _FORM


_FORGERIES: Final = (
    Forgery("foreign origin", {"origin": _EVIL}),
    Forgery("no origin", {"origin": "null"}),
    Forgery("another port", {"origin": "http://127.0.0.1:1"}),
    Forgery("cross-site", {"sec-fetch-site": "cross-site"}),
    Forgery("same-site", {"sec-fetch-site": "same-site"}),
    Forgery("cross-site, own origin", {"origin": BASE, "sec-fetch-site": "cross-site"}),
    Forgery("no token", {"origin": BASE}, seal=""),
    Forgery("token of another browser", {"origin": BASE}, seal="wrong"),
    Forgery("text/plain", {"origin": BASE}, kind="text/plain"),
    Forgery("JSON", {"origin": BASE}, kind="application/json"),
    Forgery("no type", {"origin": BASE}, kind=""),
)


@dataclass(slots=True)
class Town:
    """
    The whole web app, its routes, and a browser that is signed in.

    Attributes:
        known: What parts of paths and fields of forms are called -> something that is there.
        forms: What a form holds, by the token that it bears.
    """

    office: Office
    app: FastAPI
    whole: Any
    browser: Browser
    known: dict[str, str]
    forms: dict[str, dict[str, str]]

    def targets(self, *methods: str) -> list[Target]:
        """Return the routes of the web app that have one of these methods."""
        found = []
        for route in _routes(self.app):
            path = re.sub(r"\{(\w+)(?::\w+)?\}", self._filled, str(route.path))
            found += [
                Target(method, path, f"{method} {route.path}")
                for method in sorted((route.methods or set()).intersection(methods))
            ]
        return found

    def _filled(self, found: re.Match[str]) -> str:
        return self.known.get(found[1], "1")

    def state(self) -> dict[str, Any]:
        """Return all that the hub remembers, and where its repositories are."""
        host = self.office.desk.hub.host
        heads = {str(repo): host.engine(repo).branches() for repo in host.repositories()}
        return {"heads": heads, **{path.name: _rows(path) for path in host.root.glob("*.db")}}


@pytest.fixture(scope="module")
def town(office: Office) -> Town:
    """The web app with an item, and the browser of its maintainer."""
    hub = office.desk.hub
    app = routes(hub)
    add_pages(app, hub)
    whole = guarded(hub, app)
    browser = Browser(whole)
    browser.sign_in(office.desk.tokens["acme"])
    item = office.post()
    known = {
        "owner": "acme",
        "database": "board",
        "item": item,
        "handle": "mia",
        "verb": "claim",
        "secret": hub.passwords.invite("acme").secret,
        "level": "1",
        "target": item,
    }
    # Whatever a route looks at before it looks who sends the form, it finds.
    forms = {
        "right": {**_form(browser), **known},
        "wrong": {**_form(Browser(whole)), **known},
        "": known,
    }
    return Town(office, app, whole, browser, known, forms)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what routes are told when they ask whether a page of ours sends the form."""
    told: list[str] = []
    inner = Visit.need_form

    def need_form(visit: Visit) -> None:
        told.append("refused")
        inner(visit)
        told[-1] = "taken"

    monkeypatch.setattr(Visit, "need_form", need_form)
    return told


def test_there_are_routes_to_test(town: Town) -> None:
    names = {target.name for target in town.targets(*_CHANGING)}

    assert {"POST /sign-in", "POST /sign-out", "POST /{owner}/{database}/new"} <= names
    assert len(names) > 20


@pytest.mark.parametrize("forgery", _FORGERIES, ids=lambda one: one.name)
def test_no_route_that_changes_something_takes_a_forgery(
    town: Town, asked: list[str], forgery: Forgery
) -> None:
    before = town.state()

    statuses = {target.name: _forged(town, target, forgery) for target in town.targets(*_CHANGING)}

    assert "taken" not in asked
    assert {} == {name: status for name, status in statuses.items() if status in _DONE}
    assert before == town.state()


def test_every_route_that_changes_something_asks_who_sends_the_form(
    town: Town, asked: list[str]
) -> None:
    forgery = next(one for one in _FORGERIES if not one.seal)

    silent = []
    for target in town.targets(*_CHANGING):
        asked.clear()
        _forged(town, target, forgery)
        silent += [target.name] if asked != ["refused"] else []

    assert [] == silent


def test_the_same_form_is_taken_from_a_page_of_ours(town: Town, asked: list[str]) -> None:
    form = {**town.forms["right"], "theme": "parchment"}

    answer = town.browser.client.post("/-/choices", data=form, headers={"origin": BASE})

    assert (200, "parchment") == (answer.status_code, town.browser.client.cookies["wl-theme"])
    assert ["taken"] == asked


def test_no_route_takes_a_method_that_forms_do_not_have(town: Town) -> None:
    assert [] == [target.name for target in town.targets("PUT", "PATCH", "DELETE")]


def test_reading_changes_nothing_whatever_it_pretends_to_be(town: Town) -> None:
    before = town.state()
    pretence = f"_method=POST&method=POST&{_encoded(town.forms['right'])}"
    changing = {target.path for target in town.targets(*_CHANGING)}

    failed = {
        path: status
        for path in sorted(changing | {target.path for target in town.targets("GET")})
        if (status := anyio.run(_read, town, path, pretence)) >= 500
    }

    assert {} == failed
    assert before == town.state()


def _forged(town: Town, target: Target, forgery: Forgery) -> int:
    form = town.forms[forgery.seal]
    headers = {**forgery.headers, "content-type": forgery.kind}
    body = _encoded(form) if "json" not in forgery.kind else str(form).replace("'", '"')
    answer = town.browser.client.request(
        target.method,
        target.path,
        content=body,
        headers={name: value for name, value in headers.items() if value},
        follow_redirects=False,
    )
    return int(answer.status_code)


def _form(browser: Browser) -> dict[str, str]:
    """Return the token of this browser's forms."""
    return {"seal": browser.get("/-/you").form("/-/choices").fields["seal"]}


def _encoded(form: dict[str, str]) -> str:
    return "&".join(f"{name}={value.replace('=', '%3D')}" for name, value in form.items())


async def _read(town: Town, path: str, query: str) -> int:
    """
    Read a page and go away at once; return its status, 0 for one that was still waiting.

    A stream ends when its reader has gone.
    """
    headers = {
        "host": "127.0.0.1",
        "accept": "text/html",
        "cookie": f"wl={town.browser.client.cookies['wl']}",
        "x-http-method-override": "POST",
        "x-method-override": "DELETE",
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 80),
        "root_path": "",
    }
    sent = [{"type": "http.request", "body": b"", "more_body": False}]
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return sent.pop() if sent else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    with anyio.move_on_after(_WAIT_S):
        await town.whole(scope, receive, send)
    return max(statuses, default=0)


def _routes(app: FastAPI) -> Iterator[RouteContext]:
    """Yield the routes whose code is of the web app."""
    for found in iter_route_contexts(app.routes):
        if getattr(found.endpoint, "__module__", "").startswith(_WEB):
            yield found


def _rows(path: Any) -> dict[str, list[Any]]:
    connection = sqlite3.connect(path)
    try:
        connection.row_factory = sqlite3.Row
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name: _plain(connection, name) for (name,) in tables.fetchall()}
    finally:
        connection.close()


def _plain(connection: sqlite3.Connection, table: str) -> list[Any]:
    rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()  # own tables
    return [{key: kept for key, kept in dict(row).items() if key not in _NOTED} for row in rows]
