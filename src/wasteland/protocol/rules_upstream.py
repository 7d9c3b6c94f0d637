"""
Work that a reviewer brings along from another rig's open pull request.

Other clients accept or close a submission that never reached main by copying its completion, under
a new id, into a change of the reviewer's own. Such a change is judged as if the submission had
landed just before it; that it waits, and is its rig's to make, the authority says.
Source: the flows accept-upstream and close-upstream of the existing clients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from . import lifecycle
from .diff import DiffKind, RowChange
from .errors import Conflict
from .proposal import Authority, Case, ProposedChange, Submission, need_key
from .records import Completion, Status, WantedItem

_VALIDATION: Final = {"validated_by": None, "stamp_id": None, "validated_at": None}
# What a copy may hold; links and hashes of the original are its rig's to write.
_COPIED: Final = frozenset(
    {"id", "wanted_id", "completed_by", "evidence", "hop_uri", "completed_at", *_VALIDATION}
)


def assume(
    change: ProposedChange, authority: Authority
) -> tuple[ProposedChange, Sequence[RowChange]]:
    """
    Return *change* on top of the waiting submissions that it completes items with.

    Only a completed item is looked at so: what is left of such a change is always a step of the
    reviewer's own, which is judged.

    Returns:
        The change as it is then; the completions that it copies, as it adds them.
    """
    found: dict[tuple[str, str], RowChange] = {}
    taken: list[RowChange] = []
    for row in change.rows:
        copy = _copy_for(row, change.rows, authority) if row.table == "wanted" else None
        item = _submitted(row, copy, authority.submissions) if copy else None
        if copy and item:
            taken.append(copy)
            found[row.table, row.key] = item
            found[copy.table, copy.key] = replace(copy, before={**copy.row, **_VALIDATION})
    if not taken:
        return change, ()
    return replace(change, rows=[found.get((r.table, r.key), r) for r in change.rows]), taken


def judge_taken(case: Case, row: RowChange) -> None:
    """A copied completion has a key of its own and is not dated ahead."""
    need_key(row)
    case.amend_time(row, "completed_at")


def _copy_for(item: RowChange, rows: Sequence[RowChange], authority: Authority) -> RowChange | None:
    """Return the one completion of another rig that *rows* add to a changed item."""
    copies = [
        row
        for row in rows
        if row.table == "completions"
        and row.kind is DiffKind.ADDED
        and row.row.get("wanted_id") == item.key
        and row.row.get("completed_by") != authority.actor.handle
    ]
    completes = WantedItem.from_row(item.row).state is Status.COMPLETED
    if item.kind is not DiffKind.MODIFIED or not completes or len(copies) != 1:
        return None
    written = {name for name, value in copies[0].row.items() if value is not None}
    return copies[0] if written <= _COPIED else None


def _submitted(
    row: RowChange, copy: RowChange, submissions: Sequence[Submission]
) -> RowChange | None:
    """Return the change of the item from where the submission leaves it; None without one."""
    work = Completion.from_row(copy.row)
    for waiting in submissions:
        if (waiting.wanted_id, waiting.completed_by) == (row.key, work.completed_by) and (
            waiting.evidence == work.evidence
        ):
            return _after(row, waiting)
    return None


def _after(row: RowChange, waiting: Submission) -> RowChange | None:
    before = WantedItem.from_row(row.before or {})
    url = WantedItem.from_row(row.row).evidence_url
    # Some clients write the whole evidence where others write the address in it.
    if url not in {before.evidence_url, waiting.evidence, waiting.evidence_url}:
        url = waiting.evidence_url
    try:
        if before.state is Status.OPEN and not lifecycle.takes_many(before):
            before = lifecycle.claim(before, by=waiting.completed_by, at=None)
        item, _ = lifecycle.submit(
            before, by=waiting.completed_by, evidence="", evidence_url=url, new_id="", at=None
        )
    except Conflict:
        return None
    cells = {"status": item.status, "claimed_by": item.claimed_by, "evidence_url": url}
    return replace(row, before={**(row.before or {}), **cells})
