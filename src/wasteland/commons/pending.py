"""
Work that waits for review: on the rig's branch ``wl/<rig>/<id>``, offered as a pull request.

The gate is asked before anything is offered, so that a rig learns now and not from a reviewer
what would never be merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engines.base import Commit, Engine
from ..hosts import replay
from ..hosts.base import HostAbility, PullRequest, PullState, RepoName
from ..protocol import names, trailers
from ..protocol.diff import RowChange
from . import receipts, recovery
from .intents import Intent, Options
from .merge import Plan, judge_offer
from .session import Session


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What was offered, or would be.

    Attributes:
        state: "pending", or "unchanged" when the branch came to equal main and was dropped.
        rows: What this step changed on the branch.
        branch: ``owner/db:branch``.
        commit: The branch's head.
        pull: Pull request id; "" where the host has none.
        note: One sentence for the rig.
        statements: What ran.
    """

    state: str
    rows: Sequence[RowChange]
    branch: str
    commit: str
    pull: str
    note: str
    statements: Sequence[tuple[str, Mapping[str, Any]]]


def offer(session: Session, intent: Intent, plan: Plan, options: Options) -> Offer:
    """
    Write *plan* on the rig's branch and offer it.

    Raises:
        WastelandError: As the plan or the gate say; then no branch is left behind.
    """
    source = _source(session)
    branch = intent.branch or names.work_branch(session.need_rig(), intent.id)
    with session.host.turn(source, branch):
        pull = _open_pull(session, branch)
        if pull and not options.dry_run:
            recovery.settle_offer(session, pull)
        return _offered(session, source, branch, intent, plan=plan, options=options)


def _offered(
    session: Session, source: RepoName, branch: str, intent: Intent, *, plan: Plan, options: Options
) -> Offer:
    engine = session.host.engine(source)
    is_new = _prepare(session, engine, branch, options.op_id)
    keep = False
    try:
        rows, commit, statements = _write(
            session, engine, branch, intent, plan=plan, options=options
        )
        keep = not options.dry_run
    finally:
        if is_new and not keep:
            engine.delete_branch(branch)
    pull = _propose(session, source, branch, intent) if keep else None
    return Offer(
        state=receipts.PENDING if pull or options.dry_run else receipts.UNCHANGED,
        rows=rows,
        branch=f"{source}:{branch}",
        commit=commit,
        pull=pull.id if pull else "",
        note=_note(session, pull) if keep else "",
        statements=statements,
    )


def _open_pull(session: Session, branch: str) -> PullRequest | None:
    return next((p for p in session.pending(mine=True) if p.branch == branch), None)


def _source(session: Session) -> RepoName:
    if HostAbility.FORKS in session.host.abilities:
        return session.host.fork(session.repo, session.seat.account)
    return session.repo


def _prepare(session: Session, engine: Engine, branch: str, op_id: str) -> bool:
    """Bring the branch to where this step begins; return whether it had to be made."""
    head = next((b.head for b in engine.branches(branch) if b.name == branch), None)
    pull = _open_pull(session, branch)
    if pull is None and head and _step(engine, branch, op_id) is None:
        # It was never offered, and is not ours to repeat: its process died.
        engine.delete_branch(branch)
        head = None
    if head is None:
        engine.create_branch(branch, pull.head if pull else "main")
        return pull is None
    if pull and head != pull.head and engine.merge_base(head, pull.head) == head:
        # The same rig went on from another clone.
        engine.move_branch(branch, pull.head)
    return False


def _step(engine: Engine, branch: str, op_id: str) -> Commit | None:
    """Return the branch's commit of an operation, None if it holds none."""
    base = engine.merge_base("main", branch) or ""
    commits = engine.log(branch, after=base)
    return next((c for c in commits if trailers.find(c.message) == op_id), None)


def _write(
    session: Session, engine: Engine, branch: str, intent: Intent, *, plan: Plan, options: Options
) -> tuple[Sequence[RowChange], str, Sequence[tuple[str, Mapping[str, Any]]]]:
    done = _step(engine, branch, options.op_id)
    if done:
        return engine.diff(f"{done.hash}~1", done.hash), done.hash, ()
    base = engine.merge_base("main", branch) or branch
    earlier = engine.diff(base, branch)
    with engine.change(branch) as change:
        rows = list(plan(change.query))
        judge_offer(session, replay.net([*earlier, *rows]), change.query).require()
        replay.apply(change, rows)
        statements = [(s.sql, s.params) for s in change.statements]
        if options.dry_run:
            return rows, "", statements
        commit = change.commit(
            intent.message(options.op_id),
            author=session.seat.rig,
            at=session.host.now(),
            tables=sorted({row.table for row in rows}),
        )
    return rows, commit, statements


def _propose(session: Session, source: RepoName, branch: str, intent: Intent) -> PullRequest | None:
    """Publish the branch and open its pull request; drop both when nothing is left to offer."""
    engine = session.host.engine(source)
    base = engine.merge_base("main", branch)
    if base and not engine.diff(base, branch):
        _drop(session, source, branch)
        return None
    session.host.publish(source, branch)
    return session.host.open_pull(
        session.repo,
        source=source,
        branch=branch,
        title=intent.first_line,
        body=intent.body,
        author=session.seat.account,
    )


def _drop(session: Session, source: RepoName, branch: str) -> None:
    if pull := _open_pull(session, branch):
        session.host.update_pull(session.repo, pull.id)
        session.host.end_pull(
            session.repo, pull.id, state=PullState.CLOSED, reason="nothing left to offer"
        )
    session.host.withdraw_branch(source, branch)


def _note(session: Session, pull: PullRequest | None) -> str:
    if pull is None:
        return "Nothing of it is left to offer; its branch is gone."
    if HostAbility.PULL_REQUESTS in session.host.abilities:
        return f"Pull request {pull.id} waits for review; the board shows it once it is merged."
    return f"Branch {pull.branch} is pushed; a maintainer reviews and merges it."
