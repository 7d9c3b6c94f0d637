"""
After a process died in the middle: what it had done is found again, what it had not is not.

Main and the host's state have no common commit. The intent is journaled first, main moves next,
the host's state follows; here the last step is caught up, from the trailers of main's commits.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from ..engines.base import Commit, Engine
from ..hosts.base import HostAbility, PullRequest, PullState
from ..protocol import ids, trailers
from ..protocol.errors import Conflict, Invalid, NotFound
from .session import Session

PULL_TRAILER: Final = "Wasteland-Pull"
HEAD_TRAILER: Final = "Wasteland-Head"
"""The commit that the pull request offered when it was merged; it may have gone on since."""
INCLUDES_TRAILER: Final = "Wasteland-Includes"
"""Names the rig and the operation of a submission that was merged into a reviewer's commit."""
DEPTH: Final = 500
"""How many commits of main are searched for an operation that the journal knows."""
GLANCE: Final = 100
"""How many for one that it does not: it may have been lost, and most likely never began."""


def find(engine: Engine, op_id: str, *, rig: str, depth: int = DEPTH) -> Commit | None:
    """
    Return the commit of an operation among main's newest *depth*, None if it is not there.

    Args:
        rig: Whose operation; what another's submission says of it proves nothing.
    """
    for commit in engine.log(limit=depth):
        included = trailers.find(commit.message, INCLUDES_TRAILER)
        if trailers.find(commit.message) == op_id or included == f"{rig} {op_id}":
            return commit
    return None


def including(session: Session, message: str, submitted: str, *, by: str) -> str:
    """
    Return *message* with the operation that the commit message *submitted* names.

    Args:
        submitted: As its writer left it; an operation of another rig than *by* is not named.
    """
    try:
        op_id = ids.check_operation(trailers.find(submitted) or "")
    except Invalid:
        return message
    known = session.host.operation(session.repo, op_id)
    is_foreign = known is not None and known.actor != by
    return message if is_foreign else f"{message}\n{INCLUDES_TRAILER}: {by} {op_id}"


def end_merged(session: Session, pull: str, *, head: str, commit: str) -> None:
    """
    Mark a pull request as merged, unless it has gone on since.

    Args:
        head: What was merged; "" where the commit on main does not say.
        commit: On main.
    """
    if not session.moves_main:
        # It records itself what it has merged, and nothing else was.
        return
    if not head and HostAbility.PULL_REQUESTS not in session.host.abilities:
        # Its id is its branch's name, under which other work may wait by now.
        return
    with suppress(Conflict, NotFound):
        # It ended another way, or is gone: main has what it offered all the same.
        session.host.end_pull(
            session.repo, pull, state=PullState.MERGED, head=head, merged_as=commit
        )


def settle_offer(session: Session, pull: PullRequest) -> None:
    """Mark *pull* as merged if main has what it offers; its reviewer's process died then."""
    base = session.host.engine(pull.source).merge_base("main", pull.head)
    for commit in session.engine.log(limit=DEPTH, after=base or ""):
        if trailers.find(commit.message, HEAD_TRAILER) == pull.head:
            end_merged(session, pull.id, head=pull.head, commit=commit.hash)
            return


def settle_lost(session: Session) -> None:
    """Mark as merged the pull requests of operations that landed and then lost their process."""
    if not session.moves_main:
        return
    unfinished = {operation.id for operation in session.host.unfinished(session.repo)}
    unfinished -= session.settled
    if not unfinished or not session.pending():
        return
    for commit in session.engine.log(limit=DEPTH):
        pull, op_id = trailers.find(commit.message, PULL_TRAILER), trailers.find(commit.message)
        if pull and op_id in unfinished:
            head = trailers.find(commit.message, HEAD_TRAILER) or ""
            end_merged(session, pull, head=head, commit=commit.hash)
            session.settled.add(op_id)
