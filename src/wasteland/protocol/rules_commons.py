"""What a change may do to the commons itself: its settings, its moderation, its registers."""

from __future__ import annotations

from collections.abc import Callable

from .diff import DiffKind, RowChange
from .errors import Forbidden
from .policy import PREFIX, SCALE_KEY, Action, check_rule
from .proposal import Case, permanent
from .records import Meta, Moderation


def judge_setting(case: Case, row: RowChange) -> None:
    """A maintainer states rules, in words that can be read back."""
    case.authorize(Action.POLICY)
    if row.after is not None and (row.key.startswith(PREFIX) or row.key == SCALE_KEY):
        check_rule(row.key.removeprefix(PREFIX), Meta.from_row(row.after).value or "")


def judge_moderation(case: Case, row: RowChange) -> None:
    """A moderator decides in its own name; a decision is lifted or re-dated, never removed."""
    case.authorize(Action.MODERATE)
    if row.kind is DiffKind.REMOVED:
        raise permanent("A moderation record", row)
    record = Moderation.from_row(row.row)
    _need_other(case, record)
    if row.before is not None:
        case.only(row, ("lifted_at", "expires_at", "reason"))
        return
    case.need_own(row, record.decided_by)
    case.amend_time(row, "created_at")


def _need_other(case: Case, record: Moderation) -> None:
    """Nobody decides about itself, nor about a rig with more trust than its own."""
    if record.rig == case.me:
        raise Forbidden(f"{case.me} cannot moderate itself.", rig=record.rig)
    about = case.authority.rigs.get(record.rig)
    if about and about.trust > case.actor.trust:
        raise Forbidden(
            f"{case.me} has trust {case.actor.trust} and cannot decide about {record.rig}, which "
            f"has {about.trust}.",
            hint="ask a maintainer",
            rig=record.rig,
        )


def needs(action: Action) -> Callable[[Case, RowChange], None]:
    """Return the rule of a table that whoever may take *action* adds to and corrects."""

    def rule(case: Case, row: RowChange) -> None:
        case.authorize(action)
        if row.kind is DiffKind.REMOVED:
            raise permanent("What is registered", row)

    return rule
