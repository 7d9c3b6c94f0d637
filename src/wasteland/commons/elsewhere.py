"""
Decisions on a host that merges by itself: what is judged here is offered, or merged, there.

Main is not written from here. A reviewer's rows go on a branch of their own, together with the
submission that they are about, and whoever keeps the database merges that branch.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..hosts import replay
from ..hosts.base import PullRequest
from ..protocol.diff import RowChange
from ..protocol.errors import AlreadyClaimed, Conflict, EngineError, MergeConflict, Stale
from ..protocol.records import Status, WantedItem
from ..protocol.schema import Row
from . import queries
from .merge import Landing, Plan, judged, offered_rows
from .queries import Query
from .session import Seat, Session, branch_rig


def bringing(session: Session, pull: PullRequest, plan: Plan) -> Plan:
    """
    Return the plan that repeats what *pull* offers and does *plan* on top, which reads its tree.

    Each row is one change from where the pull request left main, so that whatever main holds
    otherwise by now is a conflict.
    """

    def whole(query: Query) -> list[RowChange]:
        rows = offered_rows(session, pull)
        for row in rows:
            _need_undecided(query, row)
        offered = queries.at(session.host.engine(pull.source), pull.head)
        own = plan(offered)
        if branch_rig(pull) == session.seat.rig:
            # Both would be judged as one change of this rig, whose last step has its own rule.
            judged(session, offered, own, Seat(session.seat.rig, session.account_of())).require()
        return replay.net([*rows, *own])

    return whole


def need_mergeable(session: Session, rows: Sequence[RowChange]) -> None:
    """
    Return if main holds what *rows* began with, or what they write already.

    The host would find a conflict only when somebody merges them.

    Raises:
        AlreadyClaimed: Main says that another rig holds the item.
        MergeConflict: Main has other values in the same cells.
    """
    main = session.main()
    for row in rows:
        present = queries.row(main, row.table, row.key)
        if lost := _lost_claim(row, present):
            raise lost
        if cells := replay.conflicting(row, present):
            raise MergeConflict(
                f"The change of {row.table} {row.key} does not apply: main holds other values in "
                f"{', '.join(cells)}.",
                hint="wl sync",
                table=row.table,
                key=row.key,
                cells=cells,
            )


def merge_pull(session: Session, pull: PullRequest, *, rehearse: bool) -> Landing:
    """
    Have the host merge an open *pull* that the gate allows here.

    Raises:
        MergeConflict: Main has other values in the same cells.
        Stale: It went on while it was judged.
        Unavailable: What became of it is not known yet (``facts["unsure"]``).
    """
    rows = offered_rows(session, pull)
    offered = queries.at(session.host.engine(pull.source), pull.head)
    verdict = judged(session, offered, rows, Seat(branch_rig(pull), session.account_of(pull)))
    verdict.require()
    need_mergeable(session, rows)
    landing = Landing(rows=list(rows), verdict=verdict)
    if not rehearse:
        _need_unmoved(session, pull)
        landing.commit = _merged_as(session, pull, rows)
    return landing


def merged_before(session: Session, pull: PullRequest) -> Landing:
    """Return what merging *pull* did, which was asked for before; its rows where they are told."""
    if not pull.merged_as:
        return Landing()
    rows = session.engine.diff(f"{pull.merged_as}~1", pull.merged_as)
    return Landing(rows=rows, commit=pull.merged_as)


def _merged_as(session: Session, pull: PullRequest, rows: Sequence[RowChange]) -> str:
    """Return the commit on main that a merge made, "" where nothing tells it."""
    before = session.engine.head()
    try:
        merged = session.host.merge_pull(session.repo, pull.id)
    except EngineError as error:
        if not error.facts.get("unsure"):
            # Main may have moved since it was looked at; then that is why it failed.
            need_mergeable(session, rows)
        raise
    after = session.engine.head()
    return merged.merged_as or ("" if after == before else after)


def _lost_claim(row: RowChange, present: Row | None) -> AlreadyClaimed | None:
    """Return the error for an item that another rig took, None if that is not the matter."""
    if row.table != WantedItem.table or not present:
        return None
    theirs = WantedItem.from_row(present)
    known = {WantedItem.from_row(side).claimed_by for side in (row.before, row.after) if side}
    if not theirs.claimed_by or theirs.claimed_by in known or theirs.is_open_bounty:
        return None
    return AlreadyClaimed(
        f"{theirs.id} is {theirs.status} by {theirs.claimed_by}.",
        item_id=theirs.id,
        holder=theirs.claimed_by,
        status=theirs.status,
    )


def _need_undecided(query: Query, row: RowChange) -> None:
    """Raise Conflict for an item that is completed where the decision is to be written."""
    item = queries.one(query, WantedItem, row.key) if row.table == WantedItem.table else None
    if item and item.state is Status.COMPLETED:
        raise Conflict(
            f"{item.id} is completed already, on main or by a decision of yours that waits.",
            hint="wl inbox --mine",
            item_id=item.id,
            status=item.status,
        )


def _need_unmoved(session: Session, pull: PullRequest) -> None:
    """Raise Stale for a pull request that offers something else by now: it was not judged."""
    now = session.host.pull(session.repo, pull.id)
    if now.head != pull.head:
        raise Stale(
            f"Pull request {pull.id} has gone on while it was judged.",
            hint=f"wl review {pull.id}",
            pull=pull.id,
            head=now.head,
            expected=pull.head,
        )
