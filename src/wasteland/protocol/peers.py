"""
Peers: other commons, hubs and towns, and which addresses belong to one.

A peer is written as the beginning of an address, without its scheme: ``rust.example`` is all of a
host or domain, ``hub.example/acme/board`` one commons there, ``acme/board`` one of this hub.
"""

from __future__ import annotations

import re
from typing import Final

from .errors import Invalid
from .names import visible

LENGTH_LIMIT: Final = 255
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SEGMENT: Final = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9._~:+-]+\Z")
_MOST: Final = 8


def parse(text: str) -> str:
    """
    Return the one spelling of a peer given as such or as an address.

    Raises:
        Invalid: It is none.
    """
    parts = segments(text.strip())
    if not 0 < len(parts) <= _MOST or not all(_SEGMENT.match(part) for part in parts):
        raise _invalid(text)
    found = "/".join(parts)
    if len(found) > LENGTH_LIMIT or (len(parts) == 1 and "." not in found):
        raise _invalid(text)
    return found


def is_of(address: str | None, peer: str) -> bool:
    """Return whether *address*, of any scheme or none, lies with *peer*."""
    wanted = segments(peer)
    return bool(address) and bool(wanted) and segments(address or "")[: len(wanted)] == wanted


def segments(address: str) -> list[str]:
    """Return the parts of an address as they are compared: no scheme, no user, lower case."""
    bare = _SCHEME.sub("", address, count=1).partition("?")[0].partition("#")[0]
    parts = bare.casefold().removesuffix("/").removesuffix(".git").split("/")
    parts[0] = parts[0].rpartition("@")[2].removesuffix(".")
    return parts if all(parts) else []


def _invalid(text: str) -> Invalid:
    return Invalid(
        f"{visible(text)} is no peer: give org/db, a host such as rust.example, or both.",
        hint="wl peer block hub.example/acme/board --reason TEXT",
        field="peer",
        value=visible(text),
    )
