"""
Icons: paths on a grid of 16 pixels, drawn with a stroke of 1.5.

A page carries the symbols that it uses, once, at its end.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from markupsafe import Markup

from ..protocol import words

PATHS: Final = {
    "alert": "M8 2.5 14 13.5H2zM8 6.5v3.2M8 11.4v.1",
    "bell": "M4 11.5V7a4 4 0 0 1 8 0v4.5M2.5 11.5h11M7 13.8h2",
    "board": "M2 3.5h12M2 8h12M2 12.5h12",
    "bug": (
        "M5.5 6.5h5v4a2.5 2.5 0 0 1-5 0zM6.5 6.5V5a1.5 1.5 0 0 1 3 0v1.5"
        "M2.5 6l3 1.5M13.5 6l-3 1.5M2.5 12.5l3-1.5M13.5 12.5l-3-1.5"
    ),
    "check": "M3 8.5 6.5 12 13 4.5",
    "chore": "M3 13 9 7M8.5 3.5a3 3 0 0 0 4 4",
    "clock": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 5v3.2l2 1.3",
    "community": (
        "M5.5 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4M11 7.5a1.6 1.6 0 1 0 0-3.2M2 13c.3-4 6.7-4 7 0"
        "M11 10c1.8 0 2.8 1.2 3 3"
    ),
    "copy": "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
    "design": "M3 13V3l10 10zM6 10.2V8.4",
    "docs": "M4 2.5h6l2.5 2.5v8.5H4zM6 8h4.5M6 10.5h3",
    "down": "M8 2.5v8M4.5 7 8 10.5 11.5 7M3 13.5h10",
    "edit": "M3 13l.6-3L11 2.6 13.4 5 6 12.4z",
    "explore": (
        "M4.5 4.5v7M4.5 8h3.5l3-3M4.5 3a.9.9 0 1 0 0 .1M4.5 12.5a.9.9 0 1 0 0 .1"
        "M11.8 4a.9.9 0 1 0 0 .1"
    ),
    "feature": "M8 2.5v11M2.5 8h11M4.5 4.5h0",
    "gate": "M2.5 13.5v-9h11v9M5.5 13.5v-6h5v6",
    "filter": "M2 3.5h12L9.5 9v4.5l-3-1.5V9z",
    "flag": "M4 14V2.5M4 3h8.5l-2 3 2 3H4",
    "hand": "M3 8h8M8 4.5 11.5 8 8 11.5M13.5 3v10",
    "inference": "M2.5 8h3l1.5-4 2.5 8 1.5-4h2.5",
    "key": "M5.5 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M8 8h6M12 8v2.5",
    "left": "M9.5 3.5 5 8l4.5 4.5",
    "link": (
        "M6.5 9.5l3-3M7.5 4.5 9 3a2.8 2.8 0 0 1 4 4l-1.5 1.5"
        "M8.5 11.5 7 13a2.8 2.8 0 0 1-4-4l1.5-1.5"
    ),
    "lock": "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
    "menu": "M2.5 5h11M2.5 11h11",
    "mine": "M3 6h10v7.5H3zM5.5 6V3.5h5V6",
    "moderation": "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z",
    "msg": "M2.5 3h11v8H7l-3 2.5V11H2.5z",
    "other": "M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
    "out": "M6 3.5H3v9.5h9.5v-3M9 3h4v4M13 3 7.5 8.5",
    "plus": "M8 3v10M3 8h10",
    "post": "M3 2.5h10v11H3zM5.5 6h5M5.5 9h3",
    "q": "M6 6a2 2 0 1 1 2.6 1.9c-.6.3-.6.7-.6 1.6M8 12v.1",
    "research": "M6.5 2.5v4L3 13.5h10L9.5 6.5v-4M5.5 2.5h5",
    "review": "M3 13.5h10M4.5 11V9h7v2M8 9V6.2M8 6.2a2 2 0 1 0 0-3.9 2 2 0 0 0 0 3.9",
    "rfc": "M2.5 3h11v7.5h-6L5 13v-2.5H2.5zM5 6.7h6",
    "right": "M6.5 3.5 11 8l-4.5 4.5",
    "rigs": (
        "M2 3.5h12v9H2zM4.5 10.5c.4-1.6 3.1-1.6 3.5 0"
        "M6.2 7.6a1.1 1.1 0 1 0 0-2.2 1.1 1.1 0 0 0 0 2.2M10 6.5h2M10 9h2"
    ),
    "search": "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.5 10.5 14 14",
    "settings": "M2 4.5h6M11 4.5h3M9.5 3v3M2 11.5h3M8 11.5h6M6.5 10v3",
    "shield": "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.7 8l1.6 1.7 3-3.2",
    "sort": "M4 3v10M2 11l2 2 2-2M9 4h5M9 8h4M9 12h2",
    "undo": "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3",
    "x": "M4 4l8 8M12 4l-8 8",
}
TYPES: Final = frozenset(words.TYPES)
"""Types of work that have an icon of their own; others have that of "other"."""

_USE: Final = Markup('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>')
_SYMBOL: Final = Markup('<symbol id="i-{}" viewBox="0 0 16 16"><path d="{}"/></symbol>')


class Sprite:
    """The icons of one page, as they are used."""

    def __init__(self) -> None:
        self._used: dict[str, None] = {}

    def use(self, name: str) -> Markup:
        """Return an icon that says nothing by itself; the words are beside it."""
        self._used[name] = None
        return _use(name)

    def symbols(self, *more: str) -> Markup:
        """Return the symbols of what was used, and of *more* that may come to the page later."""
        names = dict.fromkeys((*self._used, *more))
        return Markup("").join(map(_symbol, names))


@cache
def _use(name: str) -> Markup:
    return _USE.format(name)


@cache
def _symbol(name: str) -> Markup:
    return _SYMBOL.format(name, PATHS[name])
