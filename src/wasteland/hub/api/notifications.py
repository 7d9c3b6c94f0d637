"""What the caller is told of its own work, and what of that its account has read."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ...commons.data import to_data
from ...hosts.base import RepoName
from ..http.asked import Asked, Asking, read_cursor
from ..notifications.records import Notification, advice, headline
from ..rights import Right
from ..tokens import Scope
from .place import PREFIX

router = APIRouter(prefix=f"{PREFIX}/notifications", tags=["notifications"])

_MOST: Final = 200
_PAGE: Final = 50


class Reading(BaseModel):
    """What was read, or is to count as new again."""

    model_config = ConfigDict(extra="forbid")

    commons: str = Field("", description="owner/name; all of them by default")
    serials: list[int] | None = Field(
        None, max_length=_MOST, description="which; all of them by default"
    )
    is_read: bool = True


@router.get("")
def listed(
    asked: Asking,
    commons: Annotated[str, Query(max_length=256)] = "",
    *,
    unread: bool = False,
    cursor: Annotated[str, Query(max_length=18)] = "",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE,
) -> dict[str, Any]:
    """List what the caller is told of its own work, newest first."""
    asked.caller.need_account()
    repo = _repo(asked, commons)
    found = asked.hub.notifications.of(
        asked.caller, repo, is_unread=unread, before=read_cursor(cursor), limit=limit + 1
    )
    shown = [told for told in found[:limit] if _may_see(asked, told.repo)]
    return {
        "items": [_shown(told) for told in shown],
        "unread": asked.hub.notifications.count_unread(asked.caller, repo),
        "next": str(found[limit - 1].serial) if len(found) > limit else "",
    }


@router.post("/read")
def read(asked: Asking, body: Reading) -> dict[str, Any]:
    """Note that the caller's account has read notifications, or has not."""
    asked.caller.need_scope(Scope.WRITE)
    repo = _repo(asked, body.commons)
    changed = asked.hub.notifications.read(
        asked.caller, repo, serials=body.serials, is_read=body.is_read
    )
    left = asked.hub.notifications.count_unread(asked.caller, repo)
    return {"changed": changed, "unread": left}


def _repo(asked: Asked, commons: str) -> RepoName | None:
    """Return the commons that is asked about, None for all."""
    if not commons:
        return None
    owner, _, name = commons.partition("/")
    return asked.hub.repo(asked.caller, owner, name)


def _may_see(asked: Asked, repo: RepoName) -> bool:
    return asked.hub.right(asked.caller, repo) >= Right.READ


def _shown(told: Notification) -> dict[str, Any]:
    data: dict[str, Any] = to_data(told)
    hidden = {"key", "recipient", "repo"}
    rest = {name: value for name, value in data.items() if name not in hidden}
    return {
        "commons": str(told.repo),
        "headline": headline(told),
        "advice": advice(told),
        **rest,
    }
