"""The shapes of DoltHub's second API: its envelope, its error codes, its records."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ...hosts.base import PullRequest, RepoName
from ...protocol.errors import Invalid, WastelandError
from ..errors import V2
from ..http.problems import answer, internal, invalid, of_http
from ..operations import Job, Kind, State

_LONGEST_NUMBER: Final = 18


class Body(BaseModel):
    """A request body; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Route(APIRoute):
    """Answers errors with this API's codes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that the framework calls."""
        handler = super().get_route_handler()

        async def call(request: Request) -> Response:
            try:
                return await handler(request)
            except WastelandError as error:
                return failure(request, error)
            except RequestValidationError as error:
                return failure(request, invalid(error))
            except HTTPException as error:
                return failure(request, of_http(error, request.method))
            except Exception as error:  # noqa: BLE001  # a mistake of ours, told in this API's shape
                return failure(request, internal(error))

        return call


def failure(request: Request, error: WastelandError) -> Response:
    """Return an error as this API's problem body; ours adds its own code as ``reason``."""
    return answer(error, request.scope)


def data(value: Any, *, after: object = None) -> dict[str, Any]:
    """Return the envelope of *value*; *after* is where the next page begins, None for no other."""
    return {"data": value, "meta": {"next_page_token": "" if after is None else str(after)}}


def started(job_id: str) -> JSONResponse:
    """Return the answer to a request that is an operation; it is done already."""
    operation_id = f"operations/{job_id}"
    href = f"{V2}/operations/{quote(operation_id, safe='')}"
    return JSONResponse({"data": {"id": operation_id, "href": href}}, status_code=202)


def operation(job: Job) -> dict[str, Any]:
    """Return an operation as clients poll for it."""
    told: dict[str, Any] = {
        "id": f"operations/{job.id}",
        "type": job.kind.value,
        "status": job.state.value,
        "created_at": when(job.created_at),
        "cancelable": False,
    }
    if job.state is State.FAILED:
        told["error"] = {
            "status": 422,
            "code": "OPERATION_FAILED",
            "title": "Operation failed",
            "detail": job.error,
        }
    if job.state is State.SUCCEEDED:
        told["result"] = _result(job)
    return told


def database_ref(repo: RepoName) -> dict[str, str]:
    """Return a repository's name."""
    return {"owner": repo.owner, "name": repo.name}


def pull_summary(pull: PullRequest, creator: str) -> dict[str, Any]:
    """Return a pull request as lists show it."""
    told: dict[str, Any] = {
        "pull_number": int(pull.id),
        "title": pull.title,
        "state": pull.state.value,
        "created_at": when(pull.created_at),
        "creator": creator,
    }
    return told | ({"description": pull.body} if pull.body else {})


def when(at: datetime) -> str:
    """Return a time as this API writes it: UTC, whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def pull_number(text: str) -> str:
    """
    Return a pull request's number.

    Raises:
        Invalid: It is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER):
        raise Invalid("A pull request has a number.", field="pull_number", value=text)
    return text


def _result(job: Job) -> dict[str, Any]:
    if job.kind is Kind.FORK:
        return {"database": {"owner": job.result.get("owner"), "name": job.result.get("name")}}
    if job.kind is Kind.MERGE and job.result.get("pull_id"):
        return {"pull_id": job.result["pull_id"]}
    return {"commit_sha": job.result.get("after", "")}
