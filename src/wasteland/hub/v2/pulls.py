"""Pull requests."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from ...commons.offers import author_of
from ...hosts.base import Comment, PullRequest, PullState
from ...protocol.errors import Invalid
from .. import pulls
from ..http.asked import AskingRepo, read_cursor
from ..hub import repo_name
from ..operations import Kind
from .shapes import Body, Route, data, database_ref, pull_number, pull_summary, started, when

router = APIRouter(prefix="/databases/{owner}/{database}/pulls", route_class=Route, tags=["v2"])


class Database(Body):
    """A repository's name."""

    owner: str
    name: str


class BranchRef(Body):
    """A branch of a repository."""

    database: Database
    branch_name: str


class NewPull(BaseModel):
    """A branch, and the branch that shall take it; other keys are ignored."""

    title: str
    from_branch: BranchRef
    to_branch: BranchRef
    description: str = ""


class PullEdit(Body):
    """What is to change; at least one."""

    title: str | None = None
    description: str | None = None
    state: Literal["open", "closed"] | None = None


class NewComment(Body):
    """A remark."""

    body: str


@router.get("")
def list_pulls(asked: AskingRepo, page_token: str = "") -> dict[str, Any]:
    """List pull requests, newest first."""
    found, after = pulls.page(asked.hub, asked.repo(), before=read_cursor(page_token))
    return data([pull_summary(pull, author_of(pull)) for pull in found], after=after)


@router.post("", status_code=201)
def create(asked: AskingRepo, body: NewPull) -> dict[str, Any]:
    """Offer a branch; what policy lets land lands before this answers."""
    repo = asked.repo()
    target, source = body.to_branch.database, body.from_branch.database
    if (target.owner, target.name) != (repo.owner, repo.name):
        raise Invalid("to_branch is of another database.", field="to_branch.database")
    pull = pulls.open_pull(
        asked.hub,
        asked.caller,
        repo,
        source=repo_name(source.owner, source.name),
        branch=body.from_branch.branch_name,
        title=body.title,
        body=body.description,
        into=body.to_branch.branch_name,
        may_repeat=bool(asked.op_id),
    )
    return {"data": _shown(pull)}


@router.get("/{pull_id}")
def show(asked: AskingRepo, pull_id: str) -> dict[str, Any]:
    """Return one pull request."""
    found = pulls.find(asked.hub, asked.repo(), pull_number(pull_id))
    told = _shown(found.pull)
    if found.verdict:
        told["verdict"] = {
            "allowed": found.verdict.allowed,
            "reasons": list(found.verdict.reasons),
        }
    return {"data": told}


@router.patch("/{pull_id}")
def edit(asked: AskingRepo, pull_id: str, body: PullEdit) -> dict[str, Any]:
    """Change what a pull request says, or close it."""
    pull = pulls.edit(
        asked.hub,
        asked.caller,
        asked.repo(),
        pull_number(pull_id),
        title=body.title,
        body=body.description,
        state=PullState(body.state) if body.state else None,
        rig=asked.rig,
    )
    return {"data": _shown(pull)}


@router.get("/{pull_id}/comments")
def comments(asked: AskingRepo, pull_id: str) -> dict[str, Any]:
    """List the remarks, oldest first."""
    found = pulls.comments(asked.hub, asked.repo(), pull_number(pull_id))
    return data([_remark(number, comment) for number, comment in enumerate(found, 1)])


@router.post("/{pull_id}/comments", status_code=201)
def comment(asked: AskingRepo, pull_id: str, body: NewComment) -> dict[str, Any]:
    """Add a remark."""
    repo = asked.repo()
    number = pull_number(pull_id)
    made = pulls.comment(asked.hub, asked.caller, repo, number, body.body, rig=asked.rig)
    return {"data": _remark(len(pulls.comments(asked.hub, repo, number)), made)}


@router.post("/{pull_id}/merge", status_code=202)
def merge(asked: AskingRepo, pull_id: str) -> Response:
    """Merge; it is done when this answers, and can be polled all the same."""
    repo = asked.repo()
    number = pull_number(pull_id)
    asked.caller.need_account()
    pull = pulls.merge(
        asked.hub, asked.caller, repo, number, rig=asked.rig, op_id=asked.op_id or None
    )
    with asked.hub.jobs.run(
        Kind.MERGE,
        account=asked.caller.account,
        repo=repo,
        description=f"Merge pull request #{number}",
        details={"from_branch_name": pull.branch, "to_branch_name": "main"},
    ) as job:
        job.result = {"pull_id": pull.id, "after": pull.merged_as}
    return started(job.id)


def _shown(pull: PullRequest) -> dict[str, Any]:
    return pull_summary(pull, author_of(pull)) | {
        "from_branch": {"database": database_ref(pull.source), "branch_name": pull.branch},
        "to_branch": {"database": database_ref(pull.repo), "branch_name": "main"},
    }


def _remark(number: int, found: Comment) -> dict[str, Any]:
    at = when(found.created_at)
    return {
        "comment_id": str(number),
        "author": found.author,
        "body": found.body,
        "created_at": at,
        "updated_at": at,
    }
