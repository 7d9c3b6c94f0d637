"""Reports, appeals and the answers to them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from .errors import Conflict, Forbidden, NotFound
from .moderation import CATEGORIES, OUTCOMES, REPORTABLE, UPHELD, Deed, Ledger, Target
from .moderation_needs import need_about, need_reason, need_say, need_word
from .names import visible
from .policy import Action
from .proposal import Case, limit
from .records import Moderation
from .schema import MODERATION

_COMMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}#[1-9][0-9]{0,5}\Z")
_COUNTED: Final = frozenset({Deed.REPORT, Deed.APPEAL})
_DAY: Final = timedelta(days=1)


def judge_report(case: Case, record: Moderation) -> None:
    """A report is about what is there and another's, once until it is answered."""
    case.authorize(Action.REPORT)
    need_word(record, "category", CATEGORIES)
    _need_target(case, record)
    if record.rig == case.me:
        raise Forbidden(f"{case.me} cannot report itself.", rig=record.rig)
    for known in Ledger(case.records).open_reports():
        same = (known.decided_by, known.target_type, known.target)
        if same == (case.me, record.target_type, record.target):
            raise Conflict(
                f"{case.me} has reported {record.target} already; {known.id} waits for an answer.",
                hint="wl reports",
                id=known.id,
            )
    _need_room(case)


def judge_appeal(case: Case, record: Moderation) -> None:
    """A suspended rig appeals for itself, once until it is answered."""
    case.authorize(Action.APPEAL)
    if record.rig != case.me:
        raise Forbidden(f"{case.me} appeals for itself alone.", rig=record.rig)
    need_reason(record)
    ledger = Ledger(case.records)
    decision = need_about(ledger, record, Deed.SUSPEND)
    if not ledger.is_in_force(decision, case.authority.at):
        raise Conflict(f"{case.me} is not suspended any more.", id=decision.id)
    waiting = [each for each in ledger.open_appeals(case.authority.at) if each.about == decision.id]
    if waiting:
        raise Conflict(
            f"{case.me} has appealed already; {waiting[0].id} waits for an answer.",
            hint="wl audit",
            id=waiting[0].id,
        )
    _need_room(case)


def judge_answer(case: Case, record: Moderation) -> None:
    """A moderator answers what is open and not about itself."""
    need_say(case, record, of_anybody=True)
    need_word(record, "outcome", OUTCOMES)
    need_reason(record)
    ledger = Ledger(case.records)
    asked = need_about(ledger, record, Deed.REPORT, Deed.APPEAL)
    if earlier := ledger.answer(asked):
        raise Conflict(
            f"{earlier.decided_by} has answered {asked.id} already: {earlier.outcome}.",
            hint="wl audit",
            id=earlier.id,
        )
    if asked.action == Deed.APPEAL:
        _judge_answer_to_appeal(case, record, ledger, asked)


def _judge_answer_to_appeal(
    case: Case, record: Moderation, ledger: Ledger, appeal: Moderation
) -> None:
    decision = ledger.find(appeal.about)
    if decision and _is_own(case, decision.decided_by) and _others(case, decision, appeal):
        raise Forbidden(
            f"{case.me} has decided {decision.id} and does not answer the appeal against it.",
            hint=f"ask {_others(case, decision, appeal)[0]}",
            id=appeal.id,
        )
    lifts = [
        row
        for row in case.change.rows
        if row.table == MODERATION.name
        and row.row.get("action") == Deed.RESTORE
        and row.row.get("about") == appeal.about
    ]
    if record.outcome == UPHELD and not lifts:
        raise Forbidden("An appeal is upheld by lifting what it is against.", id=appeal.id)


def _need_target(case: Case, record: Moderation) -> None:
    """What is reported is there, and the record names the rig behind it."""
    need_word(record, "target_type", REPORTABLE)
    target = record.target or ""
    if record.target_type == Target.ITEM:
        item = case.change.items.get(target)
        if item is None or record.rig != (item.posted_by or ""):
            raise _missing(target, record.rig)
        return
    is_comment = record.target_type == Target.COMMENT and _COMMENT.match(target)
    if record.rig not in case.authority.rigs or (target != record.rig and not is_comment):
        raise _missing(target, record.rig)


def _missing(target: str, rig: str) -> NotFound:
    return NotFound(
        f"{visible(target)} is nothing that {visible(rig) if rig else 'nobody'} has here.",
        hint="wl report --help",
    )


def _need_room(case: Case) -> None:
    since = case.authority.at - _DAY
    mine = [
        record
        for record in case.records
        if record.action in _COUNTED
        and record.decided_by == case.me
        and (record.created_at is None or record.created_at > since)
    ]
    cap = case.policy.daily("reports_per_day")
    if len(mine) >= cap:
        raise limit("reports and appeals a day", cap, len(mine))


def _is_own(case: Case, handle: str) -> bool:
    """Whether *handle* is the acting rig or another of its owner."""
    return handle == case.me or _owner(case, handle) == _owner(case, case.me)


def _owner(case: Case, handle: str) -> str:
    rig = case.authority.moderators.get(handle) or case.authority.rigs.get(handle)
    return (rig.dolthub_org or handle if rig else handle).casefold()


def _others(case: Case, decision: Moderation, appeal: Moderation) -> list[str]:
    """Return who else may answer: neither who decided, nor who appeals, nor of the same owner."""
    parties = {_owner(case, decision.decided_by), _owner(case, appeal.rig)}
    return [name for name in case.authority.moderators if _owner(case, name) not in parties]
