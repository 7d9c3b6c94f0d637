"""
Moving main: load the authority, ask the gate, write amendments, commit.

This is the only caller of ``Host.merge``. A pull request is judged as its author's change first;
what its reviewer adds in the same commit is judged as the reviewer's.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..engines.base import Change, Commit, Statement
from ..hosts import replay
from ..hosts.base import PullRequest, Settlement
from ..protocol.diff import RowChange
from ..protocol.errors import Unsupported
from ..protocol.gate import Authority, Verdict, judge
from . import queries
from .authority import load_authority, proposed
from .queries import Query
from .recovery import including
from .session import Seat, Session, branch_rig

Plan = Callable[[Query], Sequence[RowChange]]
"""Reads the state that will be written and returns the rows to change; raises to refuse."""


@dataclass(slots=True)
class Landing:
    """
    What a change did to main, or would do.

    Attributes:
        rows: Every row changed, amendments included.
        statements: What ran.
        authority: What main said about the acting rig before; None for what landed earlier.
        commit: Hash; "" for a rehearsal.
    """

    rows: list[RowChange] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    authority: Authority | None = None
    commit: str = ""


@dataclass(frozen=True, slots=True)
class _Offered:
    """What a pull request brings: whose it is, its newest commit, its net row changes."""

    rig: str
    newest: Commit
    rows: Sequence[RowChange]


class _Rehearsed(Exception):  # not an error: it unwinds a rehearsal
    """Carries a dry run out of the transaction, which rolls back."""


def land(
    session: Session,
    plan: Plan,
    *,
    message: str,
    pull: PullRequest | None = None,
    rehearse: bool = False,
) -> Landing:
    """
    Bring *pull* and the rows of *plan* to main in one commit, if the gate allows both.

    Args:
        plan: Reads the merged tree; may return nothing.
        message: Whole commit message, with trailers.
        rehearse: Do everything but the commit.
    Raises:
        Forbidden, Conflict, Invalid: As the gate, the plan or the replay say; main is untouched.
    """
    landing = Landing()
    offered = _offered(session, pull) if pull else None

    def settle(change: Change, replayed: Sequence[RowChange]) -> Settlement:
        landing.rows, landing.statements = [], change.statements
        # The merge lock is held: main's head is what the change is judged against.
        engine = session.engine
        before = queries.at(engine, engine.head()) if pull else change.query
        if pull:
            seat = Seat(branch_rig(pull), session.account_of(pull))
            amendments = _admit(session, change, before, replayed, seat, landing)
            replay.apply(change, amendments)
        own = replay.net(plan(change.query))
        seat = Seat(session.seat.rig, session.account_of())
        amendments = _admit(session, change, before, own, seat, landing)
        replay.apply(change, replay.net([*own, *amendments]))
        if rehearse:
            raise _Rehearsed
        return _settlement(session, message, landing.rows, None if own else offered)

    if offered:
        message = including(message, offered.newest.message)
    with contextlib.suppress(_Rehearsed):
        changes = offered.rows if offered else ()
        landing.commit = session.host.merge(session.repo, changes, settle)
    return landing


def judge_offer(session: Session, rows: Sequence[RowChange], query: Query) -> Verdict:
    """Return what the gate would say today about the acting rig's pending *rows*."""
    return judged(session, query, rows, Seat(session.seat.rig, session.account_of()))


def judged(session: Session, merged: Query, rows: Sequence[RowChange], seat: Seat) -> Verdict:
    """Return what the gate would say today about *rows* by *seat*, whose tree *merged* reads."""
    authority = _authority(session, session.main(), rows, seat)
    return judge(proposed(merged, rows, owned=session.is_owned), authority)


def _authority(session: Session, before: Query, rows: Sequence[RowChange], seat: Seat) -> Authority:
    return load_authority(
        before,
        rows,
        handle=seat.rig,
        account=seat.account,
        at=session.host.now(),
        token=secrets.token_hex(16),
        owned=session.is_owned,
    )


def _offered(session: Session, pull: PullRequest) -> _Offered:
    source = session.host.engine(pull.source)
    base = source.merge_base("main", pull.head)
    altered = source.schema_changes(base, pull.head) if base else ["everything"]
    if altered:
        raise Unsupported(
            f"Pull request {pull.id} changes the definition of {', '.join(altered)}; only rows are "
            "merged.",
            hint="wl merge takes rows; change the schema on main as its owner",
            pull=pull.id,
        )
    newest = source.log(pull.head, limit=1)[0]
    return _Offered(branch_rig(pull), newest, session.host.changes(pull))


def _admit(  # noqa: PLR0917  # one judgement: where, what, by whom
    session: Session,
    change: Change,
    before: Query,
    rows: Sequence[RowChange],
    seat: Seat,
    landing: Landing,
) -> Sequence[RowChange]:
    """Judge *rows* by *seat*, note them as landing, and return the gate's amendments."""
    landing.authority = _authority(session, before, rows, seat)
    merged = proposed(change.query, rows, owned=session.is_owned)
    amendments = judge(merged, landing.authority).require().amendments
    landing.rows = replay.net([*landing.rows, *rows, *amendments])
    return amendments


def _settlement(
    session: Session, message: str, rows: Sequence[RowChange], offered: _Offered | None
) -> Settlement:
    """
    Name who is answerable: the rig of a pull request that is merged as it is, with its date.

    The author that a commit of the branch states is its writer's word, and proves nothing.
    """
    tables = sorted({row.table for row in rows})
    now = session.host.now()
    if offered:
        return Settlement(message, offered.rig, min(offered.newest.at, now), tables)
    return Settlement(message, session.seat.rig or "wasteland", now, tables)
