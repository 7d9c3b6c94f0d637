"""What no operation on one commons is: finding, making and joining them; who asks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field

from ... import __version__
from ...commons.data import to_data
from ...commons.rigs import Rigs
from .. import founding, repositories
from ..http.asked import Asking, AskingRepo
from ..tokens import Scope
from .place import PREFIX

router = APIRouter(prefix=PREFIX, tags=["hub"])


class NewCommons(BaseModel):
    """A commons to be made."""

    model_config = ConfigDict(extra="forbid")

    owner: str
    name: str
    handle: str = Field("", description="of its first rig, a maintainer; the owner by default")
    title: str = Field("", description="for people")
    display_name: str = ""
    policy: Literal["open", "team"] = "open"
    mode: Literal["pr", "direct"] = "pr"
    valence_scale: Literal["1", "5"] = "1"
    visibility: Literal["public", "private"] = "public"
    description: str = Field("", description="where it is listed; the title by default")
    template: Literal["empty", "sample"] = "empty"
    rules_of: str = Field("", description="owner/name of a commons whose rules it begins with")


class NewRig(BaseModel):
    """A rig that registers."""

    model_config = ConfigDict(extra="forbid")

    handle: str
    display_name: str = ""
    rig_type: str = "human"
    email: str = ""
    parent: str = ""
    op_id: str | None = None
    dry_run: bool = False


class Settings(BaseModel):
    """What an owner may change of a repository."""

    model_config = ConfigDict(extra="forbid")

    visibility: Literal["public", "private"] | None = None
    description: str | None = None


@router.get("")
async def about() -> dict[str, Any]:
    """Say what answers here, and which APIs it has."""
    return {
        "name": "wasteland",
        "version": __version__,
        "apis": {"v1alpha1": "/api/v1alpha1", "v2": "/api/v2", "v1": "/api/v1"},
        "abilities": ["bundled_changes", "idempotency_keys", "operations", "synchronous"],
    }


@router.get("/whoami")
def whoami(asked: Asking) -> dict[str, Any]:
    """Return who asks, and what the token is for."""
    caller = asked.caller
    caller.need_account()
    return {
        "account": caller.account,
        "namespaces": sorted(caller.namespaces),
        "is_admin": caller.is_admin,
        "scope": caller.scope.value if caller.scope else "",
        "rig": caller.rig,
    }


@router.get("/commons")
def commons(asked: Asking) -> dict[str, Any]:
    """List the commons and databases that the caller may see."""
    hub = asked.hub
    found = repositories.visible_to(hub, asked.caller)
    items = [
        {
            "commons": str(repo),
            "visibility": hub.catalog.entry(repo).visibility.value,
            "description": hub.catalog.entry(repo).description,
            "is_commons": hub.is_commons(repo),
        }
        for repo in found
    ]
    return {"items": items, "next": ""}


@router.post("/commons", status_code=201)
def create(asked: Asking, body: NewCommons) -> dict[str, Any]:
    """Make a commons, with a rig of the caller as its maintainer."""
    made = founding.create(
        asked.hub,
        asked.caller,
        founding.Wishes(
            owner=body.owner,
            name=body.name,
            handle=body.handle,
            title=body.title,
            description=body.description,
            display_name=body.display_name,
            preset=body.policy,
            mode=body.mode,
            scale=body.valence_scale,
            visibility=body.visibility,
            template=body.template,
            rules_of=body.rules_of,
        ),
    )
    return {
        "commons": str(made.repo),
        "handle": made.handle,
        "commit": made.head,
        "visibility": body.visibility,
    }


@router.get("/commons/{owner}/{database}")
def show(asked: AskingRepo) -> dict[str, Any]:
    """Say what a commons is: who sees it, and what keeps its rows."""
    repo = asked.repo()
    found = repositories.describe(asked.hub, repo)
    return {
        "commons": str(repo),
        "visibility": found.visibility.value,
        "description": found.description,
        "engine": asked.hub.host.engine(repo).dialect.name,
    }


@router.patch("/commons/{owner}/{database}")
def change(asked: AskingRepo, body: Settings) -> dict[str, Any]:
    """Change who sees a repository, or what it says of itself."""
    found = repositories.change(
        asked.hub,
        asked.caller,
        asked.repo(),
        visibility=body.visibility,
        description=body.description,
    )
    return {
        "commons": str(found.repo),
        "visibility": found.visibility.value,
        "description": found.description,
    }


@router.post("/commons/{owner}/{database}/rigs")
def register(
    asked: AskingRepo,
    body: NewRig,
    idempotency_key: Annotated[str | None, Header(max_length=256)] = None,  # noqa: ARG001  # published
) -> dict[str, Any]:
    """Register a rig of the caller's account."""
    asked.caller.need_scope(Scope.WRITE)
    session = asked.hub.session(asked.caller, asked.repo(), Rigs, rig=body.handle)
    receipt = session.register(
        display_name=body.display_name,
        rig_type=body.rig_type,
        email=body.email,
        parent=body.parent,
        dry_run=body.dry_run,
        op_id=body.op_id or asked.op_id or None,
    )
    answer: dict[str, Any] = to_data(receipt)
    return answer
