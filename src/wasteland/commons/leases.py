"""
Claims are leases: what is due goes back to the board before anyone reads it.

The clock is the host's. Renewals are host state and make no commits; a release is an ordinary
commit, so that every client sees the item open again. Only a commons of ours expires claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..engines.base import Change
from ..hosts import replay
from ..hosts.base import Settlement
from ..protocol.diff import RowChange
from ..protocol.lifecycle import unclaim
from ..protocol.records import Lease, Status, WantedItem, write_time
from . import queries
from .changes import changed, removed
from .queries import Query
from .session import Session

_DUE = "SELECT * FROM `wlx_leases` WHERE `expires_at` < :now ORDER BY `wanted_id` LIMIT 200"


def release_due(session: Session) -> list[str]:
    """
    Reopen items whose lease has ended; return their ids.

    Costs one indexed read when nothing is due.
    """
    if not session.is_owned:
        return []
    if not due(session):
        return []
    released: list[str] = []

    def settle(change: Change, _: Sequence[RowChange]) -> Settlement:
        released.clear()
        rows = _releases(change.query, _due(session, change.query), session.host.now())
        replay.apply(change, rows)
        released.extend(row.key for row in rows if row.table == "wanted")
        message = f"wl release: {' '.join(released) or 'nothing'}"
        return Settlement(message, "wasteland", session.host.now(), ["wanted", "wlx_leases"])

    session.host.merge(session.repo, (), settle)
    return released


def due(session: Session) -> list[str]:
    """Return the ids of items whose lease has ended, and release nothing."""
    return [lease.wanted_id for lease in _due(session, session.main())] if session.is_owned else []


def effective(session: Session, lease: Lease) -> Lease:
    """Return *lease* with its renewal counted in."""
    token, until = session.host.renewals(session.repo).get(lease.wanted_id, ("", None))
    if until and token == lease.token and lease.expires_at and until > lease.expires_at:
        return replace(lease, expires_at=until)
    return lease


def _due(session: Session, query: Query) -> list[Lease]:
    now = session.host.now()
    leases = [Lease.from_row(row) for row in query(_DUE, {"now": write_time(now)})]
    if not leases:
        return []
    return [lease for lease in leases if _ended(effective(session, lease), now)]


def _releases(query: Query, due: Sequence[Lease], now: datetime) -> list[RowChange]:
    rows: list[RowChange] = []
    for lease in due:
        rows.append(removed("wlx_leases", lease.to_row()))
        stored = queries.row(query, "wanted", lease.wanted_id)
        item = WantedItem.from_row(stored) if stored else None
        if stored and item and item.state is Status.CLAIMED and item.claimed_by == lease.holder:
            rows.append(changed(stored, item, unclaim(item, at=now)))
    return rows


def _ended(lease: Lease, now: datetime) -> bool:
    return lease.expires_at is not None and lease.expires_at < now
