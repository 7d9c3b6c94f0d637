"""SQL over HTTP: reads at a ref, writes on a branch with operations to poll."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from ...hosts.base import RepoName
from ...protocol import fields, ids
from ...protocol.errors import (
    AlreadyClaimed,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    Unsupported,
    WastelandError,
)
from .. import reads, writes
from ..errors import told as told_of
from ..http.asked import Asked, AskingRepo
from ..http.paths import segment
from ..operations import Job, Kind, Running, State
from ..rights import Right
from ..sandbox import QueryResult
from ..tokens import Scope, redacted
from .shapes import ERROR, SUCCESS, Body, SqlRoute

router = APIRouter(route_class=SqlRoute, tags=["sql"])

_STATUS: Final = {
    "success": SUCCESS,
    "row_limit": "RowLimit",
    "timeout": ERROR,
    "error": ERROR,
}
_TIMED_OUT: Final = "query error: context deadline exceeded"
# What a statement may fail by: told in the body, with HTTP 200, as clients expect of a query.
_OF_THE_QUERY: Final = (Conflict, Forbidden, Invalid, Unsupported)


class Query(Body):
    """A statement too long for a URL."""

    query: str = ""


class GuardedStatement(Body):
    """A statement and the rows that it must change."""

    sql: str
    rows: int | None = None


class Changes(Body):
    """Statements for one branch, applied in one transaction."""

    branch: str
    base: str = Field("main", alias="from")
    message: str = ""
    op_id: str = Field("", alias="op_id")
    statements: list[GuardedStatement]


@router.post("/{owner}/{database}/changes")
def change(asked: AskingRepo, body: Changes) -> dict[str, Any]:
    """Apply several guarded statements to a branch, all or nothing."""
    repo = asked.repo(Right.WRITE)
    written = writes.change(
        asked.hub,
        asked.caller,
        repo,
        base=body.base,
        branch=body.branch,
        statements=[writes.Guarded(s.sql, s.rows) for s in body.statements],
        message=fields.one_line("message", body.message, limit=256) or f"Change {body.branch}",
        op_id=ids.check_operation(body.op_id) if body.op_id else "",
    )
    return {"commit": written.after, "before": written.before, "rows": list(written.rows)}


@router.get("/{owner}/{database}/write")
def poll_write(asked: AskingRepo, operationName: str) -> dict[str, Any]:  # noqa: N803  # the API's name
    """Say how a write that was started stands."""
    asked.caller.need_account()
    job = asked.hub.jobs.find(
        operationName.removeprefix("operations/"), account=asked.caller.account
    )
    done = job.state is not State.RUNNING
    return {
        "_id": operationName,
        "done": done,
        "res_details": _details(job) if done else {},
    }


@router.post("/{owner}/{database}/write/{from_branch}/{to_branch}")
def write(  # noqa: PLR0917  # as the path has them
    asked: AskingRepo,
    request: Request,
    from_branch: str,
    to_branch: str,
    q: str = "",
    body: Query | None = None,
) -> Response:
    """Run one statement on a branch; without one, merge the first branch into the second."""
    repo = asked.repo(Right.WRITE)
    asked.caller.need_scope(Scope.WRITE)
    base, branch = segment(from_branch), segment(to_branch)
    sql = q or (body.query if body else "")
    told: dict[str, Any] = {
        "repository_owner": repo.owner,
        "repository_name": repo.name,
        "from_branch_name": base,
        "to_branch_name": branch,
        "query": redacted(sql),
    }
    try:
        with _running(asked, repo, base, branch, sql) as job:
            written = writes.write(
                asked.hub, asked.caller, repo, base=base, branch=branch, sql=sql, op_id=asked.op_id
            )
            job.result = {
                "message": written.message,
                "before": written.before,
                "after": written.after,
            }
    except (Conflict, NotFound) as error:
        if not sql:
            raise
        return JSONResponse({**told, **_failed(error), "operation_name": ""})
    told |= {
        "query_execution_status": SUCCESS,
        "query_execution_message": written.message,
        "from_commit_id": written.before,
        "to_commit_id": written.after,
    }
    if not _takes_silence_for_done(request):
        told["operation_name"] = f"operations/{job.id}"
    return JSONResponse(told)


@router.get("/{owner}/{database}")
def read_default(asked: AskingRepo, q: str = "") -> dict[str, Any]:
    """Run one SELECT on the default branch; without one, list the tables."""
    repo = asked.repo()
    try:
        ref = reads.default_ref(asked.hub.host.engine(repo))
    except NotFound as error:
        return {**_of(repo, "main", q), **_failed(error), "schema": [], "rows": []}
    return _read(asked, repo, ref, q)


@router.get("/{owner}/{database}/{ref}")
def read(asked: AskingRepo, ref: str, q: str = "") -> dict[str, Any]:
    """Run one SELECT at a branch, tag or commit; without one, list the tables."""
    return _read(asked, asked.repo(), segment(ref), q)


def _read(asked: Asked, repo: RepoName, ref: str, q: str) -> dict[str, Any]:
    sql = q.strip() or reads.SHOW_TABLES
    try:
        found = reads.read(asked.hub, repo, ref, sql)
    except (NotFound, *_OF_THE_QUERY) as error:
        return {**_of(repo, ref, sql), **_failed(error), "schema": [], "rows": []}
    return {**_of(repo, ref, sql), **_rows(found)}


def _of(repo: RepoName, ref: str, sql: str) -> dict[str, Any]:
    return {
        "repository_owner": repo.owner,
        "repository_name": repo.name,
        "commit_ref": redacted(ref),
        "sql_query": redacted(sql),
    }


def _rows(found: QueryResult) -> dict[str, Any]:
    names = [column.name for column in found.columns]
    schema = [{"columnName": c.name, "columnType": c.type} for c in found.columns]
    message = _TIMED_OUT if found.status == "timeout" else found.message
    message = _of_query(redacted(message)) if found.status == "error" else message
    return {
        "query_execution_status": _STATUS[found.status],
        "query_execution_message": message,
        "schema": schema,
        # The name that the schema has with one existing client.
        "schema_fragment": schema,
        "rows": [dict(zip(names, row, strict=True)) for row in found.rows],
    }


def _failed(error: WastelandError) -> dict[str, Any]:
    told: dict[str, Any] = {
        "query_execution_status": ERROR,
        "query_execution_message": _of_query(told_of(error)),
        "code": error.code,
    }
    if isinstance(error, AlreadyClaimed | Stale) and (holder := error.facts.get("holder")):
        told["holder"] = str(holder)
    return told


def _of_query(text: str) -> str:
    """Return the text of an error with the words before it that clients know."""
    is_marked = text.startswith(("query error:", "Unsupported", "no such repository"))
    return text if is_marked else f"query error: {text}"


def _running(
    asked: Asked, repo: RepoName, base: str, branch: str, sql: str
) -> AbstractContextManager[Running]:
    return asked.hub.jobs.run(
        Kind.SQL_WRITE if sql else Kind.MERGE,
        account=asked.caller.account,
        repo=repo,
        description=f"Run query {sql[:200]}" if sql else f"Merge {base} into {branch}",
        details={
            "from_repo_owner": repo.owner,
            "from_repo_name": repo.name,
            "from_branch_name": base,
            "to_repo_owner": repo.owner,
            "to_repo_name": repo.name,
            "to_branch_name": branch,
            "sql_query": sql,
        },
    )


def _details(job: Job) -> dict[str, Any]:
    failed = job.state is State.FAILED
    return {
        "query_execution_status": ERROR if failed else SUCCESS,
        "query_execution_message": job.error if failed else job.result.get("message", ""),
        "owner_name": job.repo.owner,
        "repository_name": job.repo.name,
        "from_commit_id": job.result.get("before", ""),
        "to_commit_id": job.result.get("after", ""),
    }


def _takes_silence_for_done(request: Request) -> bool:
    """
    Return whether an answer without ``operation_name`` is understood as "done".

    The existing Go client does, and sleeps half a second before its first look otherwise.
    """
    agent = request.headers.get("user-agent", "")
    return agent.startswith("Go-http-client/") or request.headers.get("prefer") == "wait"
