"""
Pages from templates, behind a policy that lets nothing run but what the page itself names.

Every text that a template shows is escaped, and passes ``words.shown`` before. Styles come from our
files alone, scripts bear a nonce, and what a script makes of HTML is left to the one library that
the page trusts with it.
"""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..commons.undo import is_reversible
from ..protocol.text import evidence_url
from . import assets, icons, ink, words

THEMES: Final = ("dark", "light", "contrast", "parchment")
_PACKED_FROM: Final = 1024


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """
    Return a page.

    Args:
        template: Its file among the templates.
        values: What it shows.
    """
    nonce = secrets.token_urlsafe(18)
    text = fragment(template, nonce=nonce, **values)
    body = text.encode(errors="replace")
    headers = _headers(nonce)
    if len(body) > _PACKED_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=2, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(body, status_code=status, headers=headers)


def fragment(template: str, **values: Any) -> str:
    """Return what a template makes of values: a page, or a part of one that is shown already."""
    sprite = icons.Sprite()
    made = _templates().get_template(template)
    return made.render(icon=sprite.use, sprite=sprite.symbols, once=_Once(), **values)


class _Once:
    """Keeps what a macro makes of equal inputs: a list of rows says most things many times."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], object] = {}

    def __call__(self, macro: Any, *inputs: object) -> object:
        """Return what *macro* makes of its inputs."""
        key = (macro.name, *inputs)
        if key not in self._made:
            self._made[key] = macro(*inputs)
        return self._made[key]


def _headers(nonce: str) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "htmx",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "Vary": "Cookie, Accept-Encoding",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # Without a referrer at all a browser sends no origin with a form either, and forms of
        # other sites could not be told from ours.
        "Referrer-Policy": "same-origin",
    }


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__ or ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(_GLOBALS)
    return made


_GLOBALS: Final[Mapping[str, Any]] = {
    "asset": assets.url,
    "themes": THEMES,
    "markdown": words.markdown,
    "age": words.age,
    "left": words.left,
    "exact": words.exact,
    "day": words.day,
    "browser": words.browser,
    "initials": words.initials,
    "labels": words.labels,
    "stamped": words.stamped,
    "Mark": ink.Mark,
    "ago": words.ago,
    "evidence_url": evidence_url,
    "type_icons": sorted(icons.TYPES),
    "may_undo": is_reversible,
    "checks": {"ok": ("ok", "check"), "changed": ("bad", "x"), "missing": ("bad", "x")},
}
