"""
Short forms of addresses, as people write them where the commons or town is known.

``prefix-id`` is found by its prefix, ``rig/prefix-id`` names another rig of the same chain,
``./prefix-id`` the current one.
Source: the federation architecture (S4-4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .errors import Invalid
from .uris import LENGTH_LIMIT, BeadsUri, HopUri, invalid, parse, print_hop

COMMONS_ROUTES: Final[Mapping[str, str]] = {"w": "wanted", "c": "completions", "s": "stamps"}
"""Where ids made by this project's clients live, by prefix."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:]*(-[A-Za-z0-9._:]+)+\Z")


@dataclass(frozen=True, slots=True)
class Context:
    """
    Where a short form is read.

    Attributes:
        authority: See HopUri.
        chain: See HopUri.
        rig: The current rig; "" where there is none.
        routes: Prefix of an id -> the rig or table that its records live in.
    """

    authority: str
    chain: str
    rig: str = ""
    routes: Mapping[str, str] = field(default_factory=dict, hash=False)


def resolve(text: str, context: Context) -> HopUri | BeadsUri:
    """
    Return what *text* names when it is read in *context*.

    Args:
        text: A URI, or ``prefix-id`` (found by the context's routes, else of the current rig),
            ``./prefix-id`` (of the current rig), ``rig/prefix-id`` (same chain).
        context: Where it was written.
    Raises:
        Invalid: It is neither, or the context knows no rig for it.
    """
    if "://" in text:
        return parse(text)
    place, slash, name = text.rpartition("/")
    if len(text) > LENGTH_LIMIT or "/" in place or not _ID.match(name):
        raise invalid(text, "a short form is prefix-id, rig/prefix-id or ./prefix-id")
    if not slash:
        place = _route(name, context)
    elif place == ".":
        place = context.rig
    if not place:
        raise invalid(text, "nothing here says which rig it belongs to")
    return parse(f"hop://{context.authority}/{context.chain}/{place}/{name}")


def shorten(uri: HopUri, context: Context, *, email: bool = False) -> str:
    """
    Return the shortest text that ``resolve`` reads as *uri* in *context*.

    Raises:
        Invalid: Only the full form will do, it holds an e-mail address, and *email* is false.
    """
    for form in _short_forms(uri):
        try:
            if resolve(form, context) == uri:
                return form
        except Invalid:
            continue
    return print_hop(uri, email=email)


def _short_forms(uri: HopUri) -> Iterator[str]:
    yield uri.id
    yield f"./{uri.id}"
    yield f"{uri.rig or uri.table}/{uri.id}"


def _route(name: str, context: Context) -> str:
    """Return the place of the longest prefix that the routes know, else the current rig."""
    prefix = name
    while "-" in prefix:
        prefix = prefix.rpartition("-")[0]
        if prefix in context.routes:
            return context.routes[prefix]
    return context.rig
