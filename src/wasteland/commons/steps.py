"""
One step of pending work, written on the rig's branch; found again there when it is repeated.

How that goes where each statement is a commit is told in ``one_by_one``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..engines.base import Commit, Engine
from ..hosts import replay
from ..protocol import trailers
from ..protocol.diff import RowChange
from ..protocol.errors import Stale
from ..protocol.schema import Row
from . import elsewhere, one_by_one, queries
from .intents import Intent, Options
from .merge import Plan, judge_offer
from .session import Session

Written = tuple[Sequence[RowChange], str, Sequence[tuple[str, Mapping[str, Any]]]]
"""Rows changed, the commit ("" for a rehearsal), and the statements that ran."""


def find(engine: Engine, branch: str, op_id: str) -> Commit | None:
    """Return the branch's commit of an operation, None if it holds none."""
    base = engine.merge_base("main", branch) or ""
    commits = engine.log(branch, after=base)
    return next((c for c in commits if trailers.find(c.message) == op_id), None)


def write(
    session: Session, engine: Engine, branch: str, intent: Intent, *, plan: Plan, options: Options
) -> Written:
    """
    Write *plan* on *branch*, unless this very operation is there already.

    Raises:
        Stale: The branch went on meanwhile.
        WastelandError: As the plan, main or the gate say; then nothing was written.
    """
    done = find(engine, branch, options.op_id)
    if done:
        found = engine.diff(one_by_one.began_at(engine, branch, done), done.hash)
        if one_by_one.holds_its_row(engine, intent, found):
            return found, done.hash, ()
    try:
        return _written(session, engine, branch, intent, plan=plan, options=options)
    except Stale:
        # The rule tells better than the guard what happened: who was first, for one.
        plan(queries.at(engine, branch))
        raise


def _written(
    session: Session, engine: Engine, branch: str, intent: Intent, *, plan: Plan, options: Options
) -> Written:
    base = engine.merge_base("main", branch) or branch
    earlier = engine.diff(base, branch)
    with engine.change(branch) as change:
        rows = one_by_one.in_order(engine, change.query, _as_it_was(earlier, plan(change.query)))
        whole = replay.net([*earlier, *rows])
        if not session.moves_main:
            elsewhere.need_mergeable(session, whole)
        judge_offer(session, whole, change.query).require()
        one_by_one.apply(engine, change, rows)
        statements = [(s.sql, s.params) for s in change.statements]
        if options.dry_run:
            return rows, "", statements
        commit = change.commit(
            intent.message(options.op_id),
            author=session.seat.rig,
            at=session.host.now(),
            tables=sorted({row.table for row in rows}),
        )
    one_by_one.read_back(engine, commit, rows)
    return rows, commit, statements


def _as_it_was(earlier: Sequence[RowChange], rows: Sequence[RowChange]) -> list[RowChange]:
    """Return *rows*; what takes all of *earlier* back leaves no new time behind either."""
    began = {(row.table, row.key): row.before for row in earlier}
    return [_back_to(began.get((row.table, row.key)), row) for row in rows]


def _back_to(began: Row | None, row: RowChange) -> RowChange:
    if began is None or row.after is None:
        return row
    left = set(RowChange(row.table, began, row.after).cells)
    return replace(row, after=began) if left and left <= one_by_one.TIMES else row
