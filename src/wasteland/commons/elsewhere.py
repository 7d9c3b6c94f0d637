"""
Decisions on a host that merges by itself: what is judged here is offered, or merged, there.

Main is not written from here. A reviewer's rows go on a branch of their own, together with the
submission that they are about, and whoever keeps the database merges that branch.
"""

from __future__ import annotations

from ..hosts import replay
from ..hosts.base import PullRequest
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Stale
from ..protocol.records import Status, WantedItem
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


def merge_pull(session: Session, pull: PullRequest, *, rehearse: bool) -> Landing:
    """
    Have the host merge an open *pull* that the gate allows here.

    Raises:
        Stale: It went on while it was judged.
        Unavailable: What became of it is not known yet (``facts["unsure"]``).
    """
    rows = offered_rows(session, pull)
    offered = queries.at(session.host.engine(pull.source), pull.head)
    verdict = judged(session, offered, rows, Seat(branch_rig(pull), session.account_of(pull)))
    verdict.require()
    landing = Landing(rows=list(rows), verdict=verdict)
    if not rehearse:
        _need_unmoved(session, pull)
        merged = session.host.merge_pull(session.repo, pull.id)
        landing.commit = merged.merged_as or session.engine.head()
    return landing


def merged_before(session: Session, pull: PullRequest) -> Landing:
    """Return what merging *pull* did, which was asked for before; its rows where they are told."""
    if not pull.merged_as:
        return Landing(commit=session.engine.head())
    rows = session.engine.diff(f"{pull.merged_as}~1", pull.merged_as)
    return Landing(rows=rows, commit=pull.merged_as)


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
