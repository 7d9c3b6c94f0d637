"""What a change may do to stamps: add one's own, about another's finished work, for good."""

from __future__ import annotations

import json

from .diff import DiffKind, RowChange
from .errors import Conflict, Forbidden, Invalid, OwnWork
from .owners import same_owner
from .policy import Action
from .proposal import Case
from .records import Stamp, Status, WantedItem
from .stamps import parse_scale, read, translated


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
    item = _judge_context(case, stamp)
    _judge_scores(case, row, stamp)
    case.authorize(Action.ACCEPT, item)
    case.amend_time(row, "created_at")


def _judge_yearbook(case: Case, stamp: Stamp) -> None:
    """Look at main and at what this merge adds; what main says of a rig cannot be unsaid here."""
    author = {case.actor.handle: case.actor.rig} if case.actor.rig else {}
    rigs = {**case.change.rigs, **author, **case.authority.rigs}
    reason = same_owner(stamp.author, stamp.subject, rigs=rigs, links=case.authority.links)
    if reason:
        raise OwnWork(
            f"{stamp.author} may not stamp the work of {stamp.subject}: {reason}.",
            author=stamp.author,
            subject=stamp.subject,
        )


def _judge_context(case: Case, stamp: Stamp) -> WantedItem:
    """Return the item that the stamp's completion finished, in this change or before it."""
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
    _need_single(case, stamp)
    item = case.change.items.get(completion.wanted_id or "")
    if item is None or item.state is not Status.COMPLETED:
        raise Conflict(
            f"{completion.id} is not finished work yet; a stamp comes with its acceptance.",
            hint=f"wl accept {completion.wanted_id} --quality good",
        )
    return item


def _need_single(case: Case, stamp: Stamp) -> None:
    """One author, one stamp on a completion: another word on it is another rig's to give."""
    earlier = [
        other.id
        for other in case.change.stamps
        if (other.author, other.context_id) == (stamp.author, stamp.context_id)
    ]
    if earlier:
        raise Conflict(
            f"{stamp.author} has stamped {stamp.context_id} already, with {earlier[0]}.",
            hint="answer with a stamp by another rig",
            context_id=stamp.context_id,
            stamps=earlier,
        )
    same = [
        row
        for row in case.change.rows
        if row.table == "stamps" and row.row.get("context_id") == stamp.context_id
    ]
    if len(same) > 1:
        raise Conflict(
            f"{stamp.author} stamps {stamp.context_id} {len(same)} times in one change.",
            hint="say it in one stamp",
        )


def _judge_scores(case: Case, row: RowChange, stamp: Stamp) -> None:
    if not isinstance(stamp.valence, dict) or not stamp.valence:
        raise Invalid(
            f"{stamp.id} rates no dimension.",
            hint="wl accept --quality good",
            field="valence",
            value=stamp.valence,
        )
    scale = parse_scale(case.policy.scale)
    unread = read(stamp.valence, scale).unread if scale else {}
    other = translated(stamp.valence, scale) if scale and case.authority.owned else None
    if other:
        # Some clients know one scale only.
        case.amend(row, valence=json.dumps(other))
    elif unread:
        raise Invalid(
            f"{stamp.id} rates {', '.join(sorted(unread))} outside this commons' scale.",
            hint="wl policy shows the scale",
            field="valence",
            value=stamp.valence,
        )
    sure = stamp.confidence if row.row.get("confidence") is not None else 1.0
    if sure is None or not 0 <= sure <= 1:
        raise Invalid(
            f"Confidence is 0 to 1, not {row.row.get('confidence')}.",
            hint="wl accept --confidence 0.8",
            field="confidence",
            value=stamp.confidence,
        )
