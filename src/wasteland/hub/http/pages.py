"""
The few pages that a hub has without a web app: words from templates, no scripts, a strict policy.

Whatever is shown is text: the templates escape it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

_STYLE: Final = "page.css"


def page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """
    Return a page.

    Args:
        template: Its file among the templates.
        values: What it shows.
    """
    text = _templates().get_template(template).render(style=_style(), **values)
    return HTMLResponse(text, status_code=status, headers=_headers())


def _headers() -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        # Without a referrer at all a browser sends no origin with a form either, and forms of
        # other sites could not be told from ours.
        "Referrer-Policy": "same-origin",
    }


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(__package__ or "", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    loader = _templates().loader
    text: str = loader.get_source(_templates(), _STYLE)[0] if loader else ""
    return text
