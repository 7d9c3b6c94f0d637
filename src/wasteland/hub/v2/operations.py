"""Operations: what was started, and how it stands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ..http.asked import Asking, AskingRepo, read_cursor
from ..http.paths import segment
from ..operations import PAGE
from .shapes import Route, data, operation

router = APIRouter(route_class=Route, tags=["v2"])


@router.get("/operations/{operation_id}")
def show(asked: Asking, operation_id: str) -> dict[str, Any]:
    """Return one of one's own operations."""
    job_id = segment(operation_id).removeprefix("operations/")
    job = asked.hub.jobs.find(job_id, account=asked.caller.need_account())
    return {"data": operation(job)}


@router.get("/databases/{owner}/{database}/operations")
def of_database(asked: AskingRepo, page_token: str = "") -> dict[str, Any]:
    """List the operations on a database, newest first."""
    found = asked.hub.jobs.of_repo(asked.repo(), before=read_cursor(page_token))
    after = found[PAGE - 1].serial if len(found) > PAGE else None
    return data([operation(job) for job in found[:PAGE]], after=after)
