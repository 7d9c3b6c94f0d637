"""
Web addresses as identities: two spellings of one address read as one.

What comes out is for comparing, not for calling: the scheme is always https, what only tracks the
reader is gone, and the rest of the query is sorted.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

from .lean import dataclass

_DEFAULT_PORTS: Final = frozenset({None, 80, 443})
_TRACKING: Final = (
    "(?i)utm_.*|gclid|gbraid|wbraid|fbclid|msclkid|dclid|yclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi"
)
_PATH_SAFE: Final = "/:@!$&'()*+,;=-._~"
_QUERY_SAFE: Final = "/:@!$'()*,;-._~?"


@dataclass(frozen=True, slots=True)
class WebUrl:
    """
    An address, brought into one form.

    Attributes:
        host: Lower case, without trailing dot or ``www.``, with a port other than 80 and 443.
        segments: Of the path, none empty.
        query: Sorted, without what tracks; "" for none.
        fragment: Only where it names a page of a single-page site ("!..." or "/..."); else "".
    """

    host: str
    segments: tuple[str, ...]
    query: str = ""
    fragment: str = ""

    def __str__(self) -> str:
        path = "".join(f"/{quote(part, safe=_PATH_SAFE)}" for part in self.segments)
        query = f"?{self.query}" if self.query else ""
        return f"https://{self.host}{path}{query}" + (f"#{self.fragment}" if self.fragment else "")


def read(url: str) -> WebUrl | None:
    """Return *url* in one form; None if it is no http or https address with a plain host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    host = parts.hostname.removesuffix(".").removeprefix("www.")
    return WebUrl(
        host=host if port in _DEFAULT_PORTS else f"{host}:{port}",
        segments=_segments(parts.path),
        query=_query(parts.query),
        fragment=parts.fragment if parts.fragment.startswith(("!", "/")) else "",
    )


def _segments(path: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in path.split("/"):
        if part == "..":
            found[-1:] = []
        elif part not in {"", "."}:
            found.append(unquote_to_bytes(part).decode("utf-8", "replace"))
    return tuple(found)


def _query(query: str) -> str:
    kept = [part for part in query.split("&") if part and not _tracks(part)]
    return "&".join(sorted(_respelled(part) for part in kept))


def _tracks(part: str) -> bool:
    return bool(re.fullmatch(_TRACKING, part.partition("=")[0]))


def _respelled(part: str) -> str:
    return "=".join(quote(unquote_to_bytes(piece), safe=_QUERY_SAFE) for piece in part.split("="))
