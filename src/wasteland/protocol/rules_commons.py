"""What a change may do to the commons itself: its settings and its registers."""

from __future__ import annotations

from collections.abc import Callable

from .diff import DiffKind, RowChange
from .policy import PREFIX, SCALE_KEY, Action, check_rule
from .proposal import Case, permanent
from .records import Meta


def judge_setting(case: Case, row: RowChange) -> None:
    """A maintainer states rules, in words that can be read back."""
    case.authorize(Action.POLICY)
    if row.after is not None and (row.key.startswith(PREFIX) or row.key == SCALE_KEY):
        check_rule(row.key.removeprefix(PREFIX), Meta.from_row(row.after).value or "")


def needs(action: Action) -> Callable[[Case, RowChange], None]:
    """Return the rule of a table that whoever may take *action* adds to and corrects."""

    def rule(case: Case, row: RowChange) -> None:
        case.authorize(action)
        if row.kind is DiffKind.REMOVED:
            raise permanent("What is registered", row)

    return rule
