"""
Results longer than the host's limit, read page by page from one commit.

A host answers 1000 rows at most. Pages are cut with LIMIT and OFFSET, in an order that is the
same each time, and at a commit, so that rows that come meanwhile shift nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...protocol.schema import Value
from .database import ROW_LIMIT, Database

_LIMIT: Final = re.compile(r"\sLIMIT\s+(\d+)(?:\s+OFFSET\s+(\d+))?\s*\Z", re.IGNORECASE)
_ORDER: Final = re.compile(r"\sORDER\s+BY\s(?!.*\))", re.IGNORECASE | re.DOTALL)
_LITERAL: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)


def whole(database: Database, sql: str, commit: str) -> list[dict[str, Value]]:
    """Return all rows of a SELECT at *commit*, however many requests that takes."""
    page = database.read(sql, commit)
    if not page.is_cut:
        return page.rows
    return [row for found in pages(database, sql, commit) for row in found]


def pages(database: Database, sql: str, commit: str) -> Iterator[list[dict[str, Value]]]:
    """Yield all rows of a SELECT at *commit*, a page at a time."""
    plain, limit, start = _split(sql)
    if not _ORDER.search(_LITERAL.sub("''", plain)):
        plain = f"{plain} ORDER BY 1"
    yield from in_order(database, plain, commit, limit=limit, start=start)


def in_order(
    database: Database, sql: str, ref: str, *, limit: int | None = None, start: int = 0
) -> Iterator[list[dict[str, Value]]]:
    """Yield *limit* rows of a SELECT that has an order of its own, all for None, by the page."""
    done = 0
    while limit is None or done < limit:
        count = ROW_LIMIT if limit is None else min(ROW_LIMIT, limit - done)
        rows = database.read(f"{sql} LIMIT {count} OFFSET {start + done}", ref).rows
        if rows:
            yield rows
        done += len(rows)
        if len(rows) < count:
            return


def _split(sql: str) -> tuple[str, int | None, int]:
    """Return a statement without the LIMIT at its end, that limit, and its offset."""
    text = sql.rstrip().rstrip(";")
    found = _LIMIT.search(text)
    if found is None:
        return text, None, 0
    return text[: found.start()], int(found[1]), int(found[2] or 0)
