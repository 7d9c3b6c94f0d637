"""Tables of a database as CSV, a few hundred lines at a time, and all of them as one archive."""

from __future__ import annotations

import csv
import io
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

from ...engines.base import Engine
from ...engines.sql import quoted
from ...protocol.errors import LimitReached, Unavailable

MOST_BYTES: Final = 2**30
"""How long the tables of one archive may be together."""
_IN_MEMORY_BYTES: Final = 8_388_608
_CHUNK_ROWS: Final = 200
_PATIENCE_S: Final = 10.0
_MAKING: Final = threading.BoundedSemaphore(2)


def archive(engine: Engine, columns: Mapping[str, tuple[str, ...]], ref: str) -> IO[bytes]:
    """
    Return a ZIP of tables, at its beginning; the caller closes it.

    Args:
        columns: Table -> its columns.
    Raises:
        LimitReached: The tables are longer than one archive may be.
        Unavailable: Others are being made.
    """
    if not _MAKING.acquire(timeout=_PATIENCE_S):
        raise Unavailable("Other archives are being made.", hint="try again", retry_after_s=5)
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # sent later
    try:
        _fill(file, engine, columns, ref)
    except BaseException:
        file.close()
        raise
    finally:
        _MAKING.release()
    return file


def lines(engine: Engine, name: str, columns: tuple[str, ...], ref: str) -> Iterator[str]:
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


def encoded(start: str, text: Iterator[str]) -> Iterator[bytes]:
    """Yield *text* as it is sent, after *start*."""
    yield start.encode()
    for part in text:
        yield part.encode(errors="replace")


def parts(file: IO[Any]) -> Iterator[bytes]:
    """Yield a file's bytes, and close it."""
    with file:
        while part := file.read(65_536):
            yield part


def plain(name: str) -> str:
    """Return a name that every file system takes."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "_" for c in name)


def _fill(
    file: IO[bytes], engine: Engine, columns: Mapping[str, tuple[str, ...]], ref: str
) -> None:
    """Write all tables into *file*, and go to its beginning."""
    left = MOST_BYTES
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, names in columns.items():
            with zipped.open(f"{plain(name)}.csv", "w", force_zip64=True) as member:
                for part in encoded("", lines(engine, name, names, ref)):
                    left -= len(part)
                    if left < 0:
                        raise LimitReached(
                            f"All tables together are longer than {MOST_BYTES} bytes.",
                            hint="download them one by one",
                            limit=MOST_BYTES,
                        )
                    member.write(part)
    file.seek(0)
