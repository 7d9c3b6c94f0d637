"""Taking everything along: the board as JSON, the tables as CSV, the database as its file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse

from ...engines.base import MAIN
from ...hub import export as exported
from ...hub.export import tables
from ...protocol.errors import NotFound
from ...protocol.names import visible
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE, HERE

router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=[HERE])

_NO_STORE: Final = {"Cache-Control": "no-store"}


@router.get(f"{BASE}/export")
def offer(visit: Visiting) -> Response:
    """Show what can be taken along."""
    engine = visit.place.session.engine
    return shell.show(
        visit,
        "export",
        size_bytes=engine.size_bytes(),
        tables=sorted(engine.tables()),
        has_file=engine.dialect.name == "doltlite",
    )


@router.get(f"{BASE}/export/{{form}}")
def download(visit: Visiting) -> Response:
    """Send it."""
    form = visit.part("form")
    session = visit.place.session
    name = tables.plain(session.repo.name)
    if form == "json":
        return Response(
            exported.data(session), media_type="application/json", headers=_named(f"{name}.json")
        )
    if form == "csv":
        engine = session.engine
        archive = tables.archive(engine, engine.tables(), MAIN)
        return StreamingResponse(
            tables.parts(archive), media_type="application/zip", headers=_named(f"{name}.zip")
        )
    if form == "database" and session.engine.dialect.name == "doltlite":
        return _database(visit, f"{name}.db")
    raise NotFound(f"Nothing is exported as {visible(form)}.", hint="json, csv or database")


def _database(visit: Visit, name: str) -> Response:
    """Send a copy that was made while nobody wrote; it goes once it is sent."""
    hub, repo = visit.hub, visit.place.session.repo
    folder = tempfile.TemporaryDirectory(prefix="wasteland-export-")
    try:
        copy = Path(folder.name) / name
        hub.host.storage("doltlite").copy(repo, copy)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        copy,
        media_type="application/vnd.sqlite3",
        filename=name,
        headers=_NO_STORE,
        background=BackgroundTask(folder.cleanup),
    )


def _named(name: str) -> dict[str, str]:
    return {**_NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
