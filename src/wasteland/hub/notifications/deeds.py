"""What a commit of main means to those whose work it concerns, and a lease that ends soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ...commons import queries
from ...commons.session import branch_rig
from ...engines.base import Commit
from ...protocol.diff import RowChange
from ...protocol.moderation import Deed
from ...protocol.records import Completion, Lease, Moderation, Stamp, Status, WantedItem
from .. import news
from .records import Kind, Notification
from .telling import Telling

_TABLES: Final = ("wanted", "completions", "stamps", "wlx_moderation")
_RELEASER: Final = "wasteland"
"""The author of commits that put items back whose lease has ended."""
_DEEDS: Final[Mapping[str, Kind]] = {
    Deed.SUSPEND: Kind.SUSPENDED,
    Deed.RESTORE: Kind.RESTORED,
}


class Deeds(Telling):
    """Makes notifications of the commits of one commons, and of leases that end."""

    def of_commit(self, prev: str, commit: Commit) -> Iterator[Notification]:
        """Yield what a commit of main, which follows *prev*, means to rigs that did not make it."""
        changes = self.engine.diff(prev, commit.hash, tables=_TABLES)
        if not changes:
            return
        operation = news.operation_of(self.hub, self.repo, commit)
        by = operation.actor if operation else commit.author
        yield from self._of_work(changes, commit, by)
        yield from self._of_moderation(changes, commit)
        reason = next((r.reason or "" for r in _moderated(changes)), "")
        for change in changes:
            if change.table == WantedItem.table and change.before and change.after:
                found = self._of_item(change, commit, by, is_settled=_validates(changes))
                yield from (replace(each, reason=each.reason or reason) for each in found)

    def _of_work(
        self, changes: Sequence[RowChange], commit: Commit, by: str
    ) -> Iterator[Notification]:
        stamps = {
            c.key: Stamp.from_row(c.after) for c in changes if c.table == "stamps" and c.after
        }
        for change in changes:
            if change.table != Completion.table:
                continue
            work = Completion.from_row(change.row)
            rig, item = work.completed_by or "", work.wanted_id or ""
            if change.after is None:
                reason = commit.message.splitlines()[0].partition(" — ")[2]
                yield from self._told(Kind.REJECTED, rig, by, commit, item, reason=reason)
            elif work.validated_by and not _was_validated(change):
                stamp = stamps.get(work.stamp_id or "")
                yield from self._told(
                    Kind.ACCEPTED,
                    rig,
                    work.validated_by,
                    commit,
                    item,
                    reason=(stamp.message if stamp else "") or "",
                    stamp=work.stamp_id or "",
                )

    def _of_item(
        self, change: RowChange, commit: Commit, by: str, *, is_settled: bool
    ) -> Iterator[Notification]:
        assert change.before is not None  # noqa: S101  # the caller looked
        before, after = WantedItem.from_row(change.before), WantedItem.from_row(change.row)
        holder = before.claimed_by or ""
        if before.state is not Status.CLAIMED and before.state is after.state:
            return
        if after.state is Status.WITHDRAWN:
            for rig in self._concerned(before):
                yield from self._told(Kind.WITHDRAWN, rig, by, commit, after.id)
        elif after.state is Status.COMPLETED and not is_settled:
            for work in queries.completions_of(self.query, after.id):
                yield from self._told(Kind.CLOSED, work.completed_by or "", by, commit, after.id)
        elif before.state is Status.CLAIMED and after.state is Status.OPEN:
            kind = Kind.LEASE_ENDED if commit.author == _RELEASER else Kind.TAKEN_BACK
            who = "" if kind is Kind.LEASE_ENDED else by
            yield from self._told(kind, holder, who, commit, after.id)
        elif before.state is after.state is Status.CLAIMED and after.claimed_by != holder:
            yield from self._told(Kind.HANDED_OVER, after.claimed_by or "", by, commit, after.id)

    def _of_moderation(
        self, changes: Sequence[RowChange], commit: Commit
    ) -> Iterator[Notification]:
        for record in _moderated(changes):
            kind, rig = _DEEDS.get(record.action), record.rig
            if record.action == Deed.ANSWER:
                answered = queries.one(self.query, Moderation, record.about or "")
                kind, rig = Kind.ANSWERED, answered.decided_by if answered else ""
            if kind:
                yield from self._told(
                    kind,
                    rig,
                    record.decided_by,
                    commit,
                    key=record.id,
                    title=" ".join(filter(None, (record.outcome, record.scope))),
                    reason=record.reason or "",
                    until=record.expires_at,
                )

    def _concerned(self, item: WantedItem) -> list[str]:
        """Return the rigs that a withdrawal concerns: poster, holder, and who has offered work."""
        pulls = self.hub.host.pulls_about(self.repo, item.id)
        rigs = [item.posted_by or "", item.claimed_by or "", *map(branch_rig, pulls)]
        return list(dict.fromkeys(rig for rig in rigs if rig))

    def _told(
        self,
        kind: Kind,
        rig: str,
        by: str,
        commit: Commit,
        item: str = "",
        *,
        key: str = "",
        title: str = "",
        **more: Any,
    ) -> Iterator[Notification]:
        recipient = self.owner_of(rig)
        if not rig or rig == by or self.is_own(by, recipient):
            return
        yield Notification(
            key=f"{commit.hash} {key or item} {kind}",
            repo=self.repo,
            recipient=recipient,
            rig=rig,
            kind=kind,
            at=commit.at,
            item=item,
            title=title or self.title(item),
            by=by,
            **more,
        )

    def of_lease(self, lease: Lease, now: datetime) -> Notification | None:
        """Return what to tell the holder of a lease that ends soon."""
        item = queries.one(self.query, WantedItem, lease.wanted_id)
        if item is None or lease.expires_at is None:
            return None
        return Notification(
            key=f"lease {lease.token} {lease.expires_at:%Y%m%d%H%M%S}",
            repo=self.repo,
            recipient=self.owner_of(lease.holder),
            rig=lease.holder,
            kind=Kind.LEASE_ENDING,
            at=now,
            item=item.id,
            title=item.title,
            until=lease.expires_at,
        )


def _validates(changes: Sequence[RowChange]) -> bool:
    """Return whether *changes* accept work."""
    return any(
        c.table == Completion.table and c.after and c.row.get("validated_by") for c in changes
    )


def _moderated(changes: Sequence[RowChange]) -> list[Moderation]:
    """Return the deeds of moderation that *changes* record."""
    found = [c for c in changes if c.table == Moderation.table and c.before is None]
    return [Moderation.from_row(change.row) for change in found]


def _was_validated(change: RowChange) -> bool:
    return bool(change.before and change.before.get("validated_by"))
