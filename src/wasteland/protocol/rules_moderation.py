"""
What a change may add to the records of moderation.

Records are never changed or removed. Whoever writes one does so in its own name, and each is about
something that is there; its time and its place in the chain are written by the merge, so that of
two decisions that race for the same place both are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from . import chain
from .diff import DiffKind, RowChange
from .moderation import Deed
from .moderation_needs import invalid, need_text
from .proposal import Case, permanent
from .records import Moderation, write_time
from .rules_measures import (
    judge_block,
    judge_restore,
    judge_suspend,
    judge_trust,
    judge_unblock,
    judge_unclaim,
    judge_withdraw,
)
from .rules_reports import judge_answer, judge_appeal, judge_report


def judge_moderation(case: Case, row: RowChange) -> None:
    """A record is added, in its maker's name, and becomes the next link of the chain."""
    if row.kind is not DiffKind.ADDED:
        raise permanent("A moderation record", row)
    record = Moderation.from_row(row.row)
    rule = _RULES.get(record.action)
    if rule is None:
        raise invalid("action", record.action, ", ".join(deed.value for deed in Deed))
    case.need_own(row, record.decided_by)
    _check_form(row, record)
    rule(case, record)
    # By the host's clock: what counts against a day's cap is not for its writer to say.
    case.records.append(replace(record, created_at=case.authority.at))
    _amend(case, row, record)


def _check_form(row: RowChange, record: Moderation) -> None:
    """Refuse what a record of that kind has no use for, and text that no form would take."""
    if record.lifted_at is not None:
        raise invalid("lifted_at", write_time(record.lifted_at), "empty: restore it instead")
    need_text(record)
    for name in _OPTIONAL - _USES.get(Deed(record.action), frozenset()):
        if getattr(record, name) is not None:
            raise invalid(name, row.row.get(name), f"empty in a record of {record.action}")
    if row.row.get("expires_at") is not None and record.expires_at is None:
        raise invalid("until", row.row.get("expires_at"), "a time")


def _amend(case: Case, row: RowChange, record: Moderation) -> None:
    """Say when it was decided, by the host's clock; spell an end one way; link it."""
    case.amend(row, created_at=case.now)
    if record.expires_at is not None:
        case.amend(row, expires_at=write_time(record.expires_at))
    if case.authority.owned:
        case.amend(row, **chain.link(case.amended(row), case.tip))
        case.tip = chain.tip_of(case.amended(row))


_OPTIONAL: Final = frozenset(
    {"expires_at", "target_type", "target", "category", "scope", "about", "outcome"}
)
_ITEM: Final = frozenset({"target_type", "target", "about"})
_USES: Final[Mapping[Deed, frozenset[str]]] = {
    Deed.REPORT: frozenset({"target_type", "target", "category"}),
    Deed.SUSPEND: frozenset({"expires_at", "scope", "about"}),
    Deed.RESTORE: frozenset({"about"}),
    Deed.APPEAL: frozenset({"about"}),
    Deed.ANSWER: frozenset({"about", "outcome"}),
    Deed.BLOCK: frozenset({"target_type", "target"}),
    Deed.UNBLOCK: frozenset({"about"}),
    Deed.WITHDRAW: _ITEM,
    Deed.UNCLAIM: _ITEM,
}
_RULES: Final[Mapping[str, Callable[[Case, Moderation], None]]] = {
    Deed.REPORT: judge_report,
    Deed.SUSPEND: judge_suspend,
    Deed.RESTORE: judge_restore,
    Deed.APPEAL: judge_appeal,
    Deed.ANSWER: judge_answer,
    Deed.BLOCK: judge_block,
    Deed.UNBLOCK: judge_unblock,
    Deed.TRUST: judge_trust,
    Deed.WITHDRAW: judge_withdraw,
    Deed.UNCLAIM: judge_unclaim,
}
