"""What every engine refuses, in the same words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from ..protocol.errors import Conflict, Invalid, MergeConflict, NotFound, Stale
from ..protocol.names import visible
from .base import MAIN

# A leading hyphen would be read as an option, a colon as "from:to".
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@=-]*\Z")


def check_name(name: str) -> str:
    """
    Return *name* if a branch or remote may be called that.

    Raises:
        Invalid: It may not.
    """
    if not _NAME.match(name):
        raise Invalid(
            f"{visible(name)} cannot be the name of a branch or remote: letters, digits and "
            ". _ / + @ = - only, not beginning with a sign.",
            field="name",
            value=name,
        )
    return name


def refuse_main(name: str) -> None:
    """Raise Conflict if the branch that is to be deleted is main."""
    if name == MAIN:
        raise Conflict("Branch main cannot be deleted.", branch=name)


def refuse_uncommitted(branch: str, tables: Sequence[str]) -> None:
    """Raise Conflict if *tables*, those with uncommitted rows, names any."""
    if tables:
        raise Conflict(
            f"Branch {branch} holds uncommitted rows in {', '.join(tables)}, which another program"
            " left there.",
            hint="wl doctor --fix",
            branch=branch,
            tables=list(tables),
        )


def refuse_strays(changed: Sequence[str], named: Sequence[str]) -> None:
    """Raise Conflict if a change touched a table that its commit does not name."""
    strays = [table for table in changed if table not in named]
    if strays:
        raise Conflict(
            f"The change also touched {', '.join(strays)}, which its commit does not name.",
            hint="wl doctor",
            tables=strays,
        )


def refuse_moved(branch: str, *, expected: str, found: str) -> None:
    """Raise Stale if the head of *branch* is not the *expected* one."""
    if found != expected:
        raise Stale(f"Branch {branch} has moved.", branch=branch, expected=expected, found=found)


def refuse_aside(branch: str, commit: str, *, head: str, base: str | None) -> None:
    """Raise Stale unless *base*, that of *commit* and the branch's *head*, is the head itself."""
    if base != head:
        raise Stale(
            f"Commit {commit} does not descend from branch {branch}.",
            branch=branch,
            expected=head,
            found=commit,
        )


def merge_conflict(tables: Sequence[str]) -> MergeConflict:
    """Return the error for a merge of two sides that changed the same rows of *tables*."""
    return MergeConflict(
        f"Both sides changed the same rows of {', '.join(tables)}.", tables=list(tables)
    )


def began_later(commit: str, when: datetime) -> NotFound:
    """Return the error for a history of *commit* that holds nothing as old as *when*."""
    utc = when.astimezone(UTC) if when.tzinfo else when
    return NotFound(
        f"The history begins after {utc:%Y-%m-%d %H:%M:%S} UTC.",
        hint="give a later date",
        ref=commit,
    )
