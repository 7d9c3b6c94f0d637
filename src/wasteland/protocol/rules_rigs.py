"""What a change may do to rigs and their links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from .diff import DiffKind, RowChange
from .errors import Conflict, Forbidden, Invalid, NotFound
from .names import HANDLE_RULE, is_handle, visible
from .policy import Action
from .proposal import Case, limit, permanent
from .records import MAX_TRUST, Rig, RigLink
from .rules_peers import need_no_block

# A registration of another client says 1; it is read as a request.
_REQUESTS: Final = ("0", "1")
_OWN_PROFILE: Final = (
    "display_name",
    "hop_uri",
    "owner_email",
    "gt_version",
    "last_seen",
    "rig_type",
)
_MOST_LEVELS: Final = 8
_LOOKALIKES: Final = str.maketrans("01_.", "ol--")
_ACTIVE: Final = "active"
_PENDING: Final = "pending"
_REVOKED: Final = "revoked"


def acts_for(account: str, rig: Rig, rigs: Mapping[str, Rig]) -> bool:
    """
    Return whether *account* may act as *rig*: it owns it, or a rig that answers for it.

    Args:
        account: "" where the host cannot know; then nobody can be told apart.
        rig: As main has it.
        rigs: Those that answer for it, by handle.
    """
    return not account or _owns(account, rig, rigs)


def lineage(rig: Rig, find: Callable[[str], Rig | None]) -> Iterator[Rig]:
    """
    Yield *rig*, its parent, its parent's parent and so on, each once, 8 at most.

    Args:
        find: Returns the rig with a handle.
    """
    seen: set[str] = set()
    each: Rig | None = rig
    while each and each.handle not in seen and len(seen) < _MOST_LEVELS:
        yield each
        seen.add(each.handle)
        each = find(each.parent_rig) if each.parent_rig else None


def skeleton(handle: str) -> str:
    """Return what is left of a handle for an eye that takes 0 for o, 1 for l, and _ for -."""
    return handle.casefold().translate(_LOOKALIKES)


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
        case.need_standing()
        case.only(row, _OWN_PROFILE)
        case.amend_time(row, "last_seen")


def _judge_registration(case: Case, row: RowChange, rig: Rig) -> None:
    _check_handle(case, rig)
    case.need_own(row, rig.handle)
    case.authorize(Action.REGISTER)
    _need_owner(case, rig)
    _check_request(case, row, rig)
    case.actor = case.actor.registered_as(rig, case.policy)
    case.amend(row, registered_at=case.now, last_seen=case.now)
    if case.authority.account:
        # Spelled one way, and never left out, so that the daily cap counts it.
        case.amend(row, dolthub_org=case.authority.account)
    if case.policy.is_stated:
        _check_rate(case)
        case.amend(row, trust_level=case.policy.new_rig_trust)


def _check_handle(case: Case, rig: Rig) -> None:
    if not is_handle(rig.handle):
        raise Invalid(
            f"{visible(rig.handle)} cannot be a handle: {HANDLE_RULE}.",
            hint="wl join --handle NAME",
            field="handle",
            value=rig.handle,
        )
    if case.authority.actor.rig and case.authority.actor.handle == rig.handle:
        raise Conflict(
            f"The handle {rig.handle} is taken.", hint="wl join --handle NAME", rig=rig.handle
        )
    if case.authority.lookalikes and case.policy.is_stated:
        other = case.authority.lookalikes[0]
        raise Conflict(
            f"The handle {rig.handle} could be taken for {other}, which exists.",
            hint="wl join --handle NAME",
            rig=rig.handle,
            other=other,
        )


def _check_request(case: Case, row: RowChange, rig: Rig) -> None:
    stored = row.row.get("trust_level")
    if stored is not None and str(stored) not in _REQUESTS:
        raise Forbidden(
            f"{rig.handle} registers itself with trust {visible(str(stored))}; this commons gives "
            f"a new rig {case.policy.new_rig_trust}.",
            hint="register with trust 0; a maintainer raises it",
            rig=rig.handle,
        )


def _check_rate(case: Case) -> None:
    cap, count = (
        case.policy.daily("registrations_per_day"),
        case.authority.usage.registrations_today,
    )
    if count >= cap:
        raise limit("registrations a day", cap, count)


def _need_owner(case: Case, rig: Rig) -> None:
    """A registration names one's own account, and as parent only a rig of that account."""
    account = _account(case.authority.account)
    owner = _account(rig.dolthub_org) or (account if rig.parent_rig else "")
    if account and account != owner:
        raise Forbidden(
            f"{case.authority.account} cannot register {rig.handle}, which names "
            f"{rig.dolthub_org or 'nobody'} as its owner.",
            rig=rig.handle,
            account=case.authority.account,
        )
    if not rig.parent_rig:
        return
    parent = case.authority.rigs.get(rig.parent_rig)
    if parent is None or not _owns(owner, parent, case.authority.rigs):
        raise Forbidden(
            f"{rig.handle} names {rig.parent_rig} as the rig that answers for it, which is no rig "
            f"of {owner or 'a known account'}.",
            hint="register with a parent of your own account, or with none",
            rig=rig.handle,
            parent=rig.parent_rig,
        )


def _judge_trust(case: Case, row: RowChange, rig: Rig) -> None:
    if rig.handle == case.me:
        raise Forbidden(
            f"{rig.handle} cannot change its own trust.",
            hint="ask another maintainer",
            rig=rig.handle,
        )
    case.authorize(Action.TRUST)
    if rig.trust_level is None or not 0 <= rig.trust_level <= MAX_TRUST:
        raise Invalid(
            f"Trust is 0 to {MAX_TRUST}, not {visible(str(row.row.get('trust_level')))}.",
            hint=f"wl rig trust {rig.handle} 1",
            field="trust_level",
            value=rig.trust_level,
        )
    highest = max(rig.trust, Rig.from_row(row.before or {}).trust)
    if highest > case.actor.trust:
        raise Forbidden(
            f"{case.me} has trust {case.actor.trust} and cannot give or take {highest}.",
            hint="ask a maintainer",
            rig=rig.handle,
        )
    case.only(row, ("trust_level",))


def judge_link(case: Case, row: RowChange) -> None:
    """
    Each side of a link asserts for itself; either side revokes, and that is final.

    A link binds both in the yearbook rule, so that neither can be bound by the other's word.
    """
    if row.kind is DiffKind.REMOVED:
        raise permanent("A rig link", row)
    link = RigLink.from_row(row.row)
    if case.me not in {link.rig_a, link.rig_b}:
        case.need_own(row, link.rig_a)
    case.need_standing()
    # Whoever is tied to a blocked peer may still untie itself.
    if link.status != _REVOKED:
        need_no_block(case, *map(case.authority.rigs.get, (link.rig_a, link.rig_b)))
    if row.before is None:
        _judge_proposal(case, row, link)
    elif link.status == _REVOKED:
        _judge_revocation(case, row, link)
    else:
        _judge_confirmation(case, row, link, RigLink.from_row(row.before))


def _judge_proposal(case: Case, row: RowChange, link: RigLink) -> None:
    theirs = (link.assertion_b, link.completed_at, link.revoked_at, link.revoked_by)
    if link.rig_a != case.me or link.status != _PENDING or any(theirs):
        raise Forbidden(
            f"A link begins with {link.rig_a}'s own word and waits for {link.rig_b}.", link=link.id
        )
    if link.rig_a == link.rig_b:
        raise Invalid("A link needs another rig.", hint="wl rig link HANDLE", field="rig_b")
    if link.rig_b not in case.authority.rigs:
        raise NotFound(f"{link.rig_b} is not a rig of this commons.", hint="wl rig list")
    case.amend_time(row, "created_at")


def _judge_revocation(case: Case, row: RowChange, link: RigLink) -> None:
    case.only(row, ("status", "revoked_at", "revoked_by"))
    if link.revoked_by != case.me or link.revoked_at is None:
        raise Forbidden(f"{case.me} revokes in its own name and says when.", link=link.id)
    case.amend_time(row, "revoked_at")


def _judge_confirmation(case: Case, row: RowChange, link: RigLink, before: RigLink) -> None:
    if link.rig_b != case.me or (before.status, link.status) != (_PENDING, _ACTIVE):
        raise Forbidden(
            f"Only {link.rig_b} can confirm this link, and only while it waits.", link=link.id
        )
    case.only(row, ("assertion_b", "completed_at", "status"))
    case.amend_time(row, "completed_at")


def _owns(account: str, rig: Rig, rigs: Mapping[str, Rig]) -> bool:
    """Whether *account* is that of *rig* or of one that answers for it."""
    name = _account(account)
    return bool(name) and any(_account(each.dolthub_org) == name for each in lineage(rig, rigs.get))


def _account(name: str | None) -> str:
    # Hosts do not tell Acme from acme.
    return (name or "").strip().casefold()
