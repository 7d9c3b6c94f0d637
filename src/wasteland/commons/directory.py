"""The directory of rigs: sought, sorted and paged, with what each has done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ..engines.sql import containing
from ..protocol.errors import Invalid
from ..protocol.lean import dataclass
from ..protocol.moderation import Ledger
from ..protocol.names import visible
from ..protocol.records import Moderation, Rig
from ..protocol.schema import Value
from .queries import Query

SORTS: Final = ("handle", "newest", "trust")
_FIT: Final = """
FROM `rigs` WHERE (LOWER(`handle`) LIKE :like ESCAPE '!'
OR LOWER(`display_name`) LIKE :like ESCAPE '!' OR LOWER(`dolthub_org`) LIKE :like ESCAPE '!')
"""
# Each order with what comes after a row of it; rows that it cannot tell apart go by handle.
_SINCE: Final = "COALESCE(`registered_at`, '1970-01-01 00:00:01')"
_TRUST: Final = "COALESCE(`trust_level`, 0)"
_ORDERS: Final[Mapping[str, tuple[str, str]]] = {
    "handle": ("`handle`", "`handle` > :after"),
    "newest": (
        f"{_SINCE} DESC, `handle`",
        f"({_SINCE} < :value OR ({_SINCE} = :value AND `handle` > :after))",
    ),
    "trust": (
        f"{_TRUST} DESC, `handle`",
        f"({_TRUST} < :value OR ({_TRUST} = :value AND `handle` > :after))",
    ),
}
_END: Final[Mapping[str, Value]] = {"newest": "", "trust": -1}
_HELD: Final = "SELECT * FROM `wlx_moderation` WHERE `action` IN ('suspend', 'restore')"
_VALUES: Final = {"handle": "`handle`", "newest": _SINCE, "trust": _TRUST}


@dataclass(frozen=True, slots=True)
class Tally:
    """
    What a rig has done.

    Attributes:
        done: Completions that were accepted.
        stamps: Stamps about its work.
        suspensions: In force.
    """

    done: int = 0
    stamps: int = 0
    suspensions: tuple[Moderation, ...] = ()


def listed(
    query: Query, *, limit: int, search: str = "", sort: str = "handle", after: str = ""
) -> list[Rig]:
    """
    Return rigs in an order.

    Args:
        search: Part of a handle, a name or an account; "" for all.
        sort: handle, newest or trust (most first).
        after: The handle of the rig that the page follows; "" for the first page.
    Raises:
        Invalid: No such order.
    """
    if sort not in SORTS:
        raise Invalid(
            f"{visible(sort)} is no order: it is one of {', '.join(SORTS)}.",
            field="sort",
            value=visible(sort),
        )
    order, following = _ORDERS[sort]
    params: dict[str, Value] = {"n": limit, "like": containing(search.strip().lower())}
    where = ""
    if after:
        where = f" AND {following}"
        params["after"] = after
        if ":value" in following:
            params["value"] = _value(query, sort, after)
    rows = query(f"SELECT * {_FIT}{where} ORDER BY {order} LIMIT :n", params)
    return [Rig.from_row(row) for row in rows]


def count(query: Query, search: str = "") -> int:
    """Return how many rigs fit."""
    rows = query(f"SELECT COUNT(*) AS n {_FIT}", {"like": containing(search.strip().lower())})
    return int(rows[0]["n"] or 0)


def tallies(query: Query, handles: Iterable[str], *, at: datetime, owned: bool) -> dict[str, Tally]:
    """
    Return handle -> what each rig has done.

    Args:
        at: When suspensions are to be in force.
        owned: Whether the commons keeps moderation records.
    """
    names = list(handles)
    if not names:
        return {}
    given: dict[str, Value] = {f"h{number}": name for number, name in enumerate(names)}
    done = _counted(query, "`completions` WHERE `stamp_id` IS NOT NULL AND `completed_by`", given)
    stamps = _counted(query, "`stamps` WHERE `subject`", given)
    held = _suspended(query, given, at) if owned else []
    return {
        name: Tally(done.get(name, 0), stamps.get(name, 0), tuple(r for r in held if r.rig == name))
        for name in names
    }


def _counted(query: Query, what: str, given: Mapping[str, Value]) -> dict[str, int]:
    """Return handle -> how many rows; *what* ends with the column that names the rig."""
    column = what.rpartition(" ")[2]
    sql = (
        f"SELECT {column} AS who, COUNT(*) AS n FROM {what} IN ({_marks(given)}) GROUP BY {column}"
    )
    return {str(row["who"]): int(row["n"] or 0) for row in query(sql, dict(given))}


def _suspended(query: Query, given: Mapping[str, Value], at: datetime) -> list[Moderation]:
    sql = f"{_HELD} AND `rig` IN ({_marks(given)})"
    return Ledger(map(Moderation.from_row, query(sql, dict(given)))).suspensions(at)


def _marks(given: Mapping[str, Value]) -> str:
    return ", ".join(f":{name}" for name in given)


def _value(query: Query, sort: str, handle: str) -> Value:
    """Return what the order compares of the rig *handle*; its end where there is no such rig."""
    sql = f"SELECT {_VALUES[sort]} AS v FROM `rigs` WHERE `handle` = :handle"
    rows = query(sql, {"handle": handle})
    return rows[0]["v"] if rows else _END[sort]
