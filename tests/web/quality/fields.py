"""The forms of rendered pages, with the fields that take text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_TEXT: Final = frozenset({"", "text", "search", "url", "email", "tel", "password", "number"})
_EMPTY: Final = ("hidden", "submit", "button", "reset", "image", "file")


@dataclass(slots=True)
class Found:
    """
    A form of a page.

    Attributes:
        sent: What it sends as it is shown.
        texts: Names of the fields that take text.
        secrets: Those whose text is not shown again.
    """

    page: str
    action: str
    sent: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[str, ...]:
        """What tells it from other forms, wherever it stands."""
        parts = ["*" if any(c.isdigit() for c in part) else part for part in self.action.split("/")]
        return (*parts, *sorted(self.texts))


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[Found] = []
        self._open: Found | None = None
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = None
            if given.get("method", "").lower() == "post":
                self._open = Found(self.page, given.get("action", ""))
                self.forms.append(self._open)
        elif self._open is not None and (name := given.get("name")):
            self._field(self._open, tag, name, given)
        elif tag == "option" and self._open is not None and self._select:
            first = self._open.sent.setdefault(self._select, given.get("value", ""))
            self._open.sent[self._select] = given.get("value", "") if "selected" in given else first

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.sent[self._area] += data
            self._open.values[self._area] = self._open.sent[self._area].removeprefix("\n")

    def _field(self, form: Found, tag: str, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "").lower()
        if tag == "textarea":
            self._area, form.sent[name] = name, ""
            form.texts.append(name)
            form.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "input" and kind in _TEXT:
            form.sent[name] = form.values[name] = given.get("value", "")
            form.texts.append(name)
            if kind == "password" or (given.get("autocomplete") == "off" and "secret" in name):
                form.secrets.add(name)
        elif tag == "input" and kind == "hidden":
            form.sent[name] = given.get("value", "")
        elif tag == "input" and kind not in _EMPTY and "checked" in given:
            form.sent[name] = given.get("value", "on")


def forms_of(html: str, page: str = "") -> list[Found]:
    """Return the forms of a page that write, in the order in which they stand there."""
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    return reader.forms
