"""Errors as answers, in the form of the API that was asked; mistakes of ours among them."""

from __future__ import annotations

import http
import logging
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from ...protocol.errors import Invalid, NotFound, WastelandError
from ...protocol.names import visible
from .. import errors
from ..tokens import redacted

_log = logging.getLogger("wasteland.hub")
_LOGGED: Final = 500
_OF_ROUTING: Final = frozenset({http.HTTPStatus.NOT_FOUND, http.HTTPStatus.METHOD_NOT_ALLOWED})


def answer(error: WastelandError, scope: Scope, *, status: int | None = None) -> Response:
    """Return an error as a response."""
    request_id = str(scope.get("state", {}).get("request_id", ""))
    return errors.failure(error, scope["path"], request_id=request_id, status=status)


async def on_error(request: Request, error: Exception) -> Response:
    """Answer an error of ours."""
    found = error if isinstance(error, WastelandError) else internal(error)
    return answer(found, request.scope)


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a request that has not the form of its route."""
    return answer(invalid(error), request.scope)


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what no route answers: an unknown path, another method."""
    if not isinstance(error, HTTPException):
        return await on_error(request, error)
    found = of_http(error, request.method)
    is_unread = error.status_code not in _OF_ROUTING
    response = answer(found, request.scope, status=None if is_unread else error.status_code)
    response.headers.update(error.headers or {})
    return response


def of_http(error: HTTPException, method: str) -> WastelandError:
    """Return what the framework refuses by itself as an error of ours."""
    if error.status_code == http.HTTPStatus.NOT_FOUND:
        return NotFound("There is no such route.", hint="GET /openapi.json lists them")
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        return Invalid(f"{visible(method)} is not for this route, only {allowed}.", field="method")
    return Invalid("The body cannot be read.", field="body")


def invalid(error: Exception) -> Invalid:
    """Return what is wrong with a request that has not the form of its route."""
    first: dict[str, Any] = {}
    if isinstance(error, RequestValidationError) and error.errors():
        first = error.errors()[0]
    is_json = first.get("type") != "json_invalid"  # which has a position for a place
    place = ".".join(map(str, first.get("loc", ())[1:])) if is_json else ""
    place = visible(place)[1:-1] or "body"
    return Invalid(f"{place}: {first.get('msg', 'not readable')}.", field=place)


def internal(error: Exception) -> WastelandError:
    """
    Return a mistake of ours as an error that says nothing of what it met; log its kind.

    That a client went away while it spoke is none.
    """
    if isinstance(error, ClientDisconnect):
        return Invalid("The request was cut off.", field="body")
    _log.error("unforeseen %s", type(error).__name__, exc_info=_without_values(error))
    return WastelandError("A mistake of ours, told above.", hint="see the hub's log")


class _Unforeseen(Exception):
    """Stands for a mistake of ours in the log, without what it met."""


def _without_values(error: Exception) -> Exception:
    """Return *error* with its text redacted, for the log."""
    text = redacted(f"{type(error).__name__}: {error}")[:_LOGGED]
    return _Unforeseen(text).with_traceback(error.__traceback__)
