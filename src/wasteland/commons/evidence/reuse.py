"""
Evidence that was handed in before: for another item, or by another rig.

This is a finding for reviewers and no refusal: one pull request may well complete two items. That
a rig hands in twice for one bounty is refused by the gate, whatever the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ...engines.base import Params
from ...protocol import evidence
from ...protocol.evidence import Evidence, Kind
from ...protocol.records import Completion
from ..queries import Query

_MOST_PIECES: Final = 8
_MOST_ROWS: Final = 5000


def reused(query: Query, text: str, *, besides: str = "") -> list[Completion]:
    """
    Return the completions on main with a piece of the same evidence, by id.

    Args:
        query: Main, or any state of the commons.
        text: The evidence in question.
        besides: The id of the completion that is asked about.
    """
    pieces = [p for p in evidence.read_all(text)[:_MOST_PIECES] if p.identities]
    if not pieces:
        return []
    patterns = sorted({pattern for piece in pieces for pattern in _patterns(piece)})
    params: Params = {f"p{n}": pattern for n, pattern in enumerate(patterns)}
    likes = [f"LOWER(`evidence`) LIKE :{name} ESCAPE '!'" for name in params]
    where = " OR ".join(likes) or "`evidence` NOT LIKE '%://%'"
    # What holds an escape may spell anything; it is read whatever else it says.
    rows = query(
        "SELECT * FROM `completions` WHERE `evidence` LIKE '%!%%' ESCAPE '!' "
        f"OR {where} ORDER BY `id` LIMIT {_MOST_ROWS}",
        params,
    )
    found = [Completion.from_row(row) for row in rows]
    return same(pieces, [completion for completion in found if completion.id != besides])


def same(pieces: Sequence[Evidence], completions: Iterable[Completion]) -> list[Completion]:
    """Return those of *completions* that share a piece of evidence with *pieces*."""
    known = frozenset().union(*(piece.identities for piece in pieces))
    return [
        completion
        for completion in completions
        if any(known & piece.identities for piece in evidence.read_all(completion.evidence or ""))
    ]


def finding(completion: Completion) -> str:
    """Return what a reviewer is told about *completion*, which has the same evidence."""
    return (
        f"The same evidence was handed in by {completion.completed_by} "
        f"for {completion.wanted_id} ({completion.id})."
    )


def findings(query: Query, submitted: Iterable[Completion]) -> list[str]:
    """
    Return what a reviewer is to know about the evidence of *submitted*, one sentence each.

    Handed in again by the same rig for the same item it is no finding.
    """
    found = {
        other.id: finding(other)
        for completion in submitted
        if completion.evidence
        for other in reused(query, completion.evidence, besides=completion.id)
        if (other.wanted_id, other.completed_by) != (completion.wanted_id, completion.completed_by)
    }
    return list(found.values())


def _patterns(piece: Evidence) -> list[str]:
    """Return LIKE patterns, of which every text with *piece* in it meets one; none for prose."""
    if piece.kind is Kind.TEXT:
        return []
    return [f"%{_escaped(token)}%" for token in (_token(piece), piece.digest) if token]


def _token(piece: Evidence) -> str:
    """Return what stands in every spelling of *piece* but that by digest, in lower case."""
    if piece.kind is Kind.COMMIT:
        return piece.id[: evidence.SHORTEST_HASH]
    if piece.url and not piece.host:
        return piece.canonical.split("/")[2].partition(":")[0]
    return piece.id.lower()


def _escaped(token: str) -> str:
    return token.replace("!", "!!").replace("%", "!%").replace("_", "!_")
