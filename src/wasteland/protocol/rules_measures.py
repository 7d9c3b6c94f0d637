"""Measures: suspensions, blocks, what is taken down, and the taking back of them."""

from __future__ import annotations

from . import peers
from .diff import RowChange
from .errors import Conflict, Forbidden
from .moderation import Deed, Ledger, Scope, Target
from .moderation_needs import invalid, need_about, need_beside, need_reason, need_say, need_word
from .policy import Action
from .proposal import Case
from .records import Moderation, Status, write_time


def judge_suspend(case: Case, record: Moderation) -> None:
    """A suspension says why, and is one at a time."""
    need_say(case, record)
    need_reason(record)
    if record.scope is not None:
        need_word(record, "scope", Scope)
    if record.expires_at is not None and record.expires_at <= case.authority.at:
        raise invalid("until", write_time(record.expires_at), "a time to come")
    ledger = Ledger(case.records)
    if present := ledger.suspensions(case.authority.at, record.rig):
        raise Conflict(
            f"{record.rig} is suspended already: {present[0].reason or 'no reason given'}.",
            hint=f"wl rig restore {record.rig}",
            rig=record.rig,
            id=present[0].id,
        )
    if record.about is not None:
        need_about(ledger, record, Deed.REPORT)


def judge_restore(case: Case, record: Moderation) -> None:
    """What is in force is lifted, by a record about it."""
    need_say(case, record)
    ledger = Ledger(case.records)
    decision = need_about(ledger, record, Deed.SUSPEND)
    if not ledger.is_in_force(decision, case.authority.at):
        raise Conflict(f"{record.rig} is not suspended.", rig=record.rig, id=decision.id)


def judge_block(case: Case, record: Moderation) -> None:
    """A peer is blocked in its one spelling, once; nobody blocks where one comes from."""
    case.authorize(Action.MODERATE)
    need_reason(record)
    peer = peers.parse(record.target or "")
    if (record.rig, record.target_type, record.target) != ("", Target.PEER, peer):
        raise invalid("target", record.target, "a peer, about no rig")
    if case.actor.rig and peers.is_of(case.actor.rig.hop_uri, peer):
        raise Forbidden(f"{case.me} comes from {peer} itself.", peer=peer)
    for known in Ledger(case.records).blocks():
        if known.target == peer:
            raise Conflict(f"{peer} is blocked already.", peer=peer, id=known.id)


def judge_unblock(case: Case, record: Moderation) -> None:
    """A block is lifted by a record about it."""
    case.authorize(Action.MODERATE)
    ledger = Ledger(case.records)
    block = need_about(ledger, record, Deed.BLOCK)
    if block not in ledger.blocks():
        raise Conflict(f"{block.target} is not blocked.", peer=block.target, id=block.id)


def judge_trust(case: Case, record: Moderation) -> None:
    """The reason of a change of trust goes with the change."""
    case.authorize(Action.TRUST)
    need_reason(record)
    need_beside(case, record, "rigs", record.rig, lambda row: "trust_level" in row.cells)


def judge_withdraw(case: Case, record: Moderation) -> None:
    """What a moderator takes off the board goes with the withdrawal itself."""
    _need_measure(case, record)
    need_beside(case, record, "wanted", record.target, _withdraws)


def judge_unclaim(case: Case, record: Moderation) -> None:
    """Whose claim a moderator ends is named, and the claim ends in the same change."""
    _need_measure(case, record)
    need_beside(
        case,
        record,
        "wanted",
        record.target,
        lambda row: row.cells.get("claimed_by") == (record.rig, None),
    )


def _need_measure(case: Case, record: Moderation) -> None:
    need_say(case, record, of_anybody=True)
    need_reason(record)
    if record.target_type != Target.ITEM:
        raise invalid("target_type", record.target_type, Target.ITEM.value)
    if record.about is not None:
        need_about(Ledger(case.records), record, Deed.REPORT)


def _withdraws(row: RowChange) -> bool:
    return row.row.get("status") == Status.WITHDRAWN
