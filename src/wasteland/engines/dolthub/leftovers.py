"""
A branch that the host will not delete, emptied instead: its rows as they were where it began.

DoltHub refuses ``CALL DOLT_BRANCH``. What an attempt that was broken off has left on a branch must
not be offered with the next one, so it is undone row by row. Where the host's commit messages
repeat the statements, as DoltHub's do, the history of such a branch begins anew there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ...protocol.diff import RowChange
from ...protocol.schema import TABLES, Row
from ..base import MAIN, Commit
from ..sql import quoted
from . import branches, sequence
from .database import Database, Guarded
from .history import changed_rows
from .literals import literal, render

_MARK: Final = "wasteland: branch emptied"
_BASE: Final = "SELECT dolt_merge_base(:left, :right) AS hash"


def empty(database: Database, branch: str) -> None:
    """Undo all row changes that *branch* made since it left main."""
    head = branches.head_of(database, branch)
    sql = render(_BASE, {"left": MAIN, "right": head})
    base = str(database.read(sql, MAIN).rows[0]["hash"])
    changes = changed_rows(database, base, head, None)
    if changes:
        touched = Counter(change.table for change in changes)
        sequence.send(database, branch, _undoing(changes), touched, head, op_id="")


def since_emptied(commits: Sequence[Commit]) -> Sequence[Commit]:
    """Return the newest *commits* of a branch, down to where it was last emptied, if ever."""
    for number, commit in enumerate(commits):
        if _MARK in commit.message:
            return commits[:number]
    return commits


def restart(database: Database, branch: str, start: str) -> None:
    """Bring an emptied *branch* up to branch *start*, and wait until that is seen."""
    commit = database.write("", base=start, branch=branch, repeatable=True)
    if commit:
        branches.wait_until_at(database, branch, commit)


def _undoing(changes: Sequence[RowChange]) -> list[Guarded]:
    # Each bears the mark: a branch that is emptied in part holds nothing that counts either.
    return [Guarded(f"{_inverse(change)} /* {_MARK} */", 1) for change in reversed(changes)]


def _inverse(change: RowChange) -> str:
    """Return the statement that takes *change* back."""
    table = quoted(change.table)
    if change.before is None:
        return f"DELETE FROM {table} WHERE {_is_row(change)}"
    if change.after is None:
        names = ", ".join(quoted(name) for name in change.before)
        values = ", ".join(literal(value) for value in change.before.values())
        return f"INSERT INTO {table} ({names}) VALUES ({values})"
    old: Row = change.before
    cells = ", ".join(f"{quoted(name)} = {literal(old.get(name))}" for name in change.cells)
    return f"UPDATE {table} SET {cells} WHERE {_is_row(change)}"


def _is_row(change: RowChange) -> str:
    known = TABLES.get(change.table)
    key = known.key if known else next(iter(change.row))
    return f"{quoted(key)} = {literal(change.row[key])}"
