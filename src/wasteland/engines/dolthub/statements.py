"""
What the statements of a change are about: their table, and how many rows they will touch.

A host that takes one statement a request says "success" to a write that found no row. So each is
asked for its rows before it is sent, by turning it into a SELECT. The forms are those that the SDK
writes; any other is refused.
"""

from __future__ import annotations

import re
from typing import Final

from ...protocol.errors import Unsupported
from ...protocol.names import visible

_TARGET: Final = re.compile(
    r"\s*(?P<verb>INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:`(?P<quoted>[^`]+)`|(?P<plain>\w+))\s*",
    re.IGNORECASE,
)
_VALUES: Final = re.compile(
    r"\([^()]*\)\s*VALUES\s*\((?:[^()']|'(?:[^']|'')*')*\)\s*\Z", re.IGNORECASE
)
_WHERE: Final = re.compile(r"\sWHERE\s(?P<condition>.*)\Z", re.IGNORECASE | re.DOTALL)


def table_of(sql: str) -> str:
    """
    Return the table that a write changes.

    Raises:
        Unsupported: It is no plain INSERT, UPDATE or DELETE.
    """
    found = _matched(sql)
    return found["quoted"] or found["plain"]


def counting(sql: str) -> str | None:
    """
    Return the SELECT that counts the rows of a write as ``n``; None for an INSERT of one row.

    Raises:
        Unsupported: It cannot be told beforehand.
    """
    found = _matched(sql)
    rest = sql[found.end() :]
    verb = found["verb"].upper()
    if verb.startswith("INSERT"):
        if not _VALUES.match(rest):
            raise _unsupported(sql)
        return None
    table = found["quoted"] or found["plain"]
    where = _WHERE.search(f" {rest}")
    condition = f" WHERE {where['condition']}" if where else ""
    return f"SELECT COUNT(*) AS n FROM `{table}`{condition}"


def _matched(sql: str) -> re.Match[str]:
    found = _TARGET.match(sql)
    if found is None:
        raise _unsupported(sql)
    return found


def _unsupported(sql: str) -> Unsupported:
    return Unsupported(
        f"This host takes plain statements on one table only, not {visible(sql)}.", sql=sql
    )
