"""
The one gate: may this change of rows land on main?

``judge`` looks at the net row diff on the merged tree and at the authority that main gave before
the merge, and answers with a verdict, its reasons, and the amendments that the merge itself
writes. A diff is legal if some sequence of legal steps by this actor gives it; what happened in
between on the actor's own branch is nobody's business.
Source: MVGT guide, what a maintainer checks (S0-109), and the yearbook rule (S0-134).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from . import rules_rigs, rules_stamps, rules_work
from .diff import RowChange
from .errors import Forbidden, WastelandError
from .ids import visible
from .policy import Action
from .proposal import Authority, Case, ProposedChange, Reason, Usage, Verdict

__all__ = ["Authority", "ProposedChange", "Reason", "Usage", "Verdict", "judge"]

_Rule = Callable[[Case, RowChange], None]


def judge(change: ProposedChange, authority: Authority) -> Verdict:
    """
    Return the verdict on *change*.

    The order of rows does not matter; an empty change is allowed.
    """
    case = Case(change, authority)
    _judge_schema(case)
    # Registrations first, so that a new rig may work in the change that registers it.
    for row in sorted(change.rows, key=lambda row: (_ORDER.get(row.table, 99), row.key)):
        case.check(row, _RULES.get(row.table, _foreign_table))
    actions = frozenset(case.actions)
    if case.reasons:
        return Verdict(reasons=tuple(case.reasons), actions=actions)
    return Verdict(amendments=tuple(case.amendments), actions=actions)


def _judge_schema(case: Case) -> None:
    if not case.change.schema:
        return
    try:
        case.authorize(Action.POLICY)
    except WastelandError as error:
        case.reasons.append(Reason(error, case.change.schema[0]))


def _needs(action: Action) -> _Rule:
    def rule(case: Case, row: RowChange) -> None:
        case.authorize(action)

    return rule


def _foreign_table(case: Case, row: RowChange) -> None:
    raise Forbidden(f"{visible(row.table)} is no table that a change may write.", table=row.table)


_RULES: Final[Mapping[str, _Rule]] = {
    "rigs": rules_rigs.judge_rig,
    "rig_links": rules_rigs.judge_link,
    "wanted": rules_work.judge_item,
    "completions": rules_work.judge_completion,
    "stamps": rules_stamps.judge_stamp,
    "badges": _needs(Action.TRUST),
    "boot_blocks": _needs(Action.TRUST),
    "chain_meta": _needs(Action.POLICY),
    "_meta": _needs(Action.POLICY),
    "wlx_moderation": _needs(Action.MODERATE),
}
_ORDER: Final = {table: number for number, table in enumerate(_RULES)}
