"""Lists of operations: of an account, and of a database, where they are called jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter

from ...protocol.errors import Forbidden, Invalid
from ...protocol.names import visible
from ..http.asked import Asking, AskingRepo, read_cursor
from ..operations import PAGE, Job, Kind, State
from .shapes import SUCCESS, ResourceRoute

router = APIRouter(route_class=ResourceRoute, tags=["operations"])

_TYPES: Final = {
    Kind.SQL_WRITE: "SqlWrite",
    Kind.MERGE: "Merge",
    Kind.FORK: "Fork",
    Kind.IMPORT: "Import",
}
_KNOWN_TYPES: Final = {name: kind for kind, name in _TYPES.items()} | {
    "SqlRead": None,
    "Migrate": None,
}
_OPERATION_STATES: Final = {
    State.RUNNING: "Running",
    State.SUCCEEDED: "Success",
    State.FAILED: "Failure",
}
_JOB_STATES: Final = {
    State.RUNNING: "Running",
    State.SUCCEEDED: "Succeeded",
    State.FAILED: "Failed",
}


@router.get("/users/{username}/operations")
def of_account(
    asked: Asking,
    username: str,
    operationType: str = "",  # noqa: N803  # the API's names
    pageToken: str = "",  # noqa: N803
) -> dict[str, Any]:
    """List one's own operations, newest first."""
    account = asked.caller.need_account()
    if username.casefold() != account.casefold():
        raise Forbidden(f"The token is not {visible(username)}'s.", username=username)
    if operationType and operationType not in _KNOWN_TYPES:
        raise Invalid(
            f"{visible(operationType)} is no type of operation.",
            field="operationType",
            value=operationType,
        )
    kind = _KNOWN_TYPES.get(operationType)
    found: Sequence[Job] = []
    if kind or not operationType:
        found = asked.hub.jobs.of_account(account, kind=kind, before=read_cursor(pageToken))
    return {
        "status": SUCCESS,
        "next_page_token": _after(found),
        "operations": [_operation(job) for job in found[:PAGE]],
    }


@router.get("/{owner}/{database}/jobs")
def of_database(asked: AskingRepo, pageToken: str = "") -> dict[str, Any]:  # noqa: N803  # the API's name
    """List the operations on a database, newest first."""
    repo = asked.repo()
    found = asked.hub.jobs.of_repo(repo, before=read_cursor(pageToken))
    return {
        "status": SUCCESS,
        "database_owner": repo.owner,
        "database_name": repo.name,
        "next_page_token": _after(found),
        "jobs": [
            {
                "job_id": job.id,
                "creator": job.account,
                "description": job.description,
                "job_type": _TYPES[job.kind],
                "status": _JOB_STATES[job.state],
                "created_at": _when(job.created_at),
                "error": job.error,
            }
            for job in found[:PAGE]
        ],
    }


def _operation(job: Job) -> dict[str, Any]:
    return {
        "operation_name": f"operations/{job.id}",
        "creator": job.account,
        "description": job.description,
        "operation_type": _TYPES[job.kind],
        "operation_status": _OPERATION_STATES[job.state],
        "error": job.error,
        "metadata": json.dumps(dict(job.details)),
        "created_at": _when(job.created_at),
        "updated_at": _when(job.updated_at),
    }


def _after(found: Sequence[Job]) -> str:
    return str(found[PAGE - 1].serial) if len(found) > PAGE else ""


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
