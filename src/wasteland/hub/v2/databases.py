"""Users, databases and forks."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from ...protocol.errors import Unsupported
from .. import repositories
from ..http.asked import Asking, AskingRepo
from ..operations import Kind
from ..tokens import Scope
from .shapes import Body, Route, data, database_ref, started

router = APIRouter(route_class=Route, tags=["v2"])


class NewDatabase(Body):
    """What a new database is called, and who sees it."""

    owner: str
    name: str
    visibility: Literal["public", "private"]
    description: str = ""


class NewFork(Body):
    """For whom to fork."""

    owner: str


@router.get("/user")
def user(asked: Asking) -> dict[str, Any]:
    """Return the account that the token belongs to."""
    account = asked.hub.accounts.find(asked.caller.need_account())
    told: dict[str, Any] = {"username": account.name, "email_addresses": []}
    return {"data": told | ({"display_name": account.display_name} if account.display_name else {})}


@router.post("/databases", status_code=201)
def create(asked: Asking, body: NewDatabase) -> dict[str, Any]:
    """Make an empty database."""
    made = repositories.create(
        asked.hub,
        asked.caller,
        body.owner,
        body.name,
        visibility=body.visibility,
        description=body.description,
    )
    return {"data": _shown(made)}


@router.get("/databases/{owner}/{database}")
def show(asked: AskingRepo) -> dict[str, Any]:
    """Return one database."""
    return {"data": _shown(repositories.describe(asked.hub, asked.repo()))}


@router.get("/databases/{owner}/{database}/forks")
def forks(asked: AskingRepo) -> dict[str, Any]:
    """List the direct forks of a database."""
    found = repositories.forks(asked.hub, asked.caller, asked.repo())
    return data([database_ref(repo) for repo in found])


@router.post("/databases/{owner}/{database}/forks", status_code=202)
def fork(asked: AskingRepo, body: NewFork) -> Response:
    """Fork a database; it is there when this answers."""
    parent = asked.repo()
    made = repositories.fork(
        asked.hub, asked.caller, parent, body.owner, may_repeat=bool(asked.op_id)
    )
    with asked.hub.jobs.run(
        Kind.FORK,
        account=asked.caller.account,
        repo=parent,
        description=f"Fork {parent}",
        details={"from_repo_owner": parent.owner, "from_repo_name": parent.name},
    ) as job:
        job.result = {"owner": made.owner, "name": made.name}
    return started(job.id)


@router.post("/databases/{owner}/{database}/imports")
@router.post("/databases/{owner}/{database}/imports/uploads")
def imports(asked: AskingRepo) -> JSONResponse:
    """Refuse: files are not imported here."""
    asked.repo()
    asked.caller.need_scope(Scope.WRITE)
    raise Unsupported("This hub imports no files.", hint="wl import, or SQL writes")


def _shown(found: repositories.Database) -> dict[str, Any]:
    told: dict[str, Any] = {
        **database_ref(found.repo),
        "visibility": found.visibility.value,
        "fork_network_count": found.forks,
        "star_count": 0,
        "size_bytes": found.size_bytes,
    }
    if found.description:
        told["description"] = found.description
    if found.parent:
        told["parent"] = told["network_root"] = database_ref(found.parent)
    return told
