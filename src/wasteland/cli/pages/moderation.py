"""Pages of moderation: what waits and what is in force, the log, blocked peers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons.audit import AuditLog
from ...commons.reports import Queue
from ...protocol.chain import Verified
from ...protocol.moderation import scope_of
from ...protocol.records import Moderation
from . import parts
from .item import section
from .listing import Column, Listing

_HASH: Final = 10
_COLUMNS: Final = (
    Column("NO"),
    Column("ID", rank=3),
    Column("WHAT"),
    Column("WHO", rank=1),
    Column("ABOUT", rank=1),
    Column("WHY", flexible=True),
    Column("HASH", rank=4),
    Column("AGE", rank=2),
)


def queue(found: Queue, now: datetime) -> RenderableType:
    """Return what waits for a moderator, then what is in force."""
    if not any((found.reports, found.appeals, found.suspensions, found.blocks)):
        return parts.empty("Nothing waits, nobody is suspended.", "wl audit")
    page: list[RenderableType] = []
    page += section("Reports", [_waiting(record, now) for record in found.reports])
    page += section("Appeals", [_waiting(record, now) for record in found.appeals])
    page += section("Suspended", [_suspended(record) for record in found.suspensions])
    page += section("Blocked", [_blocked(record, now) for record in found.blocks])
    waiting = [*found.appeals, *found.reports]
    next_ = [f"wl answer {waiting[0].id} dismissed --reason TEXT"] if waiting else []
    return Group(*page, *parts.commands("You may:", next_))


def log(found: AuditLog, now: datetime) -> RenderableType:
    """Return a page of the log, and how far its chain holds."""
    if not found.records:
        return parts.empty("Nothing is recorded.", "wl reports")
    rows = [_cells(record, now) for record in found.records]
    more = [f"wl audit --before {found.next}"] if found.next else []
    page = Group(Listing(_COLUMNS, rows), Text(), _verified(found.chain))
    return Group(page, *parts.commands("Earlier:", more))


def blocks(found: Sequence[Moderation], now: datetime) -> RenderableType:
    """Return the peers that are blocked."""
    if not found:
        return parts.empty("No peer is blocked.", "wl peer block PEER --reason TEXT")
    return Group(*(_blocked(record, now) for record in found))


def _waiting(record: Moderation, now: datetime) -> Text:
    about = parts.line(record.target or record.rig, "bold")
    who = parts.line(f"by {record.decided_by}", parts.QUIET)
    when = Text(parts.ago(record.created_at, now), parts.QUIET)
    head = [parts.line(record.id), parts.line(record.category), about, who]
    return parts.join([*head, parts.line(record.reason), when])


def _suspended(record: Moderation) -> Text:
    until = f"until {record.expires_at:%Y-%m-%d}" if record.expires_at else "until restored"
    return parts.join(
        [
            parts.line(record.rig, "bold"),
            f"from {scope_of(record).value}",
            until,
            parts.line(f"by {record.decided_by}", parts.QUIET),
            parts.line(record.reason),
        ]
    )


def _blocked(record: Moderation, now: datetime) -> Text:
    who = parts.line(f"by {record.decided_by}", parts.QUIET)
    when = Text(parts.ago(record.created_at, now), parts.QUIET)
    return parts.join([parts.line(record.target, "bold"), who, parts.line(record.reason), when])


def _cells(record: Moderation, now: datetime) -> list[Text]:
    what = parts.join([parts.line(record.action), parts.line(record.outcome, parts.QUIET)], " ")
    return [
        parts.line(record.seq, parts.QUIET),
        parts.line(record.id),
        what,
        parts.line(record.decided_by),
        parts.line(record.target or record.rig),
        parts.line(record.reason),
        parts.line((record.block_hash or "")[:_HASH], parts.QUIET),
        Text(parts.age(record.created_at, now), parts.QUIET),
    ]


def _verified(found: Verified) -> Text:
    if found.holds:
        return Text(f"Chain verified to {found.count}: {found.head[:_HASH]}", parts.GOOD)
    where = parts.line(found.broken_at, parts.BAD)
    return parts.join([Text("Chain breaks at", parts.BAD), where, parts.line(found.why)], " ")
