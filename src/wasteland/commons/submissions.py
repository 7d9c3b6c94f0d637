"""
Work that waits in open pull requests, for changes of reviewers that bring it along.

Existing clients accept and close such work by copying its completion into a change of their own.
The gate allows that for work which is really on offer, and could land as its rig's own change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from ..hosts.base import PullRequest, PullState
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Forbidden, NotFound
from ..protocol.gate import Submission, Verdict
from ..protocol.lean import dataclass
from ..protocol.records import Completion, Status, WantedItem
from . import queries
from .queries import Query
from .session import Seat, Session, branch_item, branch_rig

Judge = Callable[[Session, Query, Sequence[RowChange], Seat], Verdict]
"""As ``merge.judged``: the gate's word on rows by a seat, read on their own tree."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission and the pull request that offers it."""

    pull: PullRequest
    submission: Submission


def brought_along(
    session: Session, rows: Sequence[RowChange], rig: str, judge: Judge
) -> list[Waiting]:
    """
    Return the waiting submissions of other rigs that *rows*, a change by *rig*, may copy.

    Asks the host for nothing unless *rows* add a completion of another rig.
    """
    named = {
        (str(row.row.get("wanted_id")), str(row.row.get("completed_by")))
        for row in rows
        if _adds_work(row) and row.row.get("completed_by") != rig
    }
    if not named:
        return []
    items = sorted({item_id for item_id, _ in named})
    about = [pull for item_id in items for pull in session.pending_about(item_id)]
    pulls = [p for p in about if (branch_item(p), branch_rig(p)) in named]
    return [waiting for pull in pulls for waiting in _offered(session, pull, judge)]


def still_offered(session: Session, found: Sequence[Waiting]) -> list[Submission]:
    """Return those that nobody has withdrawn, settled or changed since they were found."""
    return [waiting.submission for waiting in found if _stands(session, waiting.pull)]


def end_settled(session: Session, rows: Sequence[RowChange]) -> None:
    """Close what else was offered for the items that *rows*, which have landed, complete."""
    for row in rows:
        if row.table == "wanted" and "status" in row.cells and _is_completed(row):
            work = [r for r in rows if r.table == "completions" and _item_of(r) == row.key]
            _end_with(session, row.key, [Completion.from_row(each.row) for each in work])


def end_decided(session: Session) -> None:
    """
    Close what is still offered for items that main says are completed.

    For hosts that merge by themselves: a decision lands there, and nobody here sees it land.
    """
    query = session.main()
    for item_id in sorted({branch_item(pull) for pull in session.pending()} - {""}):
        item = queries.one(query, WantedItem, item_id)
        if item and item.state is Status.COMPLETED:
            _end_with(session, item_id, queries.completions_of(query, item_id))


def end_rivals(
    session: Session, item_id: str, reason: str, kept: Mapping[str, str] | None = None
) -> None:
    """
    Close what else was offered for an item that is settled.

    Args:
        kept: Rig -> reason, for those whose work the item was completed with.
    """
    for pull in session.pending_about(item_id):
        why = (kept or {}).get(branch_rig(pull), reason)
        # It ended meanwhile; or its host lets others close it, and will.
        with suppress(Conflict, NotFound, Forbidden):
            session.host.end_pull(session.repo, pull.id, state=PullState.CLOSED, reason=why)


def _end_with(session: Session, item_id: str, work: Sequence[Completion]) -> None:
    """Close what was offered for an item that is completed with *work*."""
    is_stamped = any(each.stamp_id for each in work)
    word = "accepted" if is_stamped else "closed"
    kept = {str(each.completed_by): f"{word} as {each.id}" for each in work}
    reason = "another submission was accepted" if is_stamped else "the item was closed"
    end_rivals(session, item_id, reason, kept)


def _is_completed(row: RowChange) -> bool:
    return row.after is not None and WantedItem.from_row(row.after).state is Status.COMPLETED


def _item_of(row: RowChange) -> str:
    return str(row.row.get("wanted_id")) if row.after else ""


def _stands(session: Session, pull: PullRequest) -> bool:
    now = session.host.pull(session.repo, pull.id)
    return (now.state, now.head) == (PullState.OPEN, pull.head)


def _offered(session: Session, pull: PullRequest, judge: Judge) -> Iterator[Waiting]:
    rows = session.host.changes(pull)
    rig, item_id = branch_rig(pull), branch_item(pull)
    work = [Completion.from_row(row.row) for row in rows if _adds_work(row)]
    mine = [c for c in work if (c.wanted_id, c.completed_by) == (item_id, rig)]
    source = queries.at(session.host.engine(pull.source), pull.head)
    if mine and judge(session, source, rows, Seat(rig, session.account_of(pull))).allowed:
        url = _evidence_url(rows, item_id)
        for completion in mine:
            yield Waiting(pull, Submission(item_id, rig, completion.evidence or "", url))


def _adds_work(row: RowChange) -> bool:
    return row.table == "completions" and row.before is None


def _evidence_url(rows: Sequence[RowChange], item_id: str) -> str | None:
    items = [r for r in rows if (r.table, r.key) == ("wanted", item_id) and r.after]
    return WantedItem.from_row(items[0].row).evidence_url if items else None
