"""Users, databases and forks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from .. import repositories
from ..http.asked import Asking, AskingRepo
from ..hub import repo_name
from ..operations import Kind, State
from .shapes import SUCCESS, Body, ResourceRoute

router = APIRouter(route_class=ResourceRoute, tags=["databases"])


class NewDatabase(Body):
    """What a new database is called, and who sees it."""

    owner_name: str
    repo_name: str
    visibility: str
    description: str = ""


class NewFork(Body):
    """What is forked, and for whom."""

    parent_owner_name: str
    parent_database_name: str
    owner_name: str


@router.get("/user")
def user(asked: Asking) -> dict[str, Any]:
    """Return the account that the token belongs to."""
    account = asked.hub.accounts.find(asked.caller.need_account())
    return {
        "status": SUCCESS,
        "username": account.name,
        "display_name": account.display_name,
        "bio": "",
        "location": "",
        "url": "",
        "profile_picture_url": "",
        "email_addresses": [],
    }


@router.post("/database")
def create(asked: Asking, body: NewDatabase) -> dict[str, Any]:
    """Make an empty database."""
    made = repositories.create(
        asked.hub,
        asked.caller,
        body.owner_name,
        body.repo_name,
        visibility=body.visibility,
        description=body.description,
    )
    return {
        "status": SUCCESS,
        "description": made.description,
        "repository_owner": made.repo.owner,
        "repository_name": made.repo.name,
        "visibility": made.visibility.value,
    }


@router.post("/fork")
def fork(asked: Asking, body: NewFork) -> dict[str, Any]:
    """Fork a database; it is there when this answers."""
    caller = asked.caller
    caller.need_account()
    parent = repo_name(body.parent_owner_name, body.parent_database_name)
    made = repositories.fork(
        asked.hub, caller, parent, body.owner_name, may_repeat=bool(asked.op_id)
    )
    with asked.hub.jobs.run(
        Kind.FORK,
        account=caller.account,
        repo=parent,
        description=f"Fork {parent}",
        details={"from_repo_owner": parent.owner, "from_repo_name": parent.name},
    ) as job:
        job.result = {"owner": made.owner, "name": made.name}
    return {
        "status": SUCCESS,
        "parent_owner": parent.owner,
        "parent_database": parent.name,
        "forked_owner": made.owner,
        "operation_name": f"operations/{job.id}",
    }


@router.get("/fork")
def poll_fork(asked: Asking, operationName: str) -> dict[str, Any]:  # noqa: N803  # the API's name
    """Say how a fork that was started stands."""
    caller = asked.caller
    caller.need_account()
    job = asked.hub.jobs.find(operationName.removeprefix("operations/"), account=caller.account)
    made = {"owner": str(job.result.get("owner", "")), "name": str(job.result.get("name", ""))}
    return {
        "status": SUCCESS,
        "done": job.state is not State.RUNNING,
        "operation_name": operationName,
        "database_owner": made["owner"],
        "database_name": made["name"],
        # The name that one existing client looks for.
        "owner_name": made["owner"],
    }


@router.get("/{owner}/{database}/forks")
def forks(asked: AskingRepo) -> dict[str, Any]:
    """List the forks of a database."""
    repo = asked.repo()
    parent = asked.hub.host.parent(repo)
    root = parent or repo
    found = repositories.forks(asked.hub, asked.caller, repo)
    return {
        "status": SUCCESS,
        "database_owner": repo.owner,
        "database_name": repo.name,
        "forks": [{"database_owner": f.owner, "database_name": f.name} for f in found],
        "parent_owner": parent.owner if parent else "",
        "parent_database_name": parent.name if parent else "",
        "network_root_owner": root.owner,
        "network_root_database_name": root.name,
        "fork_network_count": len(repositories.forks(asked.hub, asked.caller, root)),
    }
