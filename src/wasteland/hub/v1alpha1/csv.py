"""Tables as CSV, and all of a database as a ZIP of them."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from ...engines.base import Engine
from ...protocol.errors import NotFound
from ...protocol.names import visible
from ..export import tables
from ..http.asked import Asked, AskingRepo
from ..http.paths import segment

router = APIRouter(prefix="/csv", tags=["csv"])

_BOM: Final = "\ufeff"


@router.get(
    "/{owner}/{database}/{ref}/{table}",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def table(asked: AskingRepo, ref: str, table: str, include_bom: int = 1) -> Response:
    """Download a table at a branch, tag or commit."""
    engine, columns = _open(asked, segment(ref))
    name = segment(table)
    if name not in columns:
        raise NotFound(f"table not found: {visible(name)}", table=name)
    text = tables.lines(engine, name, columns[name], segment(ref))
    start = _BOM if include_bom else ""
    return StreamingResponse(
        tables.encoded(start, text),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{tables.plain(name)}.csv"'},
    )


@router.get(
    "/{owner}/{database}/{ref}",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
def whole(asked: AskingRepo, ref: str) -> Response:
    """Download all tables; one by one where they are larger than an archive may be."""
    engine, columns = _open(asked, segment(ref))
    name = tables.plain(asked.part("database"))
    return StreamingResponse(
        tables.parts(tables.archive(engine, columns, segment(ref))),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )


def _open(asked: Asked, ref: str) -> tuple[Engine, dict[str, tuple[str, ...]]]:
    engine = asked.hub.host.engine(asked.repo())
    try:
        return engine, engine.tables(ref=ref)
    except NotFound as error:
        raise NotFound("branch not found", ref=ref) from error
