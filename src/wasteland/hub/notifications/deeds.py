"""What a commit, the end of a pull request, a remark or an opinion means to those it concerns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from ...commons import queries
from ...commons.session import branch_item, branch_rig
from ...engines.base import Commit
from ...hosts.base import Comment, PullRequest, PullState, RepoName
from ...protocol.diff import RowChange
from ...protocol.errors import NotFound
from ...protocol.records import Completion, Lease, Rig, Stamp, Status, WantedItem
from .. import news
from ..hub import Hub
from ..verdicts import Opined, Opinion
from .records import Kind, Notification

_TABLES: Final = ("wanted", "completions", "stamps")
_RELEASER: Final = "wasteland"
"""The author of commits that put items back whose lease has ended."""
_OPINIONS: Final = {
    Opinion.APPROVED: Kind.APPROVED,
    Opinion.CHANGES_REQUESTED: Kind.CHANGES_REQUESTED,
}
_TOLD_BY_MAIN: Final = ("accepted as ", "closed as ")
"""How the end of a pull request begins whose work a commit on main tells of."""
_OWN_END: Final = "taken back by its author"


class Deeds:
    """Makes notifications of one commons; nobody is told of what they did themselves."""

    def __init__(self, hub: Hub, repo: RepoName) -> None:
        self._hub = hub
        self._repo = repo
        self._engine = hub.host.engine(repo)
        self._query = queries.at(self._engine)
        self._owners: dict[str, str] = {}
        self._titles: dict[str, str] = {}

    # --- main

    def of_commit(self, prev: str, commit: Commit) -> Iterator[Notification]:
        """Yield what a commit of main, which follows *prev*, means to rigs that did not make it."""
        changes = self._engine.diff(prev, commit.hash, tables=_TABLES)
        if not changes:
            return
        operation = news.operation_of(self._hub, self._repo, commit)
        by = operation.actor if operation else commit.author
        yield from self._of_work(changes, commit, by)
        for change in changes:
            if change.table == WantedItem.table and change.before and change.after:
                yield from self._of_item(change, commit, by, is_settled=_validates(changes))

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
            for work in queries.completions_of(self._query, after.id):
                yield from self._told(Kind.CLOSED, work.completed_by or "", by, commit, after.id)
        elif before.state is Status.CLAIMED and after.state is Status.OPEN:
            kind = Kind.LEASE_ENDED if commit.author == _RELEASER else Kind.TAKEN_BACK
            who = "" if kind is Kind.LEASE_ENDED else by
            yield from self._told(kind, holder, who, commit, after.id)
        elif before.state is after.state is Status.CLAIMED and after.claimed_by != holder:
            yield from self._told(Kind.HANDED_OVER, after.claimed_by or "", by, commit, after.id)

    def _concerned(self, item: WantedItem) -> list[str]:
        """Return the rigs that a withdrawal concerns: poster, holder, and who has offered work."""
        pulls = self._hub.host.pulls_about(self._repo, item.id)
        rigs = [item.posted_by or "", item.claimed_by or "", *map(branch_rig, pulls)]
        return list(dict.fromkeys(rig for rig in rigs if rig))

    # --- pull requests

    def of_end(self, pull: PullRequest) -> Iterator[Notification]:
        """Yield what the end of a pull request means to who offered it."""
        if pull.state is PullState.MERGED:
            operation = news.merging(self._hub, pull)
            receipt = (operation.receipt or {}) if operation else {}
            if receipt.get("operation") not in {"accept", "close"}:
                yield from self._of_pull(Kind.MERGED, pull, operation.actor if operation else "")
        elif not pull.reason.startswith(_TOLD_BY_MAIN) and pull.reason != _OWN_END:
            by, is_rejected = self._closer(pull)
            kind = Kind.REJECTED if is_rejected else Kind.CLOSED
            yield from self._of_pull(kind, pull, by, reason=pull.reason)

    def of_remark(self, serial: int, pull_id: str, remark: Comment) -> Iterator[Notification]:
        """Yield what a remark means to who offered the pull request."""
        pull = self._pull(pull_id)
        # The reason of a rejection is a remark too, and told with it.
        if pull and not (pull.state is PullState.CLOSED and pull.reason == remark.body):
            yield from self._of_pull(
                Kind.COMMENTED,
                pull,
                remark.author,
                reason=remark.body,
                at=remark.created_at,
                key=f"remark {serial}",
            )

    def of_opinion(self, serial: int, pull_id: str, said: Opined) -> Iterator[Notification]:
        """Yield what a reviewer's opinion means to who offered the pull request."""
        if pull := self._pull(pull_id):
            yield from self._of_pull(
                _OPINIONS[said.opinion],
                pull,
                said.rig,
                reason=said.body,
                at=said.at,
                key=f"opinion {serial}",
            )

    def _closer(self, pull: PullRequest) -> tuple[str, bool]:
        """Return who closed a pull request, "" where nobody knows, and whether to reject it."""
        operation = self._hub.host.state.journal.about_pull(self._repo, pull.id)
        if operation and operation.receipt:
            return operation.actor, operation.receipt.get("operation") == "reject"
        words = pull.reason.removeprefix("closed by ")
        return (words if words != pull.reason else ""), False

    def _pull(self, pull_id: str) -> PullRequest | None:
        try:
            return self._hub.host.pull(self._repo, pull_id)
        except NotFound:
            return None

    def _of_pull(
        self,
        kind: Kind,
        pull: PullRequest,
        by: str,
        *,
        reason: str = "",
        at: datetime | None = None,
        key: str = "",
    ) -> Iterator[Notification]:
        item = branch_item(pull)
        if self._is_own(by, pull.author.casefold()):
            return
        yield Notification(
            key=key or f"pull {pull.id} {pull.state}",
            repo=self._repo,
            recipient=pull.author.casefold(),
            rig=branch_rig(pull),
            kind=kind,
            at=at or pull.updated_at,
            item=item,
            title=self._title(item) or pull.title,
            pull=pull.id,
            by=by,
            reason=reason,
        )

    # --- to whom

    def _told(
        self, kind: Kind, rig: str, by: str, commit: Commit, item: str, **more: Any
    ) -> Iterator[Notification]:
        recipient = self.owner_of(rig)
        if not rig or rig == by or self._is_own(by, recipient):
            return
        yield Notification(
            key=f"{commit.hash} {item} {kind}",
            repo=self._repo,
            recipient=recipient,
            rig=rig,
            kind=kind,
            at=commit.at,
            item=item,
            title=self._title(item),
            by=by,
            **more,
        )

    def of_lease(self, lease: Lease, now: datetime) -> Notification | None:
        """Return what to tell the holder of a lease that ends soon."""
        item = queries.one(self._query, WantedItem, lease.wanted_id)
        if item is None or lease.expires_at is None:
            return None
        return Notification(
            key=f"lease {lease.token} {lease.expires_at:%Y%m%d%H%M%S}",
            repo=self._repo,
            recipient=self.owner_of(lease.holder),
            rig=lease.holder,
            kind=Kind.LEASE_ENDING,
            at=now,
            item=item.id,
            title=item.title,
            until=lease.expires_at,
        )

    def owner_of(self, handle: str) -> str:
        """Return the namespace that a rig belongs to, folded; its own name where none is known."""
        if handle not in self._owners:
            rig = queries.one(self._query, Rig, handle) if handle else None
            self._owners[handle] = ((rig.dolthub_org if rig else "") or handle).casefold()
        return self._owners[handle]

    def _is_own(self, by: str, recipient: str) -> bool:
        """Return whether a rig, or an account, that did something is the recipient itself."""
        return bool(by) and recipient in {by.casefold(), self.owner_of(by)}

    def _title(self, item_id: str) -> str:
        if item_id not in self._titles:
            item = queries.one(self._query, WantedItem, item_id) if item_id else None
            self._titles[item_id] = item.title if item else ""
        return self._titles[item_id]


def _validates(changes: Sequence[RowChange]) -> bool:
    """Return whether *changes* accept work."""
    return any(
        c.table == Completion.table and c.after and c.row.get("validated_by") for c in changes
    )


def _was_validated(change: RowChange) -> bool:
    return bool(change.before and change.before.get("validated_by"))
