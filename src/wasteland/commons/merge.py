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
from ..protocol.errors import Forbidden, Unsupported
from ..protocol.gate import Authority, Submission, Verdict, judge
from ..protocol.names import visible
from ..protocol.schema import MODERATION, TABLES
from . import queries, records, submissions
from .authority import load_authority, proposed
from .queries import Query
from .recovery import including
from .session import Seat, Session, branch_rig
from .submissions import Waiting

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
        verdict: The gate's word on the pull request.
        commit: Hash; "" for a rehearsal, and for what was not kept.
    """

    rows: list[RowChange] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    authority: Authority | None = None
    verdict: Verdict = field(default_factory=Verdict)
    commit: str = ""


@dataclass(frozen=True, slots=True)
class _Offered:
    """
    What a pull request brings.

    Attributes:
        seat: Whose it is.
        newest: Its newest commit.
        rows: Its net row changes.
        waiting: Work of others that it brings along, as far as that is on offer itself.
    """

    seat: Seat
    newest: Commit
    rows: Sequence[RowChange]
    waiting: Sequence[Waiting]


class _Dropped(Exception):  # not an error: it unwinds what is not kept
    """Carries a rehearsal out of the transaction, which rolls back."""


def land(
    session: Session,
    plan: Plan,
    *,
    message: str,
    pull: PullRequest | None = None,
    rehearse: bool = False,
    keep: Callable[[Landing], bool] | None = None,
) -> Landing:
    """
    Bring *pull* and the rows of *plan* to main in one commit, if the gate allows both.

    Args:
        plan: Reads the merged tree; may return nothing.
        message: Whole commit message, with trailers.
        rehearse: Do everything but the commit.
        keep: Asked once *pull* is judged; what it does not keep is undone, and nothing raised.
    Raises:
        Forbidden, Conflict, Invalid: As the gate, the plan or the replay say; main is untouched.
    """
    landing = Landing()
    offered = _offered(session, pull) if pull else None

    def settle(change: Change, replayed: Sequence[RowChange]) -> Settlement:
        landing.rows, landing.statements = [], change.statements
        # The merge lock is held: main's head is what the change is judged against.
        engine = session.engine
        before = queries.at(engine, engine.head()) if offered else change.query
        if offered:
            work = submissions.still_offered(session, offered.waiting)
            authority = _authority(session, before, replayed, offered.seat, work)
            landing.verdict = _judge(session, change, replayed, authority, landing)
            if keep and not keep(landing):
                raise _Dropped
            replay.apply(change, landing.verdict.require().amendments)
        own = replay.net(plan(change.query))
        seat = Seat(session.seat.rig, session.account_of())
        verdict = _judge(session, change, own, _authority(session, before, own, seat), landing)
        replay.apply(change, replay.net([*own, *verdict.require().amendments]))
        if rehearse:
            raise _Dropped
        return _settlement(session, message, landing.rows, None if own else offered)

    if offered:
        message = including(session, message, offered.newest.message, by=offered.seat.rig)
    with contextlib.suppress(_Dropped):
        changes = offered.rows if offered else ()
        landing.commit = session.host.merge(session.repo, changes, settle)
    return landing


def offered_rows(session: Session, pull: PullRequest) -> Sequence[RowChange]:
    """
    Return the net row changes of *pull*.

    Raises:
        Unsupported: It changes the definition of tables.
        Forbidden: It writes a table that no rule speaks of.
    """
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
    rows = session.host.changes(pull)
    _need_known_tables(pull, rows)
    return rows


def judge_offer(session: Session, rows: Sequence[RowChange], query: Query) -> Verdict:
    """Return what the gate would say today about the acting rig's pending *rows*."""
    return judged(session, query, rows, Seat(session.seat.rig, session.account_of()))


def judged(
    session: Session,
    merged: Query,
    rows: Sequence[RowChange],
    seat: Seat,
    *,
    main: Query | None = None,
) -> Verdict:
    """
    Return what the gate would say today about *rows* by *seat*, whose tree *merged* reads.

    Args:
        main: Reads main; None for the session's own look at it.
    """
    waiting = submissions.brought_along(session, rows, seat.rig, _judged_alone)
    work = [each.submission for each in waiting]
    authority = _authority(session, main or session.main(), rows, seat, work)
    return judge(proposed(merged, rows, owned=session.is_owned), authority)


def _judged_alone(
    session: Session, merged: Query, rows: Sequence[RowChange], seat: Seat
) -> Verdict:
    """Judge a submission, which brings nobody else's work along."""
    authority = _authority(session, session.main(), rows, seat)
    return judge(proposed(merged, rows, owned=session.is_owned), authority)


def _authority(
    session: Session,
    before: Query,
    rows: Sequence[RowChange],
    seat: Seat,
    work: Sequence[Submission] = (),
) -> Authority:
    return load_authority(
        before,
        rows,
        handle=seat.rig,
        account=seat.account,
        at=session.host.now(),
        token=secrets.token_hex(16),
        owned=session.is_owned,
        submissions=work,
    )


def _offered(session: Session, pull: PullRequest) -> _Offered:
    rows = offered_rows(session, pull)
    if session.is_owned and any(row.table == MODERATION.name for row in rows):
        records.need_columns(session)
    seat = Seat(branch_rig(pull), session.account_of(pull))
    waiting = submissions.brought_along(session, rows, seat.rig, _judged_alone)
    newest = session.host.engine(pull.source).log(pull.head, limit=1)[0]
    return _Offered(seat, newest, rows, waiting)


def _need_known_tables(pull: PullRequest, rows: Sequence[RowChange]) -> None:
    """Raise Forbidden for a table that no rule speaks of; its rows cannot even be replayed."""
    foreign = sorted({row.table for row in rows} - set(TABLES))
    if foreign:
        raise Forbidden(
            f"Pull request {pull.id} writes {', '.join(map(visible, foreign))}, which is no table "
            "of a commons.",
            hint=f"wl review {pull.id}",
            table=foreign[0],
        )


def _judge(
    session: Session,
    change: Change,
    rows: Sequence[RowChange],
    authority: Authority,
    landing: Landing,
) -> Verdict:
    """Judge *rows* on the tree of *change* and note them, as amended, in *landing*."""
    verdict = judge(proposed(change.query, rows, owned=session.is_owned), authority)
    landing.authority = authority
    landing.rows = replay.net([*landing.rows, *rows, *verdict.amendments])
    return verdict


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
        return Settlement(message, offered.seat.rig, min(offered.newest.at, now), tables)
    return Settlement(message, session.seat.rig or "wasteland", now, tables)
