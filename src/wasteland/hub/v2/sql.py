"""SQL over HTTP."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from ...protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unsupported,
)
from .. import reads, writes
from ..errors import told
from ..http.asked import Asked, AskingRepo
from ..operations import Kind
from ..rights import Right
from ..tokens import Scope
from .shapes import Body, Route, started

router = APIRouter(prefix="/databases/{owner}/{database}", route_class=Route, tags=["v2"])

_LIMIT: Final = 1000
_TIMEOUT_MS: Final = 30_000
_LONGEST_MS: Final = 60_000


class ReadBody(Body):
    """A query too long for a URL."""

    ref: str
    q: str
    limit: int = Field(_LIMIT, ge=1)
    timeout_ms: int = Field(_TIMEOUT_MS, ge=1)


class WriteBody(Body):
    """A statement and the branch that it runs on."""

    from_branch: str
    to_branch: str
    q: str = Field(min_length=1)


@router.get("/sql")
def read(
    asked: AskingRepo,
    ref: str,
    q: str,
    limit: Annotated[int, Query(ge=1)] = _LIMIT,
    timeout_ms: Annotated[int, Query(ge=1)] = _TIMEOUT_MS,
) -> dict[str, Any]:
    """Run one SELECT at a branch, tag or commit."""
    return _read(asked, ReadBody(ref=ref, q=q, limit=limit, timeout_ms=timeout_ms))


@router.post("/sql")
def read_long(asked: AskingRepo, body: ReadBody) -> dict[str, Any]:
    """Run one SELECT, given in the body."""
    return _read(asked, body)


@router.post("/sql-writes", status_code=202)
def write(asked: AskingRepo, body: WriteBody) -> Response:
    """Run one statement on a branch; it is done when this answers."""
    repo = asked.repo(Right.WRITE)
    asked.caller.need_scope(Scope.WRITE)
    running = asked.hub.jobs.run(
        Kind.SQL_WRITE,
        account=asked.caller.account,
        repo=repo,
        description=f"Run query {body.q[:200]}",
        details={"to_branch_name": body.to_branch, "sql_query": body.q},
    )
    # Those are told where it is polled for.
    with suppress(Conflict, NotFound), running as job:
        written = writes.write(
            asked.hub,
            asked.caller,
            repo,
            base=body.from_branch,
            branch=body.to_branch,
            sql=body.q,
            op_id=asked.op_id,
        )
        job.result = {"message": written.message, "after": written.after}
    return started(job.id)


def _read(asked: Asked, body: ReadBody) -> dict[str, Any]:
    repo = asked.repo()
    try:
        found = reads.read(
            asked.hub,
            repo,
            body.ref,
            body.q,
            limit_rows=body.limit,
            timeout_s=min(body.timeout_ms, _LONGEST_MS) / 1000,
        )
    except (Forbidden, Invalid, Unsupported) as error:
        return {"data": _result([], [], "error", told(error))}
    columns = [
        {
            "name": column.name,
            "type": column.type,
            "is_primary_key": column.is_primary_key,
            "source_table": column.source_table,
        }
        for column in found.columns
    ]
    return {
        "data": _result(columns, [list(row) for row in found.rows], found.status, found.message)
    }


def _result(
    columns: list[dict[str, Any]], rows: list[list[str | None]], status: str, message: str
) -> dict[str, Any]:
    told: dict[str, Any] = {"columns": columns, "rows": rows, "status": status}
    return told | ({"message": message} if message else {})
