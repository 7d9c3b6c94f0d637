"""How errors of ours become HTTP: a status for each code, and a problem body (RFC 9457)."""

from __future__ import annotations

import http
from collections.abc import Mapping
from typing import Any, Final

from ..protocol.errors import WastelandError
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
PROBLEM_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = 1
_FACT_LIMIT: Final = 200


def status_of(error: WastelandError) -> int:
    """Return the HTTP status of an error."""
    return STATUS.get(error.code, 500)


def headers_of(error: WastelandError) -> dict[str, str]:
    """Return the headers that go with an error."""
    status = status_of(error)
    if status in {429, 503}:
        return {"Retry-After": str(error.facts.get("retry_after_s") or _RETRY_AFTER_S)}
    return {"WWW-Authenticate": 'token realm="wasteland"'} if status == 401 else {}


def problem(error: WastelandError, *, instance: str, request_id: str) -> dict[str, Any]:
    """
    Return the problem body of an error.

    Members beside those of RFC 9457: ``code``, ``hint``, ``request_id`` and the error's facts.
    """
    status = status_of(error)
    return {
        **{name: value for name, value in facts_of(error).items() if name not in _RESERVED},
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": redacted(error.message),
        "instance": redacted(instance),
        "code": error.code,
        "hint": redacted(error.hint),
        "request_id": request_id,
    }


def facts_of(error: WastelandError) -> dict[str, Any]:
    """Return an error's facts as JSON data, long text shortened."""
    return {name: _plain(value) for name, value in error.facts.items() if value is not None}


def _plain(value: object) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return redacted(str(value))[:_FACT_LIMIT]


_RESERVED: Final = frozenset(
    {"type", "title", "status", "detail", "instance", "code", "hint", "request_id"}
)
