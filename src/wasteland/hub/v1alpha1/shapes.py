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
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...hosts.base import PullState
from ...protocol.errors import Invalid, WastelandError
from ...protocol.names import visible
from ..errors import V1ALPHA1, answer, first_form, status_at
from ..http.problems import internal, invalid, of_http
from .echoes import echoed

SUCCESS: Final = "Success"
ERROR: Final = "Error"


class Body(BaseModel):
    """A request body: camelCase keys, unknown ones ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ResourceRoute(APIRoute):
    """Answers errors as resource endpoints do: ``status``, ``message``, what was asked."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that the framework calls."""
        return _answering(super().get_route_handler(), "status", "message")


class SqlRoute(APIRoute):
    """Answers errors as SQL endpoints do: ``query_execution_status`` and ``..._message``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that the framework calls."""
        return _answering(
            super().get_route_handler(), "query_execution_status", "query_execution_message"
        )


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
    handler: Callable[[Request], Coroutine[Any, Any, Response]], state: str, message: str
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return *handler*, its errors told under the keys *state* and *message*."""

    async def call(request: Request) -> Response:
        is_read = True
        found: WastelandError
        try:
            return await handler(request)
        except WastelandError as error:
            found = error
        except RequestValidationError as error:
            found = invalid(error)
        except HTTPException as error:
            found, is_read = of_http(error, request.method), False
        except Exception as error:  # noqa: BLE001  # a mistake of ours, told in this API's shape
            found = internal(error)
        body = {**await echoed(request, with_body=is_read), **first_form(found, state, message)}
        return answer(found, body, status_at(found, V1ALPHA1))

    return call
