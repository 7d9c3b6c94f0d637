"""Tables as CSV, and all of a database as a ZIP of them."""

from __future__ import annotations

import csv
import io
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from ...engines.base import Engine
from ...engines.sql import quoted
from ...protocol.errors import LimitReached, NotFound, Unavailable
from ...protocol.names import visible
from ..http.asked import Asked, AskingRepo
from ..http.paths import segment

router = APIRouter(prefix="/csv", tags=["csv"])

_BOM: Final = "\ufeff"
_IN_MEMORY_BYTES: Final = 8_388_608
_CHUNK_ROWS: Final = 200
MOST_BYTES: Final = 2**30
"""How long the tables of one archive may be together."""
_PATIENCE_S: Final = 10.0
_MAKING: Final = threading.BoundedSemaphore(2)


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
    text = _text(engine, name, columns[name], segment(ref))
    start = _BOM if include_bom else ""
    return StreamingResponse(
        _encoded(start, text),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{_plain(name)}.csv"'},
    )


@router.get(
    "/{owner}/{database}/{ref}",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
def whole(asked: AskingRepo, ref: str) -> Response:
    """Download all tables; one by one where they are larger than an archive may be."""
    engine, columns = _open(asked, segment(ref))
    if not _MAKING.acquire(timeout=_PATIENCE_S):
        raise Unavailable("Other archives are being made.", hint="try again", retry_after_s=5)
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # sent later
    try:
        _archive(file, engine, columns, segment(ref))
    except BaseException:
        file.close()
        raise
    finally:
        _MAKING.release()
    return StreamingResponse(
        _parts(file),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{_plain(asked.part("database"))}.zip"'
        },
    )


def _archive(
    file: IO[bytes], engine: Engine, columns: Mapping[str, tuple[str, ...]], ref: str
) -> None:
    """Write all tables into *file*, and go to its beginning."""
    left = MOST_BYTES
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, names in columns.items():
            with archive.open(f"{_plain(name)}.csv", "w", force_zip64=True) as member:
                for part in _encoded("", _text(engine, name, names, ref)):
                    left -= len(part)
                    if left < 0:
                        raise LimitReached(
                            f"All tables together are longer than {MOST_BYTES} bytes.",
                            hint="download them one by one",
                            limit=MOST_BYTES,
                        )
                    member.write(part)
    file.seek(0)


def _open(asked: Asked, ref: str) -> tuple[Engine, dict[str, tuple[str, ...]]]:
    engine = asked.hub.host.engine(asked.repo())
    try:
        return engine, engine.tables(ref=ref)
    except NotFound as error:
        raise NotFound("branch not found", ref=ref) from error


def _text(engine: Engine, name: str, columns: tuple[str, ...], ref: str) -> Iterator[str]:
    """Yield a table's lines, a few hundred at a time."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for number, row in enumerate(engine.stream(f"SELECT * FROM {quoted(name)}", ref=ref), 1):
        writer.writerow(["" if row[column] is None else row[column] for column in columns])
        if number % _CHUNK_ROWS == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _encoded(start: str, text: Iterator[str]) -> Iterator[bytes]:
    yield start.encode()
    for part in text:
        yield part.encode(errors="replace")


def _parts(file: IO[Any]) -> Iterator[bytes]:
    with file:
        while part := file.read(65_536):
            yield part


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "_" for c in name)
