"""Errors as problem bodies (RFC 9457), for every API but DoltHub's first."""

from __future__ import annotations

import http
import json
import logging
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from ...protocol.errors import Invalid, NotFound, WastelandError
from .. import errors
from ..tokens import redacted

_log = logging.getLogger("wasteland.hub")
_LOGGED: Final = 500


def answer(error: WastelandError, scope: Scope, *, status: int | None = None) -> Response:
    """Return an error as a response."""
    request_id = str(scope.get("state", {}).get("request_id", ""))
    body = errors.problem(error, instance=scope["path"], request_id=request_id)
    if status:
        body |= {"status": status, "title": http.HTTPStatus(status).phrase}
    return Response(
        json.dumps(body, ensure_ascii=False),
        status_code=status or errors.status_of(error),
        headers=errors.headers_of(error),
        media_type=errors.PROBLEM_TYPE,
    )


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
    if error.status_code == http.HTTPStatus.NOT_FOUND:
        return answer(NotFound("There is no such route."), request.scope)
    response = answer(
        Invalid(f"{request.method} is not for this route.")
        if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED
        else Invalid(str(error.detail)),
        request.scope,
        status=error.status_code,
    )
    response.headers.update(error.headers or {})
    return response


def invalid(error: Exception) -> Invalid:
    """Return what is wrong with a request that has not the form of its route."""
    first: dict[str, Any] = {}
    if isinstance(error, RequestValidationError) and error.errors():
        first = error.errors()[0]
    place = ".".join(str(part) for part in first.get("loc", ())[1:]) or "body"
    return Invalid(f"{place}: {first.get('msg', 'not readable')}.", field=place)


def internal(error: Exception) -> WastelandError:
    """Return a mistake of ours as an error that says nothing of what it met; log its kind."""
    _log.error("unforeseen %s", type(error).__name__, exc_info=_without_values(error))
    return WastelandError("The hub failed at this request.", hint="see the hub's log")


class _Unforeseen(Exception):
    """Stands for a mistake of ours in the log, without what it met."""


def _without_values(error: Exception) -> Exception:
    """Return *error* with its text redacted, for the log."""
    text = redacted(f"{type(error).__name__}: {error}")[:_LOGGED]
    return _Unforeseen(text).with_traceback(error.__traceback__)
