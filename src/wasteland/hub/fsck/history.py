"""Checks of every commit of main: what is final must not have changed. Slow; on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from ...commons.doctor.findings import Check, Finding, Site, some, warn
from ...protocol.diff import DiffKind, RowChange
from ...protocol.records import Status, WantedItem
from ..moving.history import line

_FINAL: Final = frozenset({Status.COMPLETED, Status.WITHDRAWN})
_WATCHED: Final = ("wanted", "stamps")


def steps(site: Site) -> Iterator[Finding]:
    """Did any commit change a stamp, or take an item out of a final status?"""
    wrong: list[str] = []
    for before, commit in pairwise(line(site.database)):
        changes = site.database.diff(before.hash, commit.hash, tables=_WATCHED)
        wrong += [f"{item.key} in {commit.hash[:12]}" for item in changes if _is_illegal(item)]
    if wrong:
        yield warn(
            "history",
            f"{len(wrong)} final rows were changed: {some(wrong)}.",
            "wl why ID says who did it; a maintainer decides what stands",
        )


def _is_illegal(change: RowChange) -> bool:
    if change.table == "stamps":
        return change.kind is not DiffKind.ADDED
    if change.before is None:
        return False
    before = WantedItem.from_row(change.before).state
    after = WantedItem.from_row(change.after).state if change.after else None
    return before in _FINAL and after is not before


CHECKS: Final[Sequence[Check]] = (Check("history", steps),)
