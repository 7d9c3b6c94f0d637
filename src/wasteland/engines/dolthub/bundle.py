"""
A change sent to a hub of ours in one request: one transaction there, all of it or nothing.

Whatever came back, or nothing, the operation's id tells whether it was done: the hub writes it
into the commit, on the branch and, should the change have landed at once, on main.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ...protocol import trailers
from ...protocol.errors import AlreadyClaimed, Conflict, NotFound, Unavailable
from ..base import MAIN
from .database import Database, Guarded
from .history import read_log

_SENDINGS: Final = 4
_GLANCE: Final = 50
"""How many of a branch's newest commits are looked through for the operation."""


def send(database: Database, branch: str, statements: Sequence[Guarded], message: str) -> str:
    """
    Run *statements* on *branch*; return the commit that holds them.

    Args:
        message: Whole text, with the operation's trailer; without one nothing is sent twice.
    Raises:
        Stale: A statement changed another number of rows; nothing is kept.
        Unavailable: ``facts["unsure"]`` says that it may have been done.
    """
    op_id = trailers.find(message) or ""
    plain = message.removesuffix(trailers.with_operation("", op_id)) if op_id else message
    for sending in range(_SENDINGS):
        try:
            return database.change(statements, branch=branch, message=plain, op_id=op_id)
        except AlreadyClaimed:
            raise
        except (Conflict, NotFound):
            # The answer to the second delivery of what was done at the first.
            if commit := _done(database, branch, op_id):
                return commit
            raise
        except Unavailable as error:
            if not (op_id and error.facts.get("unsure")):
                raise
            if commit := _done(database, branch, op_id):
                return commit
            if sending == _SENDINGS - 1:
                raise
    raise AssertionError("the last sending returns or raises")


def _done(database: Database, branch: str, op_id: str) -> str:
    """Return the commit that names the operation, "" if none does."""
    for place in (branch, MAIN) if op_id else ():
        with suppress(NotFound):
            for commit in read_log(database, place, after="", limit=_GLANCE):
                if any(line.endswith(f": {op_id}") for line in commit.message.splitlines()):
                    return commit.hash
    return ""
