"""How reads answer: JSON that a client which has it is not sent again, and lists in pages."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import URL
from starlette.responses import Response

from ... import __version__
from ...commons.data import to_data
from ...protocol.errors import Invalid
from ...protocol.names import visible
from ..http.asked import Asked

_LONGEST_NUMBER = 7


def answer(asked: Asked, data: Any, *, link: str = "", tag: str = "") -> Response:
    """
    Return a read's answer, or only that it is what the client has already.

    Args:
        link: Of the next page; "" for none.
        tag: What tells this answer from others; by default it is made of the answer.
    """
    text = text_of(data)
    tag = tag or _quoted(text)
    if asked.has(tag):
        return unchanged(tag)
    headers = _headers(tag) | ({"Link": link} if link else {})
    return Response(text, media_type="application/json", headers=headers)


def page(asked: Asked, rows: Sequence[Any], place: str, *, tag: str = "") -> Response:
    """
    Return a page of a list.

    Args:
        place: Where the next one begins; "" for no other.
        tag: As of ``answer``.
    """
    after = encoded(place)
    link = _next_link(asked, after) if after else ""
    return answer(asked, {"items": to_data(rows), "next": after}, link=link, tag=tag)


def unchanged(tag: str) -> Response:
    """Return that the client has it already."""
    return Response(status_code=304, headers=_headers(tag))


def tag(*of: str) -> str:
    """Return what tells an answer from others, made of all that it depends on."""
    return _quoted(json.dumps([__version__, *of]).encode())


def text_of(data: Any) -> bytes:
    """Return JSON data as it is sent."""
    return json.dumps(data, ensure_ascii=False, default=str).encode(errors="replace")


def encoded(place: str) -> str:
    """Return the cursor that names a place in a list; "" for none."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decoded(cursor: str) -> str:
    """
    Return the place that a cursor names; "" for the first page.

    Raises:
        Invalid: It is none of ours.
    """
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        place = ""
    if cursor and not place:
        raise _no_cursor(cursor)
    return place


def number(cursor: str) -> int:
    """
    Return the place that a cursor names in a list that is counted.

    Raises:
        Invalid: It is none of ours.
    """
    place = decoded(cursor) or "0"
    if not (place.isascii() and place.isdecimal() and len(place) <= _LONGEST_NUMBER):
        raise _no_cursor(cursor)
    return int(place)


def _no_cursor(text: str) -> Invalid:
    return Invalid(f"{visible(text)} is no cursor of this hub.", field="cursor", value=text)


def _quoted(text: bytes) -> str:
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def _headers(tag: str) -> dict[str, str]:
    vary = "Authorization, X-Wasteland-Rig"
    return {"ETag": tag, "Cache-Control": "no-cache", "Vary": vary}


def _next_link(asked: Asked, cursor: str) -> str:
    url = URL(scope=asked.request.scope).include_query_params(cursor=cursor)
    return f'<{url.path}?{url.query}>; rel="next"'
