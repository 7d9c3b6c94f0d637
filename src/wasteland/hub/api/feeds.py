"""Atom feeds of boards and rigs, for those who may read them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from ... import __version__
from ...commons import leases, queries
from ...commons.board import Board
from ...engines.base import Params
from ...hosts.base import RepoName
from ...protocol.errors import NotFound
from ...protocol.names import visible
from ...protocol.records import Completion, Rig, Stamp, WantedItem
from .. import feeds
from ..feeds import MOST_ENTRIES, Site
from ..http.asked import Asked, AskingRepo

router = APIRouter(prefix="/feeds", tags=["feeds"])

_ITEMS: Final = """
SELECT * FROM `wanted` ORDER BY COALESCE(`updated_at`, `created_at`) DESC, `id` LIMIT :n
"""
_WORK: Final = """
SELECT * FROM `completions` WHERE `completed_by` = :rig
ORDER BY COALESCE(`validated_at`, `completed_at`) DESC, `id` LIMIT :n
"""
_STAMPS: Final = """
SELECT * FROM `stamps` WHERE `subject` = :rig ORDER BY `created_at` DESC, `id` LIMIT :n
"""
_ATOM: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/atom+xml": {}}}}


@router.get("/{owner}/{database}.atom", response_class=Response, responses=_ATOM)
def board(asked: AskingRepo) -> Response:
    """Return the items of a board that changed last."""

    def make(session: Board, self_url: str) -> bytes:
        rows = session.main()(_ITEMS, {"n": MOST_ENTRIES})
        items = [WantedItem.from_row(row) for row in rows]
        return feeds.board(_site(asked), session.repo, items, self_url=self_url)

    return _answer(asked, make)


@router.get("/{owner}/{database}/rigs/{handle}.atom", response_class=Response, responses=_ATOM)
def rig(asked: AskingRepo, handle: str) -> Response:
    """Return what a rig handed in, and the stamps that it was given."""

    def make(session: Board, self_url: str) -> bytes:
        query = session.main()
        if queries.one(query, Rig, handle) is None:
            raise NotFound(f"No rig here is called {visible(handle)}.", rig=handle)
        bound: Params = {"rig": handle, "n": MOST_ENTRIES}
        work = [Completion.from_row(row) for row in query(_WORK, bound)]
        stamps = [Stamp.from_row(row) for row in query(_STAMPS, bound)]
        return feeds.rig(_site(asked), session.repo, handle, work, stamps, self_url=self_url)

    return _answer(asked, make)


def _answer(asked: Asked, make: Callable[[Board, str], bytes]) -> Response:
    """Return a feed, or only that the reader has it already."""
    session = asked.hub.session(asked.caller, _commons(asked), Board)
    leases.release_due(session)
    self_url = str(asked.request.url.replace(query="", fragment=""))
    known = f"{__version__} {session.engine.head()} {self_url}"
    tag = f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Authorization"}
    if asked.has(tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = feeds.CONTENT_TYPE
    return Response(make(session, self_url), headers=headers)


def _commons(asked: Asked) -> RepoName:
    repo = asked.hub.upstream(asked.repo())
    if not asked.hub.is_commons(repo):
        raise NotFound(f"{repo} is no commons, and has no feed.", repo=str(repo))
    return repo


def _site(asked: Asked) -> Site:
    names = asked.hub.options.hosts
    return Site(str(asked.request.base_url).rstrip("/"), names[0] if names else "localhost")
