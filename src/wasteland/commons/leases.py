"""
Claims are leases: what is due goes back to the board before anyone reads it.

The clock is the host's. Renewals are host state and make no commits; a release is an ordinary
commit, so that every client sees the item open again. Only a commons of ours expires claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ..engines.base import Change
from ..hosts import replay
from ..hosts.base import Settlement
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict
from ..protocol.lifecycle import unclaim
from ..protocol.records import Lease, Status, WantedItem, write_time
from . import queries
from .changes import changed, removed
from .queries import Query
from .session import Session

_DUE = (
    "SELECT * FROM `wlx_leases` WHERE `expires_at` < :now AND `wanted_id` > :after "
    "ORDER BY `wanted_id` LIMIT 200"
)


def release_due(session: Session) -> list[str]:
    """
    Reopen items whose lease has ended; return their ids.

    Costs one indexed read when nothing is due.
    """
    if not session.is_owned or not due(session) or session.host.is_mirror(session.repo):
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
    return _renewed(lease, session.host.renewals(session.repo))


def ends(session: Session, query: Query, item_ids: Iterable[str]) -> dict[str, datetime]:
    """Return when the leases of these items end, by id; nothing of one that does not."""
    found = queries.leases(query, item_ids) if session.is_owned else {}
    renewals = session.host.renewals(session.repo) if found else {}
    last = ((name, _renewed(lease, renewals).expires_at) for name, lease in found.items())
    return {name: at for name, at in last if at}


def ending(session: Session, until: datetime) -> list[Lease]:
    """Return the leases that end before *until*, renewals counted in."""
    if not session.is_owned:
        return []
    found = list(_overdue(session.main(), until))
    renewals = session.host.renewals(session.repo) if found else {}
    return [each for each in (_renewed(lease, renewals) for lease in found) if _ended(each, until)]


def held(session: Session, query: Query, item: WantedItem) -> Lease:
    """
    Return the acting rig's lease of *item*, its renewal counted in.

    Raises:
        Conflict: Another holds the item, nobody does, or the lease has ended.
    """
    lease = queries.one(query, Lease, item.id)
    if lease is None or lease.holder != session.seat.rig or item.state is not Status.CLAIMED:
        raise Conflict(
            f"{item.id} is not claimed by {session.seat.rig}.", hint=f"wl show {item.id}"
        )
    lease = effective(session, lease)
    if _ended(lease, session.host.now()):
        raise Conflict(
            f"The claim of {session.seat.rig} on {item.id} has ended.", hint=f"wl claim {item.id}"
        )
    return lease


def _renewed(lease: Lease, renewals: Mapping[str, tuple[str, datetime]]) -> Lease:
    token, until = renewals.get(lease.wanted_id, ("", None))
    if until and token == lease.token and lease.expires_at and until > lease.expires_at:
        return replace(lease, expires_at=until)
    return lease


def _due(session: Session, query: Query) -> list[Lease]:
    now = session.host.now()
    leases = list(_overdue(query, now))
    if not leases:
        return []
    renewals = session.host.renewals(session.repo)
    return [lease for lease in leases if _ended(_renewed(lease, renewals), now)]


def _overdue(query: Query, now: datetime) -> Iterator[Lease]:
    """Yield the leases that have ended unless they were renewed, page by page."""
    after = ""
    while page := query(_DUE, {"now": write_time(now), "after": after}):
        yield from map(Lease.from_row, page)
        after = str(page[-1]["wanted_id"])


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
