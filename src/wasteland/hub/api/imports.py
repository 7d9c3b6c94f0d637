"""Turning the issues of another tracker into wanted items, as a client has read them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ...commons.data import to_data
from ...commons.imports.entries import Batch, Entry
from ...commons.imports.importer import Imports
from ..http.asked import AskingRepo
from ..tokens import Scope
from .place import PREFIX

router = APIRouter(prefix=PREFIX, tags=["commons"])

_MOST: Final = 500


class NewImport(BaseModel):
    """Entries to import, and how."""

    model_config = ConfigDict(extra="forbid")

    origin: str = Field("", max_length=1000)
    entries: list[Entry] = Field(max_length=_MOST)
    project: str = ""
    closed: bool = False
    update: bool = False
    op_id: str | None = None
    dry_run: bool = False


@router.post("/commons/{owner}/{database}/imports")
def import_entries(asked: AskingRepo, body: NewImport) -> dict[str, Any]:
    """Put entries on the board, in one commit; what was imported before is not added again."""
    asked.caller.need_scope(Scope.WRITE)
    session = asked.hub.session(asked.caller, asked.repo(), Imports, rig=asked.rig)
    report = session.import_entries(
        Batch(body.origin, body.entries),
        project=body.project,
        closed=body.closed,
        update=body.update,
        op_id=body.op_id or asked.op_id or None,
        dry_run=body.dry_run,
    )
    data: dict[str, Any] = to_data(report)
    return data
