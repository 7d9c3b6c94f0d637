"""What a change may do to stamps: add one's own, about another's finished work, for good."""

from __future__ import annotations

from .diff import DiffKind, RowChange
from .errors import Forbidden, Invalid, OwnWork
from .policy import Action
from .proposal import Case
from .records import Stamp
from .owners import same_owner


def judge_stamp(case: Case, row: RowChange) -> None:
    """
    A stamp is its author's own word about an existing completion of another owner's rig.

    Source: the yearbook rule (S0-134), stamps are permanent (S0-132).
    """
    if row.kind is not DiffKind.ADDED:
        raise Forbidden(
            f"{row.key} is permanent; answer a stamp with another.", table="stamps", key=row.key
        )
    stamp = Stamp.from_row(row.row)
    case.need_own(row, stamp.author)
    _judge_yearbook(case, stamp)
    _judge_context(case, stamp)
    _judge_scores(stamp)
    case.authorize(Action.ACCEPT)
    if case.authority.owned:
        case.amend_future(row, "created_at")


def _judge_yearbook(case: Case, stamp: Stamp) -> None:
    reason = same_owner(
        stamp.author, stamp.subject, rigs=case.authority.rigs, links=case.authority.links
    )
    if reason:
        raise OwnWork(
            f"{stamp.author} may not stamp the work of {stamp.subject}: {reason}.",
            author=stamp.author,
            subject=stamp.subject,
        )


def _judge_context(case: Case, stamp: Stamp) -> None:
    completion = case.change.completions.get(stamp.context_id or "")
    if stamp.context_type != "completion" or completion is None:
        raise Forbidden(
            f"{stamp.id} names no completion that exists here.", context_id=stamp.context_id
        )
    if completion.completed_by != stamp.subject:
        raise Forbidden(
            f"{stamp.id} is about {stamp.subject}, but {completion.id} is the work of "
            f"{completion.completed_by}.",
            subject=stamp.subject,
        )


def _judge_scores(stamp: Stamp) -> None:
    if not isinstance(stamp.valence, dict) or not stamp.valence:
        raise Invalid(f"{stamp.id} rates no dimension.", field="valence", value=stamp.valence)
    if stamp.confidence is not None and not 0 <= stamp.confidence <= 1:
        raise Invalid(
            f"Confidence is 0 to 1, not {stamp.confidence}.",
            field="confidence",
            value=stamp.confidence,
        )
