"""
Work that waits for review: on the rig's branch ``wl/<rig>/<id>``, offered as a pull request.

The gate is asked before anything is offered, so that a rig learns now and not from a reviewer
what would never be merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engines.base import Engine
from ..hosts.base import HostAbility, PullRequest, PullState, RepoName
from ..protocol import names
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, NotFound
from . import receipts, recovery, steps
from .intents import Intent, Options
from .merge import Plan
from .session import Session


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What was offered, or would be.

    Attributes:
        state: "pending"; "merged" where its host took it at once; "unchanged" when the branch came
            to equal main and was dropped.
        rows: What this step changed on the branch.
        branch: ``owner/db:branch``; "" once it was merged, or offers nothing.
        commit: The branch's head, or the commit on main.
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
        return _offered(session, source, branch, intent, plan=plan, options=options, known=pull)


def ended(pull: PullRequest) -> Conflict:
    """Return the error for a pull request that is not open any more."""
    why = f": {pull.reason}" if pull.reason else ""
    return Conflict(
        f"Pull request {pull.id} is {pull.state}{why}.",
        hint="wl inbox for what waits",
        pull=pull.id,
        state=pull.state.value,
    )


def _offered(
    session: Session,
    source: RepoName,
    branch: str,
    intent: Intent,
    *,
    plan: Plan,
    options: Options,
    known: PullRequest | None,
) -> Offer:
    engine = session.host.engine(source)
    is_new = _prepare(session, engine, branch, options.op_id)
    keep = False
    try:
        rows, commit, statements = steps.write(
            session, engine, branch, intent, plan=plan, options=options
        )
        keep = not options.dry_run
    finally:
        if is_new and not keep:
            engine.delete_branch(branch)
    pull = _proposed(session, source, branch, intent, known) if keep else None
    is_merged = pull is not None and pull.state is PullState.MERGED
    is_over = is_merged or (keep and pull is None)
    return Offer(
        state=_state(pull, options),
        rows=rows,
        branch="" if is_over else f"{source}:{branch}",
        commit=(pull.merged_as if pull and is_merged else "") or commit,
        pull=pull.id if pull else "",
        note=_note(session, pull) if keep else "",
        statements=statements,
    )


def _state(pull: PullRequest | None, options: Options) -> str:
    if pull and pull.state is PullState.MERGED:
        return receipts.MERGED
    return receipts.PENDING if pull or options.dry_run else receipts.UNCHANGED


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
    if pull is None and head and steps.find(engine, branch, op_id) is None:
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


def _proposed(
    session: Session, source: RepoName, branch: str, intent: Intent, known: PullRequest | None
) -> PullRequest | None:
    """
    Return the pull request of the branch, None when nothing is left to offer.

    A hub takes at once what needs no review, and drops its branch.

    Args:
        known: The one that was open before this step.
    Raises:
        Conflict: Its host has closed it.
    """
    try:
        pull = _propose(session, source, branch, intent)
    except NotFound:
        pull = _landed(session, known)
        if pull is None:
            raise
    pull = pull or _landed(session, known)
    if pull and pull.state is PullState.CLOSED:
        raise ended(pull)
    return pull


def _landed(session: Session, known: PullRequest | None) -> PullRequest | None:
    """Return *known* if its host has merged it meanwhile."""
    if known is None or session.moves_main:
        return None
    now = session.host.pull(session.repo, known.id)
    return now if now.state is PullState.MERGED else None


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
        is_gone = session.moves_main  # elsewhere branches may stay, and hold nothing
        return f"Nothing of it is left to offer{'; its branch is gone' if is_gone else ''}."
    if pull.state is PullState.MERGED:
        return ""
    if not session.moves_main:
        return (
            f"Pull request {pull.id} waits at {session.host.location}: a maintainer of "
            f"{session.repo} merges it there, and the board shows it then."
        )
    if HostAbility.PULL_REQUESTS in session.host.abilities:
        return f"Pull request {pull.id} waits for review; the board shows it once it is merged."
    return f"Branch {pull.branch} is pushed; a maintainer reviews and merges it."
