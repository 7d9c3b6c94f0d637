"""
After a process died in the middle: what it had done is found again, what it had not is not.

Main and the host's state have no common commit. The intent is journaled first, main moves next,
the host's state follows; here the last step is caught up, from the trailers of main's commits.
"""

from __future__ import annotations

from typing import Final

from ..engines.base import Commit, Engine
from ..hosts.base import PullState
from ..protocol import trailers
from ..protocol.errors import Conflict, NotFound
from .session import Session

PULL_TRAILER: Final = "Wasteland-Pull"
INCLUDES_TRAILER: Final = "Wasteland-Includes"
"""Names the operation of a submission that was merged into a reviewer's commit."""
DEPTH: Final = 500
"""How many commits of main are searched for an operation that the journal knows."""
GLANCE: Final = 100
"""How many for one that it does not: it may have been lost, and most likely never began."""


def find(engine: Engine, op_id: str, *, depth: int = DEPTH) -> Commit | None:
    """Return the commit of an operation among main's newest *depth*, None if it is not there."""
    for commit in engine.log(limit=depth):
        if op_id in {
            trailers.find(commit.message),
            trailers.find(commit.message, INCLUDES_TRAILER),
        }:
            return commit
    return None


def including(message: str, submitted: str) -> str:
    """Return *message* with the operation that the commit message *submitted* names."""
    op_id = trailers.find(submitted)
    return f"{message}\n{INCLUDES_TRAILER}: {op_id}" if op_id else message


def settle_lost(session: Session) -> None:
    """Mark as merged the pull requests of operations that landed and then lost their process."""
    unfinished = {operation.id for operation in session.host.unfinished(session.repo)}
    if not unfinished:
        return
    for commit in session.engine.log(limit=DEPTH):
        pull = trailers.find(commit.message, PULL_TRAILER)
        if pull and trailers.find(commit.message) in unfinished:
            _mark_merged(session, pull, commit.hash)


def _mark_merged(session: Session, pull: str, commit: str) -> None:
    try:
        session.host.end_pull(session.repo, pull, state=PullState.MERGED, merged_as=commit)
    except (Conflict, NotFound):
        # It ended another way, or is gone: main has what it offered all the same.
        return
