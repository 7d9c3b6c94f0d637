"""What copies of a commons follow its main by: the rows that changed, or all of them in pages."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ...commons import leases
from ...commons.data import to_data
from ...commons.following import EngineSource
from ...commons.session import Session
from ...protocol.errors import NotFound
from ..http.asked import AskingRepo
from .place import PREFIX

router = APIRouter(prefix=PREFIX, tags=["commons"])


@router.get("/commons/{owner}/{database}/changes")
def changes(asked: AskingRepo, after: Annotated[str, Query(max_length=64)] = "") -> dict[str, Any]:
    """
    Say which rows of main differ from the commit *after*.

    Where that cannot be told, or is too much, ``is_whole`` is false and ``tables`` names what to
    read anew, at ``head``.
    """
    repo = asked.repo()
    session = asked.hub.session(asked.caller, repo, Session)
    with suppress(NotFound):  # a database without tables of ours expires nothing
        leases.release_due(session)
    pending = asked.hub.host.state.pulls.count_open(repo)
    found = replace(EngineSource(lambda: session.engine).changes(after), pending=pending)
    data: dict[str, Any] = to_data(found)
    return data


@router.get("/commons/{owner}/{database}/tables/{table}/rows")
def rows(
    asked: AskingRepo,
    table: str,
    at: Annotated[str, Query(max_length=64)],
    after: Annotated[str | None, Query(max_length=1024)] = None,
) -> dict[str, Any]:
    """Return the rows of a table at the commit *at* whose keys follow *after*, by key."""
    repo = asked.repo()
    data: dict[str, Any] = to_data(
        EngineSource(lambda: asked.hub.host.engine(repo)).page(table, at, after)
    )
    return data
