"""Webhooks of a repository: set up, listed, ended and looked after by those who administer it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from ...commons.data import to_data
from .. import notices
from ..http.asked import Asked, AskingRepo
from ..rights import Right
from ..tokens import redacted
from ..webhooks.events import EventName
from ..webhooks.store import Delivery, Hook
from .place import PREFIX

router = APIRouter(prefix=f"{PREFIX}/commons/{{owner}}/{{database}}/webhooks", tags=["webhooks"])

_MOST: Final = 200
Limit = Annotated[int, Query(ge=1, le=_MOST)]


class NewWebhook(BaseModel):
    """A webhook to be set up."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2048, description="called with POST")
    events: list[EventName] = Field(
        default_factory=list, max_length=20, description="what it is told; all by default"
    )


@router.post("", status_code=201)
def create(asked: AskingRepo, body: NewWebhook) -> Response:
    """Set up a webhook; its secret, which signs what is sent, is shown only here."""
    repo = asked.repo(Right.ADMIN)
    asked.hub.outgoing.require_enabled()
    notices.begin(asked.hub, repo)
    hook, secret = asked.hub.webhooks.add(
        repo, body.url, events=body.events, account=asked.caller.account
    )
    return _secret({**_shown(hook), "secret": secret}, status=201)


@router.get("")
def listed(asked: AskingRepo) -> dict[str, Any]:
    """List the webhooks, oldest first."""
    found = asked.hub.webhooks.hooks(asked.repo(Right.ADMIN))
    return {"items": [_shown(hook) for hook in found], "next": ""}


@router.get("/{hook_id}")
def show(asked: AskingRepo, hook_id: str) -> dict[str, Any]:
    """Return one webhook."""
    return _shown(_hook(asked, hook_id))


@router.post("/{hook_id}/secret")
def rotate(asked: AskingRepo, hook_id: str) -> Response:
    """Give a webhook a new secret; the old one ends at once, the new one is shown only here."""
    hook = _hook(asked, hook_id)
    return _secret({**_shown(hook), "secret": asked.hub.webhooks.new_secret(hook)})


@router.delete("/{hook_id}")
def remove(asked: AskingRepo, hook_id: str) -> dict[str, Any]:
    """End a webhook; what waits for it is dropped."""
    hook = _hook(asked, hook_id)
    asked.hub.webhooks.remove(hook)
    return {"removed": hook.id}


@router.get("/{hook_id}/deliveries")
def deliveries(
    asked: AskingRepo,
    hook_id: str,
    state: Literal["", "dead"] = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """List what was sent in the last thirty days, newest first; "dead" is what was given up."""
    hook = _hook(asked, hook_id)
    webhooks = asked.hub.webhooks
    found = (
        webhooks.dead(hook, limit=limit)
        if state == "dead"
        else webhooks.deliveries(hook, limit=limit)
    )
    return {"items": [_sent(delivery) for delivery in found], "next": ""}


@router.post("/{hook_id}/deliveries/{delivery_id}/redeliver", status_code=202)
def redeliver(asked: AskingRepo, hook_id: str, delivery_id: str) -> dict[str, Any]:
    """Send a delivery again, under the same id."""
    hook = _hook(asked, hook_id)
    asked.hub.webhooks.redeliver(hook, delivery_id)
    return {"id": delivery_id, "state": "waiting"}


def _hook(asked: Asked, hook_id: str) -> Hook:
    return asked.hub.webhooks.find(asked.repo(Right.ADMIN), hook_id)


def _shown(hook: Hook) -> dict[str, Any]:
    """Return a webhook as those see it who administer the repository: of its address the server."""
    return {
        "id": hook.id,
        "place": hook.place,
        "events": sorted(hook.events),
        "account": hook.account,
        "created_at": to_data(hook.created_at),
    }


def _sent(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": delivery.event,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "error": redacted(delivery.error),
        "created_at": to_data(delivery.created_at),
        "due_at": to_data(delivery.due_at),
        "body": delivery.body.decode(errors="replace"),
    }


def _secret(told: dict[str, Any], *, status: int = 200) -> Response:
    return JSONResponse(told, status_code=status, headers={"Cache-Control": "no-store"})
