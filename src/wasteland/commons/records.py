"""
The records of moderation as they are read: all of them, those that a change refers to, the chain.

The table of a commons that an earlier version made lacks columns; it gets them before the first
record that needs them is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from ..protocol import chain
from ..protocol.diff import RowChange
from ..protocol.errors import Forbidden, NotFound, WastelandError
from ..protocol.moderation import Deed, Ledger, Target
from ..protocol.policy import Action, Policy
from ..protocol.records import Moderation, Rig, write_time
from ..protocol.rules_peers import blocking
from ..protocol.schema import MODERATION, Value
from .queries import Query
from .session import Session

_ALL: Final = "SELECT * FROM `wlx_moderation`"
_BLOCKS: Final = f"{_ALL} WHERE `action` IN ('block', 'unblock')"
# As ``Ledger`` says it of all records, for who only wants the number.
_WAITING: Final = """
SELECT COUNT(*) AS n FROM `wlx_moderation` AS asked WHERE asked.`action` IN ('report', 'appeal')
AND NOT EXISTS (SELECT 1 FROM `wlx_moderation` AS later
    WHERE later.`about` = asked.`id` AND later.`action` = 'answer')
AND (asked.`action` = 'report' OR NOT EXISTS (SELECT 1 FROM `wlx_moderation` AS ended
    WHERE (ended.`about` = asked.`about` AND ended.`action` = 'restore')
    OR (ended.`id` = asked.`about` AND ended.`expires_at` <= :at)))
"""
_MODERATORS: Final = "SELECT * FROM `rigs` WHERE `trust_level` >= :n ORDER BY `handle` LIMIT 50"


def rows(query: Query) -> list[dict[str, Value]]:
    """Return every record as stored; none on a commons that keeps none."""
    try:
        return query(_ALL, {})
    except NotFound:
        return []


def ledger(query: Query) -> Ledger:
    """Return every record, read together."""
    return Ledger(map(Moderation.from_row, rows(query)))


def blocked(query: Query) -> list[str]:
    """Return the peers that are blocked; none on a commons that keeps no records."""
    try:
        found = query(_BLOCKS, {})
    except NotFound:
        return []
    return [r.target or "" for r in Ledger(map(Moderation.from_row, found)).blocks()]


def count_waiting(query: Query, at: datetime) -> int:
    """Return how many reports and appeals wait for a moderator."""
    try:
        return int(query(_WAITING, {"at": write_time(at)})[0]["n"] or 0)
    except WastelandError:
        # The table of an earlier version holds neither.
        return 0


def refuse_blocked(query: Query, address: str) -> None:
    """
    Return if *address* lies with no peer that the commons has blocked.

    Raises:
        Forbidden: It does.
    """
    if peer := blocking(blocked(query), address):
        raise Forbidden(f"This commons has blocked {peer}.", hint="wl peer list", peer=peer)


def reported_items(changes: Iterable[RowChange]) -> set[str]:
    """Return the items that records among *changes* are about."""
    return {
        str(row.row.get("target"))
        for row in _added(changes)
        if row.row.get("target_type") == Target.ITEM
    }


def moderators(query: Query, changes: Iterable[RowChange], policy: Policy) -> dict[str, Rig]:
    """Return who may decide about others, by handle, where *changes* answer something."""
    least = policy.who(Action.MODERATE).trust
    answers = any(row.row.get("action") == Deed.ANSWER for row in _added(changes))
    if least is None or not answers:
        return {}
    return {str(row["handle"]): Rig.from_row(row) for row in query(_MODERATORS, {"n": least})}


def proposed(query: Query, changes: Sequence[RowChange]) -> dict[str, Any]:
    """Return what the gate is to know of records where *changes* add any; see ProposedChange."""
    new = {row.key for row in _added(changes)}
    if not new:
        return {}
    # The tree that is asked may hold the change already.
    before = [row for row in rows(query) if str(row["id"]) not in new]
    links = [row for row in before if row.get("seq") is not None]
    newest = max(links, key=lambda row: int(row["seq"] or 0), default=None)
    tip = chain.tip_of(newest) if newest else chain.beginning(before)
    return {"moderation": list(map(Moderation.from_row, before)), "tip": tip}


def need_columns(session: Session) -> None:
    """Give the table of records the columns that it lacks, on main."""
    missing = _missing(session)
    if not missing:
        return
    columns = [column for column in MODERATION.columns if column.name in missing]
    statements = [f"ALTER TABLE `{MODERATION.name}` ADD COLUMN `{c.name}` {c.sql}" for c in columns]
    statements += [
        f"CREATE INDEX `{name}` ON `{MODERATION.name}` (`{column}`)"
        for name, column in MODERATION.indexes
        if column in missing
    ]
    author, now = session.seat.rig or "wasteland", session.host.now()
    try:
        session.engine.run_ddl(statements, "Extend wlx_moderation", author=author, at=now)
    except WastelandError:
        # Another process may have been faster.
        if _missing(session):
            raise


def _missing(session: Session) -> set[str]:
    present = session.engine.tables().get(MODERATION.name, ())
    return set(MODERATION.column_names) - set(present)


def _added(changes: Iterable[RowChange]) -> list[RowChange]:
    return [row for row in changes if row.table == MODERATION.name and row.before is None]
