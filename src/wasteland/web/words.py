"""Stored text as pages show it: safe, and times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from ..protocol.text import terminal_safe

_BLOCKS: Final = {"p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre"}
_WORDS: Final = {"code", "em", "strong", "s", "a"}
_TABLES: Final = {"table", "thead", "tbody", "tr", "th", "td"}
_HEADINGS: Final = {1: "h3", 2: "h4", 3: "h5"}
# The first that fits: most browsers name several others.
_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
_MONTH: Final = 30 * _DAY
_YEAR: Final = 365 * _DAY


def shown(value: Any) -> Any:
    """
    Return *value* as any place of a page may show it; what Jinja puts in passes here.

    Controls and marks that turn text around or hide it become visible signs.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        is_plain = value.isascii() and value.isprintable()
        return value if is_plain else terminal_safe(value)
    return "" if value is None else value


def markdown(text: str | None) -> Markup:
    """
    Return Markdown of anybody as HTML.

    Markup in it is text, pictures are left out, links go to http and https alone, and headings
    begin below those of the page.
    """
    tokens = _parser().parse(terminal_safe(text or ""))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _HEADINGS.get(int(token.tag[1]), "h6")
    html = _parser().renderer.render(tokens, _parser().options, {})
    return Markup(  # noqa: S704  # what nh3 has cleaned
        nh3.clean(
            html,
            tags=_BLOCKS | _WORDS | _TABLES,
            attributes={"a": {"href"}, "ol": {"start"}},
            url_schemes={"http", "https"},
            link_rel="nofollow noopener ugc",
        )
    )


def age(when: datetime | None, now: datetime) -> str:
    """Return how long ago *when* was, as "2 h" or "6 d"; "" for None."""
    if when is None:
        return ""
    return _span((now - when).total_seconds())


def ago(when: datetime | None, now: datetime) -> str:
    """Return how long ago *when* was, in a sentence."""
    found = age(when, now)
    return "just now" if found == "now" else f"{found} ago" if found else "at an unknown time"


def left(until: datetime, now: datetime) -> str:
    """Return how long it is to *until*, as "11 h"; "ended" once it has passed."""
    seconds = (until - now).total_seconds()
    return _span(seconds, days=False) if seconds > 0 else "ended"


def exact(when: datetime | None) -> str:
    """Return a time as people write it, in UTC; "" for None."""
    return f"{when.day} {when:%B %Y, %H:%M} UTC" if when else ""


def day(when: datetime | None) -> str:
    """Return a date as people write it; "" for None."""
    return f"{when.day} {when:%B %Y}" if when else ""


def stamped(when: datetime | None) -> str:
    """Return a date as it stands on a stamp."""
    return (when or datetime.now(UTC)).strftime("%d %b %Y").upper()


def browser(agent: str) -> str:
    """Return what a browser says of itself in a few words, such as "Firefox on Linux"."""
    name = next((shown for mark, shown in _BROWSERS if mark in agent), "A program")
    system = next((shown for mark, shown in _SYSTEMS if mark in agent), "")
    return f"{name} on {system}" if system else name


def labels(stored: Any) -> tuple[str, ...]:
    """Return stored tags; nothing where another client stored something else."""
    return tuple(str(tag) for tag in stored) if isinstance(stored, tuple) else ()


def initials(handle: str | None) -> str:
    """Return the two letters of a rig's mark."""
    parts = [part for part in (handle or "?").replace("_", "-").split("-") if part]
    letters = parts[0][0] + parts[1][0] if len(parts) > 1 else (parts or ["?"])[0][:2]
    return letters.upper()


def _span(seconds: float, *, days: bool = True) -> str:
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY or not days:
        return f"{int(seconds // _HOUR)} h"
    if seconds < _MONTH:
        return f"{int(seconds // _DAY)} d"
    if seconds < _YEAR:
        return f"{int(seconds // _MONTH)} mo"
    return f"{int(seconds // _YEAR)} y"


@cache
def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False})
        .enable(["table", "strikethrough"])
        .disable("image")
    )
