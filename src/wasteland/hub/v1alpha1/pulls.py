"""Pull requests as DoltHub's clients know them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from fastapi import APIRouter

from ...commons.offers import author_of
from ...engines.base import MAIN
from ...hosts.base import PullRequest, RepoName
from ...protocol.errors import Invalid
from ...protocol.names import visible
from .. import pulls
from ..http.asked import Asked, AskingPull, AskingRepo, read_cursor
from ..hub import repo_name
from ..operations import Kind
from ..verdicts import Opinion
from .shapes import SUCCESS, Body, ResourceRoute, read_state, state_name, when
from .uploads import job_status

router = APIRouter(route_class=ResourceRoute, tags=["pulls"])

# Nobody is assigned as a reviewer here.
_REVIEW_STATES: Final[Mapping[str, Collection[Opinion]]] = {
    "Approved": (Opinion.APPROVED,),
    "AssignedReviewer": (),
    "Rejected": (Opinion.CHANGES_REQUESTED,),
    "Reviewed": tuple(Opinion),
}


class NewPull(Body):
    """A branch, and the branch that shall take it."""

    title: str = ""
    description: str = ""
    from_branch_owner_name: str
    from_branch_repo_name: str
    from_branch_name: str
    to_branch_owner_name: str = ""
    to_branch_repo_name: str = ""
    to_branch_name: str = MAIN
    # Not DoltHub's: a remote of the caller's own, from which the branch is fetched first.
    from_remote_url: str = ""

    def need_target(self, repo: RepoName) -> None:
        """
        Return if the branch that shall take it is one of *repo*'s, which need not be named.

        Raises:
            Invalid: It is another repository's.
        """
        owner, name = self.to_branch_owner_name, self.to_branch_repo_name
        if (owner or repo.owner, name or repo.name) != (repo.owner, repo.name):
            raise Invalid(
                f"{visible(f'{owner}/{name}')} is not the database that is asked to take it, "
                f"{repo}.",
                field="toBranchOwnerName",
                value=owner,
            )


class PullEdit(Body):
    """What is to change; at least one."""

    title: str | None = None
    description: str | None = None
    state: str | None = None


class Reviewed(Body):
    """What DoltHub's merge lacks: the commit that was reviewed, which alone is merged."""

    head_commit_id: str = ""


class NewComment(Body):
    """A remark."""

    comment: str


@router.get("/{owner}/{database}/pulls")
def list_pulls(
    asked: AskingRepo,
    pageToken: str = "",  # noqa: N803  # the API's names
    filterByState: str = "",  # noqa: N803
    filterByReviewStatus: str = "",  # noqa: N803
    query: str = "",
) -> dict[str, Any]:
    """List pull requests, newest first."""
    repo = asked.repo()
    found, after = pulls.page(
        asked.hub,
        repo,
        state=read_state(filterByState),
        text=query,
        before=read_cursor(pageToken),
        among=_reviewed(asked, repo, filterByReviewStatus),
    )
    return _of(asked) | {
        "next_page_token": str(after or ""),
        "pulls": [
            {
                "pull_id": pull.id,
                "title": pull.title,
                "description": pull.body,
                "state": state_name(pull.state),
                "created_at": when(pull.created_at),
                "creator": author_of(pull),
            }
            for pull in found
        ],
    }


@router.post("/{owner}/{database}/pulls")
def create(asked: AskingRepo, body: NewPull) -> dict[str, Any]:
    """Offer a branch; what policy lets land lands before this answers."""
    repo = asked.repo()
    body.need_target(repo)
    source = repo_name(body.from_branch_owner_name, body.from_branch_repo_name)
    if url := body.from_remote_url:
        pulls.bring(asked.hub, asked.caller, source, url=url, branch=body.from_branch_name)
    pull = pulls.open_pull(
        asked.hub,
        asked.caller,
        repo,
        source=source,
        branch=body.from_branch_name,
        title=body.title,
        body=body.description,
        into=body.to_branch_name,
        may_repeat=bool(asked.op_id),
    )
    return {
        "status": SUCCESS,
        "title": pull.title,
        "description": pull.body,
        "from_owner_name": pull.source.owner,
        "from_repository_name": pull.source.name,
        "from_branch_name": pull.branch,
        "to_owner_name": repo.owner,
        "to_repository_name": repo.name,
        "to_branch_name": body.to_branch_name,
        "pull_id": pull.id,
        # The name that one existing client reads.
        "_id": pull.id,
        "state": state_name(pull.state),
    }


@router.get("/{owner}/{database}/pulls/{pull_id}")
def show(asked: AskingPull) -> dict[str, Any]:
    """Return one pull request."""
    return _of(asked) | _shown(pulls.find(asked.hub, asked.repo(), asked.part("pull_id")))


@router.patch("/{owner}/{database}/pulls/{pull_id}")
def edit(asked: AskingPull, body: PullEdit) -> dict[str, Any]:
    """Change what a pull request says, or close it."""
    pull = pulls.edit(
        asked.hub,
        asked.caller,
        asked.repo(),
        asked.part("pull_id"),
        title=body.title,
        body=body.description,
        state=read_state(body.state),
        rig=asked.rig,
    )
    return _of(asked) | {
        "pull_id": pull.id,
        "title": pull.title,
        "description": pull.body,
        "state": state_name(pull.state),
    }


@router.post("/{owner}/{database}/pulls/{pull_id}/comments")
def comment(asked: AskingPull, body: NewComment) -> dict[str, Any]:
    """Add a remark."""
    repo = asked.repo()
    pull_id = asked.part("pull_id")
    made = pulls.comment(asked.hub, asked.caller, repo, pull_id, body.comment, rig=asked.rig)
    return {
        "status": SUCCESS,
        "repository_owner": repo.owner,
        "repository_name": repo.name,
        "pull_id": pull_id,
        "comment": made.body,
    }


@router.post("/{owner}/{database}/pulls/{pull_id}/merge")
def merge(asked: AskingPull, body: Reviewed | None = None) -> dict[str, Any]:
    """Merge; it is done when this answers, and can be polled all the same."""
    repo = asked.repo()
    pull_id = asked.part("pull_id")
    pull = pulls.merge(
        asked.hub,
        asked.caller,
        repo,
        pull_id,
        head=body.head_commit_id if body else "",
        rig=asked.rig,
        op_id=asked.op_id or None,
    )
    job_id = _merged(asked, pull)
    return _of(asked) | {
        "pull_id": pull.id,
        "operation_name": f"repositoryOwners/{repo.owner}/repositories/{repo.name}/jobs/{job_id}",
        "user_operation_name": f"users/{asked.caller.account}/userOperations/{job_id}",
        "state": state_name(pull.state),
        "merge_commit_id": pull.merged_as,
    }


@router.get("/{owner}/{database}/pulls/{pull_id}/merge")
def poll_merge(asked: AskingPull, operationName: str) -> dict[str, Any]:  # noqa: N803  # the API's name
    """Say how a merge that was started stands."""
    asked.repo()
    job = asked.hub.jobs.find(operationName.rpartition("/")[2], account=asked.caller.need_account())
    return _of(asked) | {
        "operation_name": operationName,
        "job_created": True,
        "job_id": job.id,
        "pull_id": asked.part("pull_id"),
        "job_status": job_status(job),
    }


def _reviewed(asked: Asked, repo: RepoName, status: str) -> Collection[str] | None:
    """
    Return the pull requests of a review status, None where none is asked for.

    Raises:
        Invalid: It is none.
    """
    if not status:
        return None
    if status not in _REVIEW_STATES:
        raise Invalid(
            f"{visible(status)} is no review status: {', '.join(_REVIEW_STATES)}.",
            field="filterByReviewStatus",
            value=status,
        )
    return asked.hub.verdicts.reviewed(repo, _REVIEW_STATES[status])


def _merged(asked: Asked, pull: PullRequest) -> str:
    with asked.hub.jobs.run(
        Kind.MERGE,
        account=asked.caller.account,
        repo=pull.repo,
        description=f"Merge pull request #{pull.id}",
        details={
            "from_repo_owner": pull.source.owner,
            "from_repo_name": pull.source.name,
            "from_branch_name": pull.branch,
            "to_repo_owner": pull.repo.owner,
            "to_repo_name": pull.repo.name,
            "to_branch_name": "main",
        },
    ) as job:
        job.result = {"pull_id": pull.id, "commit": pull.merged_as}
    return job.id


def _of(asked: Asked) -> dict[str, Any]:
    params = asked.request.path_params
    return {
        "status": SUCCESS,
        "database_owner": params["owner"],
        "database_name": params["database"],
    }


def _shown(offer: pulls.Offer) -> dict[str, Any]:
    pull = offer.pull
    told: dict[str, Any] = {
        "pull_id": pull.id,
        "title": pull.title,
        "description": pull.body,
        "state": state_name(pull.state),
        "from_branch_owner": pull.source.owner,
        "from_branch_database": pull.source.name,
        "from_branch": pull.branch,
        "to_branch_owner": pull.repo.owner,
        "to_branch_database": pull.repo.name,
        "to_branch": "main",
        "created_at": when(pull.created_at),
        "author": offer.author,
        "head_commit_id": pull.head,
        "merge_commit_id": pull.merged_as,
        "reason": pull.reason,
    }
    if offer.verdict:
        told["verdict"] = {
            "allowed": offer.verdict.allowed,
            "head_commit_id": offer.verdict.head,
            "reasons": list(offer.verdict.reasons),
        }
    return told
