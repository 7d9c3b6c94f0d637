"""
How errors of ours become HTTP: a status for each code, and a body in the form of the API asked.

DoltHub's first API has a form of its own; its second and ours have problem bodies (RFC 9457).
"""

from __future__ import annotations

import http
import json
import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from ..protocol.errors import WastelandError
from .http.paths import segment
from .tokens import redacted

STATUS: Final[Mapping[str, int]] = {
    "error": 500,
    "not_found": 404,
    "unauthenticated": 401,
    "conflict": 409,
    "already_claimed": 409,
    "stale": 409,
    "merge_conflict": 409,
    "forbidden": 403,
    "own_work": 403,
    "trust_too_low": 403,
    "limit_reached": 403,
    "suspended": 403,
    "invalid": 422,
    "engine": 500,
    "unavailable": 503,
    "rate_limited": 429,
    "unsupported": 501,
    "tampered": 500,
}
V1ALPHA1: Final = "/api/v1alpha1"
V2: Final = "/api/v2"
PROBLEM_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = 1
_FACT_LIMIT: Final = 200
_OURS: Final = 500
_CONFLICT: Final = 409
_PLACE: Final = re.compile(r"(?<![\w./:])(?:/[^\s/:,'\"]+){2,}")
# What is served besides under the first API's own path, and has no form of its own for errors.
_OF_FIRST: Final = (V1ALPHA1, "/csv", "/graphql")
# The first API documents every failure as 400; only what its clients tell apart has another status.
_V1ALPHA1_STATUS: Final = {409: 400, 422: 400, 501: 400}
_KEPT: Final = frozenset({"already_claimed", "stale"})
# The second calls malformed what we call invalid, and unprocessable what cannot be done: a second
# fork, and a merge of what conflicts or has ended.
_V2_STATUS: Final = {422: 400, 501: 422}
_UNPROCESSABLE: Final = re.compile(r"/(?:forks|merge)\Z")
_V2_CODES: Final[Mapping[int, str]] = {
    400: "VALIDATION_FAILED",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    413: "VALIDATION_FAILED",
    422: "UNPROCESSABLE",
    429: "RATE_LIMITED",
    503: "SERVICE_UNAVAILABLE",
}
# How messages show what stands for a slash inside a part of a path.
_SHOWN_SLASH: Final = r"\ue000"
_log = logging.getLogger("wasteland.hub")


def failure(
    error: WastelandError, path: str, *, request_id: str, status: int | None = None
) -> Response:
    """
    Return an error as the API tells it that *path* is of.

    Args:
        status: None for that of the error.
    """
    found = status or status_at(error, path)
    if is_of_first(path):
        return answer(error, first_form(error, "status", "message"), found)
    body = problem(error, instance=path, request_id=request_id, status=found)
    if is_below(path, V2):
        body |= {"code": _V2_CODES.get(found, "INTERNAL"), "reason": error.code}
    return answer(error, body, found, media_type=PROBLEM_TYPE)


def answer(
    error: WastelandError,
    body: Mapping[str, Any],
    status: int,
    *,
    media_type: str = "application/json",
) -> Response:
    """Return *body*, which tells of *error*, as a response."""
    # What is told may repeat what was sent, and that need not be text that can be encoded.
    text = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return Response(text, status, headers_of(error), media_type)


def told(error: WastelandError) -> str:
    """
    Return what callers are told of an error: no secrets, and nothing of the machine.

    What failed on our side is for the log.
    """
    if status_of(error) == _OURS:
        _log.error("%s: %s", error.code, redacted(error.message))
        return "The hub failed at this request."
    return _without_places(error, error.message)


def first_form(error: WastelandError, state: str, message: str) -> dict[str, Any]:
    """Return the body of an error in the first API, whose keys are *state* and *message*."""
    kept = {name: facts_of(error)[name] for name in _TOLD if error.facts.get(name)}
    return {
        state: "Error",
        message: told(error),
        "code": error.code,
        "hint": _without_places(error, error.hint),
        **kept,
    }


def status_at(error: WastelandError, path: str) -> int:
    """Return the HTTP status of an error, as the API has it that *path* is of."""
    status = status_of(error)
    if error.code in _KEPT:
        return status
    if is_of_first(path):
        return _V1ALPHA1_STATUS.get(status, status)
    if not is_below(path, V2):
        return status
    is_unprocessable = status == _CONFLICT and _UNPROCESSABLE.search(path)
    return 422 if is_unprocessable else _V2_STATUS.get(status, status)


def is_of_first(path: str) -> bool:
    """Return whether *path* is served in the forms of DoltHub's first API."""
    return any(is_below(path, prefix) for prefix in _OF_FIRST)


def is_below(path: str, prefix: str) -> bool:
    """Return whether *path* is of the API at *prefix*."""
    return path == prefix or path.startswith(f"{prefix}/")


def status_of(error: WastelandError) -> int:
    """Return the HTTP status of an error."""
    return STATUS.get(error.code, 500)


def headers_of(error: WastelandError) -> dict[str, str]:
    """Return the headers that go with an error."""
    status = status_of(error)
    if status in {429, 503}:
        return {"Retry-After": str(error.facts.get("retry_after_s") or _RETRY_AFTER_S)}
    return {"WWW-Authenticate": 'token realm="wasteland"'} if status == 401 else {}


def problem(
    error: WastelandError, *, instance: str, request_id: str, status: int
) -> dict[str, Any]:
    """
    Return the problem body of an error.

    Members beside those of RFC 9457: ``code``, ``hint``, ``request_id`` and the error's facts.
    """
    return {
        **{name: value for name, value in facts_of(error).items() if name not in _RESERVED},
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": told(error),
        "instance": _hidden(instance),
        "code": error.code,
        "hint": _without_places(error, error.hint),
        "request_id": request_id,
    }


def facts_of(error: WastelandError) -> dict[str, Any]:
    """Return an error's facts as JSON data, long text shortened."""
    return {name: _plain(value) for name, value in error.facts.items() if value is not None}


def _without_places(error: WastelandError, text: str) -> str:
    hidden = _hidden(text)
    return _PLACE.sub("…", hidden) if status_of(error) >= _OURS else hidden


def _plain(value: object) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return _hidden(str(value))[:_FACT_LIMIT]


def _hidden(text: str) -> str:
    """Return *text*, which may hold parts of a path as routes get them, without secrets."""
    return redacted(segment(text.replace(_SHOWN_SLASH, "/")))


_TOLD: Final = ("holder", "field")
_RESERVED: Final = frozenset(
    {"type", "title", "status", "detail", "instance", "code", "hint", "request_id"}
)
