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

from .diff import DiffKind, RowChange
from .errors import Forbidden, WastelandError
from .names import visible
from .policy import Action
from .proposal import (
    Authority,
    Case,
    ProposedChange,
    Reason,
    Submission,
    Usage,
    Verdict,
    need_key,
)
from .records import Rig
from .rules_commons import judge_setting, needs
from .rules_moderation import judge_moderation
from .rules_peers import need_free_chain, need_no_block
from .rules_rigs import acts_for, judge_link, judge_rig
from .rules_stamps import judge_stamp
from .rules_upstream import assume, judge_taken
from .rules_work import judge_completion, judge_item
from .schema import TABLES

__all__ = [
    "Authority",
    "ProposedChange",
    "Reason",
    "Submission",
    "Usage",
    "Verdict",
    "judge",
]

_Rule = Callable[[Case, RowChange], None]


def judge(change: ProposedChange, authority: Authority) -> Verdict:
    """
    Return the verdict on *change*.

    The order of rows does not matter; an empty change is allowed.
    """
    change, taken = assume(change, authority)
    case = Case(change, authority)
    # A row that is only spelled otherwise is not written.
    rows = [row for row in change.rows if row.cells or row.kind is not DiffKind.MODIFIED]
    _judge_schema(case)
    if rows:
        _judge_identity(case)
        _judge_origin(case)
    # Registrations first, so that a new rig may work in the change that registers it.
    for row in sorted(rows, key=_place):
        case.check(row, _judge_row)
    for row in taken:
        case.check(row, judge_taken)
    actions = frozenset(case.actions)
    if case.reasons:
        return Verdict(reasons=tuple(case.reasons), actions=actions)
    return Verdict(amendments=case.amendments, actions=actions)


def _judge_schema(case: Case) -> None:
    if not case.change.schema:
        return
    try:
        case.authorize(Action.POLICY)
    except WastelandError as error:
        case.reasons.append(Reason(error, case.change.schema[0]))


def _judge_identity(case: Case) -> None:
    """Whoever is signed in acts for its own rigs only; a branch's name proves nothing."""
    authority = case.authority
    rig = authority.actor.rig
    if not case.me or (rig and not acts_for(authority.account, rig, authority.rigs)):
        error = Forbidden(
            f"{authority.account or 'Nobody'} may not act as {case.me or 'nobody'}.",
            hint="wl whoami",
            rig=case.me,
            account=authority.account,
        )
        case.reasons.append(Reason(error, "rigs", case.me))


def _judge_origin(case: Case) -> None:
    """Nothing is taken from a peer that is blocked, not even a registration."""
    new = [row for row in case.change.rows if row.table == "rigs" and row.key == case.me]
    try:
        need_no_block(case, case.actor.rig, *(Rig.from_row(row.row) for row in new))
    except WastelandError as error:
        case.reasons.append(Reason(error, "rigs", case.me))


def _judge_chain(case: Case, row: RowChange) -> None:
    need_free_chain(case, row)
    needs(Action.POLICY)(case, row)


def _judge_row(case: Case, row: RowChange) -> None:
    if row.kind is DiffKind.ADDED:
        need_key(row)
    elif row.kind is DiffKind.MODIFIED:
        _keep_key(row)
    _RULES.get(row.table, _foreign_table)(case, row)


def _keep_key(row: RowChange) -> None:
    """A row under another key is another row; no engine shows it as one that changed."""
    key = TABLES[row.table].key if row.table in TABLES else ""
    if key in row.cells:
        raise Forbidden(f"{row.key} keeps its {key}.", table=row.table, key=row.key)


def _foreign_table(_: Case, row: RowChange) -> None:
    raise Forbidden(f"{visible(row.table)} is no table that a change may write.", table=row.table)


def _place(row: RowChange) -> tuple[int, str, str]:
    return _ORDER.get(row.table, len(_ORDER)), row.table, row.key


_RULES: Final[Mapping[str, _Rule]] = {
    "rigs": judge_rig,
    "rig_links": judge_link,
    "wanted": judge_item,
    "completions": judge_completion,
    "stamps": judge_stamp,
    "badges": needs(Action.TRUST),
    "boot_blocks": needs(Action.TRUST),
    "chain_meta": _judge_chain,
    "_meta": judge_setting,
    "wlx_moderation": judge_moderation,
}
_ORDER: Final = {table: number for number, table in enumerate(_RULES)}
