"""
Whether a piece of evidence holds: it can be reached, and its content is what was stated.

A page that answers proves that it is there, not that the work is good. What cannot be decided here
is said to be unchecked, with the reason, and never counts against a rig.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from ...protocol.errors import LimitReached, NotFound, Unavailable, WastelandError
from ...protocol.evidence import Evidence, Kind
from ...protocol.lean import dataclass
from ..outgoing.client import Outgoing
from ..outgoing.exchange import Answer
from .files import Files

CONTENT_LIMIT_BYTES: Final = 10 * 1024 * 1024
TIMEOUT_S: Final = 15.0


class Verdict(StrEnum):
    """How a check ended, the worst first."""

    CHANGED = "changed"  # the content has another digest than was stated
    MISSING = "missing"  # it is not there
    UNREACHABLE = "unreachable"  # nobody could say just now
    UNCHECKED = "unchecked"  # it cannot be checked here
    OK = "ok"


@dataclass(frozen=True, slots=True)
class State:
    """
    What a check found.

    Attributes:
        checked_at: UTC.
        detail: One sentence; "" where there is nothing to add.
    """

    checked_at: datetime
    state: Verdict
    detail: str = ""


def check(
    evidence: Evidence, outgoing: Outgoing, files: Files | None, *, repo: str, at: datetime
) -> State:
    """
    Return whether *evidence* holds at the time *at*.

    Args:
        files: The uploaded files; None where this host takes none.
        repo: The commons that it was handed in to.
    """
    if evidence.kind is Kind.FILE:
        verdict, detail = _uploaded(evidence, files, repo)
    elif evidence.url:
        verdict, detail = _fetched(evidence, outgoing)
    else:
        verdict, detail = Verdict.UNCHECKED, _NOT_CHECKED[evidence.kind]
    return State(at, verdict, detail)


def worst(states: Sequence[State]) -> State:
    """Return the one of *states*, at least one, that a reviewer must see first."""
    return min(states, key=lambda state: list(Verdict).index(state.state))


_Found = tuple[Verdict, str]


def _uploaded(evidence: Evidence, files: Files | None, repo: str) -> _Found:
    if files is None:
        return Verdict.UNCHECKED, "Files are not kept here."
    try:
        is_same = files.digest_now(repo, evidence.digest) == evidence.digest
    except NotFound:
        return Verdict.MISSING, "No such file was uploaded here."
    return (Verdict.OK, "") if is_same else (Verdict.CHANGED, "The stored file was changed.")


def _fetched(evidence: Evidence, outgoing: Outgoing) -> _Found:
    try:
        answer = outgoing.fetch(
            evidence.url,
            limit_bytes=CONTENT_LIMIT_BYTES if evidence.digest else 0,
            timeout_s=TIMEOUT_S,
        )
    except LimitReached:
        return Verdict.UNCHECKED, "It is too large to compare with its digest."
    except Unavailable as error:
        return Verdict.UNREACHABLE, error.message
    except WastelandError as error:
        return Verdict.UNCHECKED, error.message
    return _answered(evidence, answer)


def _answered(evidence: Evidence, answer: Answer) -> _Found:
    status = answer.status
    if status in {404, 410}:
        return Verdict.MISSING, f"The server answers {status}: it is not there."
    if status in {401, 403, 407, 451}:
        return Verdict.UNCHECKED, f"The server answers {status}: not everybody may see it."
    if not 200 <= status < 300:
        return Verdict.UNREACHABLE, f"The server answers {status}."
    if evidence.digest and answer.digest != evidence.digest:
        return Verdict.CHANGED, "Its content has another digest than was handed in."
    return Verdict.OK, ""


_NOT_CHECKED: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "It is text: read it.",
    Kind.COMMIT: "It names a commit but no repository.",
    Kind.RECORD: "It is a record elsewhere: look it up there.",
    Kind.ATTESTATION: "It is a signed statement that is not kept here.",
}
