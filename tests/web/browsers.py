"""A hub with its web app, and browsers that read its pages and send its forms in-process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from starlette.testclient import TestClient

from hub.desks import API, Desk, open_desk
from wasteland.hub.tokens import Scope
from wasteland.web.app import create_app

BASE: Final = "http://127.0.0.1"
BOARD: Final = "/acme/board"


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and its fields as they are filled in."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects forms and the text beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        name = given.get("name") or ""
        if tag == "form" and given.get("method") == "post":
            self.forms.append(Form(given["action"] or ""))
        elif tag == "input" and self.forms and name and given.get("type") != "checkbox":
            if given.get("type") != "radio" or "checked" in given:
                self.forms[-1].fields.setdefault(name, given.get("value") or "")
        elif tag == "textarea":
            self._area = name
            self.forms[-1].fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self.forms and self._select and "selected" in given:
            self.forms[-1].fields[self._select] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._area:
            self.forms[-1].fields[self._area] += data.removeprefix("\n")


class Page:
    """An answer, read as a page."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.html: str = response.text
        reader = _Reader()
        reader.feed(self.html)
        self.forms = reader.forms
        self.tags = reader.tags
        self.text = re.sub(r"\s+", " ", " ".join(reader.text))

    @property
    def path(self) -> str:
        """Where it was found, after redirects."""
        return str(self.response.url.path)

    def form(self, ending: str) -> Form:
        """Return the one form whose action ends so."""
        found = [form for form in self.forms if form.action.endswith(ending)]
        assert found, (ending, [form.action for form in self.forms], self.text[:500])
        return found[0]

    def links(self) -> list[str]:
        """Return the addresses of all links."""
        return [given["href"] or "" for tag, given in self.tags if tag == "a" and "href" in given]


class Browser:
    """One browser, with cookies of its own."""

    def __init__(self, app: Any) -> None:
        self.client = TestClient(app, base_url=BASE, headers={"accept": "text/html"})

    def get(self, path: str, **rest: Any) -> Page:
        """Open a page."""
        return Page(self.client.get(path, **rest))

    def send(self, form: Form, **typed: str) -> Page:
        """Send a form, as a page of the same origin does."""
        headers = {"origin": BASE, "sec-fetch-site": "same-origin"}
        data = {**form.fields, **typed}
        return Page(self.client.post(form.action, data=data, headers=headers))

    def sign_in(self, token: str, after: str = "/-/you") -> Page:
        """Sign in and go on to a page."""
        page = self.get("/sign-in", params={"next": after})
        return self.send(page.form("/sign-in"), token=token)


@dataclass(slots=True)
class Office:
    """A hub with its web app under test."""

    desk: Desk
    app: Any

    def browser(self, who: str = "") -> Browser:
        """Return a new browser, signed in as an account if one is named."""
        found = Browser(self.app)
        if who:
            found.sign_in(self.desk.tokens[who])
        return found

    def account(self, name: str, scope: Scope = Scope.WRITE) -> str:
        """Return the token of an account, which is made when it is missing."""
        return self.desk.tokens.get(name) or self.desk.account(name, scope=scope)

    def member(self, name: str) -> Browser:
        """Return the browser of an account with a rig of its name, made when it is missing."""
        if name not in self.desk.tokens:
            self.account(name)
            self.desk.ok("POST", f"{API}/rigs", name, json={"handle": name})
        return self.browser(name)

    def head(self) -> str:
        """Return the commit of main."""
        return self.desk.hub.host.engine(self.desk.hub.host.repositories()[0]).head()

    def post(self, title: str = "Fix it", **more: Any) -> str:
        """Put an item on the board as its maintainer, and return its id."""
        body = {"title": title, **more}
        return str(self.desk.ok("POST", f"{API}/wanted", "acme", json=body)["id"])


@contextmanager
def open_office(root: Path, **options: Any) -> Iterator[Office]:
    """Yield a hub with the commons ``acme/board`` and its pages."""
    with open_desk(root, **options) as desk:
        app = create_app(desk.hub)
        with TestClient(app, base_url=BASE):
            yield Office(desk, app)


def tags_of(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return the elements of a piece of HTML with their attributes."""
    reader = _Reader()
    reader.feed(html)
    return reader.tags


def item_path(item_id: str) -> str:
    """Return the address of an item's page."""
    return f"{BOARD}/wanted/{item_id}"
