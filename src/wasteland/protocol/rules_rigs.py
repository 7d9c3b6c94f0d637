"""What a change may do to rigs and their links."""

from __future__ import annotations

from typing import Final

from .diff import DiffKind, RowChange
from .errors import Forbidden, Invalid
from .ids import HANDLE_RULE, is_handle, visible
from .policy import Action
from .proposal import Case, limit, permanent
from .records import Rig, RigLink

MAX_TRUST: Final = 3
# A registration of another client says 1; it is read as a request.
_MAX_REQUEST: Final = 1
_OWN_PROFILE: Final = (
    "display_name",
    "hop_uri",
    "owner_email",
    "gt_version",
    "last_seen",
    "rig_type",
)


def judge_rig(case: Case, row: RowChange) -> None:
    """A rig registers itself, keeps its own profile, and never sets its own trust."""
    if row.kind is DiffKind.REMOVED:
        raise permanent("A registration", row)
    rig = Rig.from_row(row.row)
    if row.kind is DiffKind.ADDED:
        _judge_registration(case, row, rig)
    elif "trust_level" in row.cells:
        _judge_trust(case, row, rig)
    else:
        case.need_own(row, rig.handle)
        case.only(row, _OWN_PROFILE)


def _judge_registration(case: Case, row: RowChange, rig: Rig) -> None:
    if not is_handle(rig.handle):
        raise Invalid(
            f"{visible(rig.handle)} cannot be a handle: {HANDLE_RULE}.",
            field="handle",
            value=rig.handle,
        )
    case.need_own(row, rig.handle)
    case.authorize(Action.REGISTER)
    _need_account(case, rig)
    if not case.policy.is_stated:
        return
    _check_request(case, rig)
    case.actor = case.actor.registered_as(rig, case.policy)
    if case.authority.owned:
        case.amend(
            row,
            trust_level=case.policy.new_rig_trust,
            registered_at=case.now,
            last_seen=case.now,
        )


def _check_request(case: Case, rig: Rig) -> None:
    if rig.trust > _MAX_REQUEST:
        raise Forbidden(
            f"{rig.handle} registers itself with trust {rig.trust}; this commons gives a new rig "
            f"{case.policy.new_rig_trust}.",
            rig=rig.handle,
        )
    cap = case.policy.daily("registrations_per_day")
    if case.authority.usage.registrations_today >= cap:
        raise limit("registrations a day", cap, case.authority.usage.registrations_today)


def _need_account(case: Case, rig: Rig) -> None:
    account = case.authority.account
    parent = case.authority.rigs.get(rig.parent_rig or "")
    owners = {rig.dolthub_org, parent.dolthub_org if parent else None}
    if account and account not in owners:
        raise Forbidden(
            f"{account} cannot register {rig.handle}, which names "
            f"{rig.dolthub_org or 'nobody'} as its owner.",
            rig=rig.handle,
            account=account,
        )


def _judge_trust(case: Case, row: RowChange, rig: Rig) -> None:
    if rig.handle == case.me:
        raise Forbidden(
            f"{rig.handle} cannot change its own trust.",
            hint="ask another maintainer",
            rig=rig.handle,
        )
    case.authorize(Action.TRUST)
    if not 0 <= rig.trust <= MAX_TRUST:
        raise Invalid(f"Trust is 0 to 3, not {rig.trust}.", field="trust_level", value=rig.trust)
    case.only(row, ("trust_level", "last_seen"))


def judge_link(case: Case, row: RowChange) -> None:
    """Each side of a link asserts for itself; either side revokes."""
    if row.kind is DiffKind.REMOVED:
        raise permanent("A rig link", row)
    link = RigLink.from_row(row.row)
    if case.me not in {link.rig_a, link.rig_b}:
        case.need_own(row, link.rig_a)
    if row.before is None:
        if link.rig_a != case.me or link.in_force or link.assertion_b:
            raise Forbidden(
                f"A link begins with {link.rig_a}'s own word and waits for {link.rig_b}."
            )
        return
    if link.in_force and not RigLink.from_row(row.before).in_force and link.rig_b != case.me:
        raise Forbidden(f"Only {link.rig_b} can confirm this link.")
    own = ("assertion_a",) if link.rig_a == case.me else ("assertion_b", "completed_at")
    case.only(row, (*own, "status", "revoked_at", "revoked_by"))
