"""
The reads that operations share, each written once.

Every function takes ``query``: something that runs a SELECT on one state of the commons, be it an
engine at a ref (``at``) or an open change. Nothing here knows which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from ..engines.base import Engine, Params
from ..protocol.errors import Invalid, NotFound
from ..protocol.moderation import Ledger
from ..protocol.names import visible
from ..protocol.records import (
    Completion,
    Lease,
    Moderation,
    Record,
    Rig,
    RigLink,
    Stamp,
    WantedItem,
    write_time,
)
from ..protocol.schema import TABLES, Row, Value

Query = Callable[[str, Params], list[dict[str, Value]]]
R = TypeVar("R", bound=Record)

_MAX_ID = 64


def at(engine: Engine, ref: str = "main") -> Query:
    """Return the query function of *engine* at *ref*."""

    def query(sql: str, params: Params) -> list[dict[str, Value]]:
        return engine.read(sql, params, ref=ref)

    return query


def one(query: Query, record: type[R], key: str) -> R | None:
    """Return the record with this primary key, None if there is none."""
    rows = query(_by(record, TABLES[record.table].key), {"value": key})
    return record.from_row(rows[0]) if rows else None


def row(query: Query, table: str, key: str) -> Row | None:
    """Return the stored row with this primary key, None if there is none."""
    rows = query(f"SELECT * FROM `{table}` WHERE `{TABLES[table].key}` = :value", {"value": key})
    return rows[0] if rows else None


def where(query: Query, record: type[R], column: str, value: Value) -> list[R]:
    """Return the records whose *column* equals *value*, in the order of their keys."""
    key = TABLES[record.table].key
    rows = query(f"{_by(record, column)} ORDER BY `{key}`", {"value": value})
    return [record.from_row(row) for row in rows]


def _by(record: type[Record], column: str) -> str:
    return f"SELECT * FROM `{record.table}` WHERE `{column}` = :value"


def item(query: Query, item_id: str) -> WantedItem:
    """
    Return a wanted item.

    Raises:
        NotFound: No item has this id.
    """
    found = one(query, WantedItem, item_id)
    if found is None:
        raise missing(item_id)
    return found


def stored_item(query: Query, item_id: str) -> tuple[Row, WantedItem]:
    """
    Return a wanted item as stored and as a record, for a change of it.

    Raises:
        NotFound: No item has this id.
    """
    stored = row(query, "wanted", item_id)
    if stored is None:
        raise missing(item_id)
    return stored, WantedItem.from_row(stored)


def missing(item_id: str) -> NotFound:
    """Return the error for an id that no wanted item has."""
    return NotFound(
        f"No wanted item matches {visible(item_id)}.", hint="wl browse --status all", id=item_id
    )


_PREFIX = "SELECT `id` FROM `wanted` WHERE `id` >= :start AND `id` < :stop ORDER BY `id` LIMIT 4"


def item_id(query: Query, prefix: str) -> str:
    """
    Return the one id that begins with *prefix*; a whole id stands for itself.

    Raises:
        Invalid: Empty or too long, or several ids begin with it.
        NotFound: None does.
    """
    check_id(prefix)
    if query("SELECT `id` FROM `wanted` WHERE `id` = :value", {"value": prefix}):
        return prefix
    rows = query(_PREFIX, {"start": prefix, "stop": prefix + "\U0010ffff"})
    ids = [str(row["id"]) for row in rows]
    if not ids:
        raise missing(prefix)
    if len(ids) > 1:
        named = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
        raise Invalid(
            f"{visible(prefix)} fits several items: {named}.", field="id", value=prefix, ids=ids
        )
    return ids[0]


def check_id(text: str) -> str:
    """
    Return *text* if it can be an item's id or the beginning of one.

    Raises:
        Invalid: Empty, too long, or with characters that no id has.
    """
    if not text or len(text) > _MAX_ID or not text.isprintable() or " " in text:
        raise Invalid(
            f"{visible(text)} is no item id: 1 to {_MAX_ID} visible characters without spaces.",
            field="id",
            value=text,
            hint="wl browse",
        )
    return text


def meta(query: Query) -> dict[str, str | None]:
    """Return the settings of the commons."""
    rows = query("SELECT `key`, `value` FROM `_meta`", {})
    return {str(r["key"]): None if r["value"] is None else str(r["value"]) for r in rows}


def completions_of(query: Query, item_id: str) -> list[Completion]:
    """Return an item's completions, by id."""
    return where(query, Completion, "wanted_id", item_id)


def stamps_about(query: Query, completion_id: str) -> list[Stamp]:
    """Return the stamps about a completion, by id."""
    return where(query, Stamp, "context_id", completion_id)


# Inside a function the status is served by no index: that of claimers is to be used, as a rig
# holds few items where the board has many that are claimed.
_HELD = "`claimed_by` = :who AND COALESCE(`status`, 'open') = 'claimed'"


def open_claims(query: Query, handle: str) -> int:
    """Return how many items *handle* holds."""
    rows = query(f"SELECT COUNT(*) AS n FROM `wanted` WHERE {_HELD}", {"who": handle})
    return int(rows[0]["n"] or 0)


def held_by(query: Query, handle: str) -> list[WantedItem]:
    """Return the items that *handle* holds, a few hundred at most, by id."""
    sql = f"SELECT * FROM `wanted` WHERE {_HELD} ORDER BY `id` LIMIT {_AT_ONCE}"
    return [WantedItem.from_row(row) for row in query(sql, {"who": handle})]


def posts_since(query: Query, handle: str, at: datetime) -> int:
    """Return how many items *handle* posted in the day before *at*."""
    rows = query(
        "SELECT COUNT(*) AS n FROM `wanted` WHERE `posted_by` = :who AND `created_at` > :start",
        {"who": handle, "start": write_time(at - timedelta(days=1))},
    )
    return int(rows[0]["n"] or 0)


def open_submissions(query: Query, handle: str) -> int:
    """Return how many completions of *handle* wait for a decision."""
    rows = query(
        "SELECT COUNT(*) AS n FROM `completions` WHERE `completed_by` = :who "
        "AND `stamp_id` IS NULL AND `wanted_id` IN "
        "(SELECT `id` FROM `wanted` WHERE `status` = 'in_review')",
        {"who": handle},
    )
    return int(rows[0]["n"] or 0)


def registrations_since(query: Query, account: str, at: datetime) -> int:
    """Return how many rigs *account* registered in the day before *at*."""
    rows = query(
        "SELECT COUNT(*) AS n FROM `rigs` WHERE `dolthub_org` = :who AND `registered_at` > :start",
        {"who": account, "start": write_time(at - timedelta(days=1))},
    )
    return int(rows[0]["n"] or 0)


def suspensions(query: Query, handle: str, at: datetime) -> list[Moderation]:
    """Return the suspensions of *handle* in force at *at*, oldest first."""
    rows = query(_SUSPENSIONS, {"rig": handle})
    return Ledger(map(Moderation.from_row, rows)).suspensions(at) if rows else []


_SUSPENSIONS = (
    "SELECT * FROM `wlx_moderation` WHERE `rig` = :rig AND `action` IN ('suspend', 'restore')"
)


def leases(query: Query, item_ids: Iterable[str]) -> dict[str, Lease]:
    """Return the leases of these items, by wanted id."""
    found = map(Lease.from_row, _keyed(query, "SELECT *", "wlx_leases", item_ids))
    return {lease.wanted_id: lease for lease in found}


def records(query: Query, record: type[R], keys: Iterable[str]) -> dict[str, R]:
    """Return the records with these primary keys, by key; those that are missing are left out."""
    key = TABLES[record.table].key
    rows = _keyed(query, "SELECT *", record.table, keys)
    return {str(row[key]): record.from_row(row) for row in rows}


def items(query: Query, item_ids: Iterable[str]) -> list[WantedItem]:
    """Return these wanted items, those that there are, in no order."""
    return [WantedItem.from_row(row) for row in _keyed(query, "SELECT *", "wanted", item_ids)]


def rig_types(query: Query, handles: Iterable[str]) -> dict[str, str]:
    """Return what kind of rig each of *handles* is; "" for one that does not say."""
    rows = _keyed(query, "SELECT `handle`, `rig_type`", "rigs", handles)
    return {str(row["handle"]): str(row["rig_type"] or "") for row in rows}


def _keyed(query: Query, select: str, table: str, keys: Iterable[str]) -> Iterator[Row]:
    """Yield the rows of *table* with these primary keys, a few hundred by a statement."""
    wanted, column = iter(keys), TABLES[table].key
    while some := list(islice(wanted, _AT_ONCE)):
        named = {f"k{number}": key for number, key in enumerate(some)}
        among = ", ".join(f":{name}" for name in named)
        yield from query(f"{select} FROM `{table}` WHERE `{column}` IN ({among})", named)


_AT_ONCE = 200


def kin(query: Query, handles: Iterable[str]) -> tuple[dict[str, Rig], list[RigLink]]:
    """
    Return the rigs named, all that they are tied to, and the links among them.

    A yearbook rule must see through chains: parents and children, links, and rigs that share an
    account are followed, 200 rigs at most.
    """
    rigs: dict[str, Rig] = {}
    links: dict[str, RigLink] = {}
    waiting = list(handles)
    while waiting and len(rigs) < _MAX_KIN:
        handle = waiting.pop()
        rig = None if handle in rigs else one(query, Rig, handle)
        if rig is None:
            continue
        rigs[handle] = rig
        near = links_of(query, handle)
        links.update({link.id: link for link in near})
        tied = query(_TIED, {"rig": handle, "account": rig.dolthub_org, "n": _MAX_KIN})
        waiting += [str(row["handle"]) for row in tied]
        waiting += [rig.parent_rig or "", *(name for ln in near for name in (ln.rig_a, ln.rig_b))]
    return rigs, list(links.values())


_TIED = "SELECT `handle` FROM `rigs` WHERE `parent_rig` = :rig OR `dolthub_org` = :account LIMIT :n"


def links_of(query: Query, handle: str) -> list[RigLink]:
    """Return the links that name a rig; a commons older than links has none."""
    try:
        return [link for side in ("rig_a", "rig_b") for link in where(query, RigLink, side, handle)]
    except NotFound:
        return []


_MAX_KIN = 200


def named(rows: Iterable[Mapping[str, Value]], column: str) -> list[str]:
    """Return the distinct texts in one column."""
    return list(dict.fromkeys(str(r[column]) for r in rows if r.get(column) is not None))
