"""The shapes of DoltHub's first API: how it says success, failure, times and states."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from starlette.responses import JSONResponse, Response

from ...hosts.base import PullState
from ...protocol.errors import Invalid, WastelandError
from ...protocol.names import visible
from ..errors import headers_of, status_of
from ..http.paths import segment
from ..http.problems import internal, invalid
from ..tokens import redacted

PREFIX: Final = "/api/v1alpha1"
SUCCESS: Final = "Success"
ERROR: Final = "Error"
# Its documented failures are all 400; only what its clients tell apart has another status.
_STATUS: Final = {422: 400, 409: 400}
_KEPT: Final = frozenset({"already_claimed", "stale"})


class Body(BaseModel):
    """A request body: camelCase keys, unknown ones ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ResourceRoute(APIRoute):
    """Answers errors as resource endpoints do: ``status``, ``message``, what was asked."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that the framework calls."""
        return _answering(super().get_route_handler(), _resource_failure)


class SqlRoute(APIRoute):
    """Answers errors as SQL endpoints do: ``query_execution_status`` and ``..._message``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that the framework calls."""
        return _answering(super().get_route_handler(), _sql_failure)


def http_status(error: WastelandError) -> int:
    """Return the HTTP status of an error, as this API has it."""
    status = status_of(error)
    return status if error.code in _KEPT else _STATUS.get(status, status)


def when(at: datetime) -> str:
    """Return a time as this API writes it: UTC, whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def state_name(state: PullState) -> str:
    """Return a pull request's state: Open, Closed or Merged."""
    return state.value.capitalize()


def read_state(text: str | None) -> PullState | None:
    """
    Return the state that *text* names in any case, None for none.

    Raises:
        Invalid: It names none.
    """
    if not text:
        return None
    if text.lower() not in PullState._value2member_map_:
        raise Invalid(
            f"{visible(text)} is no state: Open, Closed or Merged.", field="state", value=text
        )
    return PullState(text.lower())


def _answering(
    handler: Callable[[Request], Coroutine[Any, Any, Response]],
    failure: Callable[[Request, WastelandError], Response],
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def call(request: Request) -> Response:
        try:
            return await handler(request)
        except WastelandError as error:
            return failure(request, error)
        except RequestValidationError as error:
            return failure(request, invalid(error))
        except Exception as error:  # noqa: BLE001  # a mistake of ours, told in this API's shape
            return failure(request, internal(error))

    return call


def _resource_failure(request: Request, error: WastelandError) -> Response:
    names = {"owner": "database_owner", "database": "database_name"}
    return _failure(request, error, names, {"status": ERROR, "message": redacted(error.message)})


def _sql_failure(request: Request, error: WastelandError) -> Response:
    names = {"owner": "repository_owner", "database": "repository_name", "ref": "commit_ref"}
    told = {
        "query_execution_status": ERROR,
        "query_execution_message": redacted(error.message),
    }
    return _failure(request, error, names, told)


def _failure(
    request: Request, error: WastelandError, names: dict[str, str], told: dict[str, Any]
) -> Response:
    echoed = {names.get(name, name): segment(value) for name, value in request.path_params.items()}
    body = {**echoed, **told, "code": error.code, "hint": redacted(error.hint)}
    if holder := error.facts.get("holder"):
        body["holder"] = str(holder)
    return JSONResponse(body, status_code=http_status(error), headers=headers_of(error))
