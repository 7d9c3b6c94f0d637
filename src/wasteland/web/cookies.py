"""
What a browser keeps for us: its session, its choices, the receipt of what it has just done.

Over TLS the session's cookie has the prefix that keeps other hosts from setting it. A hub behind a
proxy sees no TLS; but a browser says with a form which origin it speaks to.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from .visits import Visit

_SESSION: Final = "wl"
_TLS_SESSION: Final = "__Host-wl"
_VISITOR: Final = "wl-visitor"
_THEME: Final = "wl-theme"
_KEYS: Final = "wl-keys"
_DENSITY: Final = "wl-density"
_RECEIPT: Final = "wl-receipt"
_AFTER: Final = "wl-after"
_LONGEST: Final = 512
_RECEIPT_S: Final = 60
_AWAY_S: Final = 600
_YEAR_S: Final = 31_536_000
_THEMES: Final = ("dark", "light", "contrast", "parchment")
_DENSITIES: Final = ("compact", "roomy")
_CHOICES: Final = {
    "theme": (_THEME, _THEMES),
    "keys": (_KEYS, ("off",)),
    "density": (_DENSITY, _DENSITIES),
}
_RECEIPT_FIELDS: Final = ("operation", "op_id", "id", "state", "commit", "pull", "note")


def session_of(request: Request) -> tuple[str, bool]:
    """Return the secret of a browser's session, "" for none, and whether it began over TLS."""
    safe = request.cookies.get(_TLS_SESSION, "")
    return (safe or request.cookies.get(_SESSION, ""))[:_LONGEST], bool(safe)


def is_over_tls(request: Request) -> bool:
    """Return whether the browser that sends a form speaks TLS to us or to a proxy before us."""
    origin = request.headers.get("origin", "")
    return request.url.scheme == "https" or origin.startswith("https://")


def set_session(answer: Response, secret: str, *, over_tls: bool) -> None:
    """Give a browser its session."""
    name = _TLS_SESSION if over_tls else _SESSION
    answer.set_cookie(name, secret, secure=over_tls, httponly=True, samesite="lax", path="/")


def drop_session(answer: Response) -> None:
    """Take a browser's session, its token for forms, and its last receipt."""
    answer.delete_cookie(_TLS_SESSION, secure=True, httponly=True, samesite="lax", path="/")
    for name in (_SESSION, _VISITOR, _RECEIPT, _AFTER):
        answer.delete_cookie(name, httponly=True, samesite="lax", path="/")


def visitor_of(request: Request) -> str:
    """Return what tells a browser that is not signed in from others; "" for nothing yet."""
    return request.cookies.get(_VISITOR, "")[:_LONGEST]


def new_visitor() -> str:
    """Return a fresh one."""
    return secrets.token_urlsafe(32)


def set_visitor(answer: Response, request: Request, value: str) -> None:
    """Give a browser what tells it from others."""
    secure = request.url.scheme == "https"
    answer.set_cookie(_VISITOR, value, secure=secure, httponly=True, samesite="lax", path="/")


def after_of(request: Request) -> str:
    """Return where a browser goes on that has signed in elsewhere; not to be believed."""
    return request.cookies.get(_AFTER, "")


def set_after(answer: Response, path: str) -> None:
    """Have a browser that signs in elsewhere remember where it goes on."""
    answer.set_cookie(_AFTER, path, max_age=_AWAY_S, httponly=True, samesite="lax", path="/")


def theme_of(request: Request) -> str:
    """Return the theme that a browser has chosen; "" where its system's preference decides."""
    return _choice(request.cookies.get(_THEME, ""), _THEMES)


def has_keys(request: Request) -> bool:
    """Return whether single keys do something; they do unless switched off."""
    return request.cookies.get(_KEYS) != "off"


def density_of(request: Request) -> str:
    """Return how dense a browser wants its rows; "" for the usual."""
    return _choice(request.cookies.get(_DENSITY, ""), _DENSITIES)


def set_choices(answer: Response, chosen: Mapping[str, str]) -> None:
    """Keep what a browser chose (theme, keys, density) for a year; what is not named stays."""
    for name, (cookie, allowed) in _CHOICES.items():
        if name not in chosen:
            continue
        if value := _choice(chosen[name], allowed):
            answer.set_cookie(
                cookie, value, max_age=_YEAR_S, httponly=True, samesite="lax", path="/"
            )
        else:
            answer.delete_cookie(cookie, httponly=True, samesite="lax", path="/")


def told(receipt: Mapping[str, Any]) -> dict[str, str]:
    """Return what a page tells of a receipt."""
    return {name: str(receipt.get(name) or "") for name in _RECEIPT_FIELDS}


def give_receipt(visit: Visit, receipt: Mapping[str, Any]) -> None:
    """Have the next page show the receipt of what was just done."""
    text = json.dumps(told(receipt))

    def change(answer: Response) -> None:
        value = text.encode().hex()
        answer.set_cookie(
            _RECEIPT, value, max_age=_RECEIPT_S, httponly=True, samesite="lax", path="/"
        )

    visit.set_cookie(change)


def taken_receipt(visit: Visit) -> Mapping[str, str] | None:
    """Return the receipt that this page shows, once; None for none."""
    value = visit.request.cookies.get(_RECEIPT, "")
    if not value:
        return None
    visit.set_cookie(
        lambda answer: answer.delete_cookie(_RECEIPT, httponly=True, samesite="lax", path="/")
    )
    try:
        kept = json.loads(bytes.fromhex(value))
    except ValueError:
        return None
    if not isinstance(kept, dict):
        return None
    return {name: str(kept.get(name, ""))[:_LONGEST] for name in _RECEIPT_FIELDS}


def _choice(value: str, allowed: tuple[str, ...]) -> str:
    return value if value in allowed else ""
