"""Imports of files, which this hub does not do, and the second place where merges are polled."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ...protocol.errors import Unsupported
from ..http.asked import AskingRepo
from ..operations import Job, Kind, State
from ..rights import Right
from .shapes import SUCCESS, ResourceRoute

router = APIRouter(route_class=ResourceRoute, tags=["operations"])


@router.post("/{owner}/{database}/upload")
def upload(asked: AskingRepo) -> dict[str, Any]:
    """Refuse: files are not imported here."""
    asked.repo(Right.WRITE)
    raise Unsupported("This hub imports no files.", hint="wl import, or SQL writes")


@router.get("/{owner}/{database}/upload")
def poll(asked: AskingRepo, operationName: str) -> dict[str, Any]:  # noqa: N803  # the API's name
    """Say how a merge that was started stands."""
    repo = asked.repo()
    job = asked.hub.jobs.find(operationName.rpartition("/")[2], account=asked.caller.need_account())
    told = {
        "status": SUCCESS,
        "operation_name": operationName,
        "job_created": True,
        "database_owner": repo.owner,
        "database_name": repo.name,
        "job_status": job_status(job),
    }
    is_merged = job.kind is Kind.MERGE and job.state is State.SUCCEEDED
    return told | ({"pull_id": job.result.get("pull_id", "")} if is_merged else {})


def job_status(job: Job) -> str:
    """Return how a job stands, in the words that are polled for."""
    return "In Progress" if job.state is State.RUNNING else "Completed"
