"""
Members of a commons: which account owns it, maintains it or contributes to it.

A role is two things that are kept in step: what the account may do with the repository, and the
trust of its rig on main, which the gate goes by. Who owns the namespace owns the commons for good.
Source: the administration guide, roles and members (S1-34 to S1-40).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from ..commons.sdk import Commons
from ..hosts.base import RepoName
from ..protocol.errors import Conflict, Forbidden, Invalid, NotFound
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import Rig
from ..protocol.roles import refuse_suspended
from .callers import Caller
from .catalog import Role
from .hub import Hub
from .rights import Right
from .tokens import Scope


class MemberRole(StrEnum):
    """What a member is, the most powerful first."""

    OWNER = "owner"
    MAINTAINER = "maintainer"
    CONTRIBUTOR = "contributor"

    @classmethod
    def parse(cls, text: str) -> MemberRole:
        """
        Return the role that *text* names.

        Raises:
            Invalid: It names none.
        """
        if text not in cls._value2member_map_:
            raise Invalid(
                f"{visible(text)} is no role: owner, maintainer or contributor.",
                field="role",
                value=text,
            )
        return cls(text)

    @property
    def trust(self) -> int:
        """The trust of its rig: 3, 2 or 1."""
        return _TRUST[self]


_TRUST: Final = {MemberRole.OWNER: 3, MemberRole.MAINTAINER: 2, MemberRole.CONTRIBUTOR: 1}
_RIGHTS: Final = {
    MemberRole.OWNER: Role.ADMIN,
    MemberRole.MAINTAINER: Role.WRITE,
    MemberRole.CONTRIBUTOR: Role.READ,
}
_ROLES: Final = {right: role for role, right in _RIGHTS.items()}


@dataclass(frozen=True, slots=True)
class Member:
    """
    An account and what it is to a commons.

    Attributes:
        rig: The rig that it acts as there; None while it has none.
        is_lasting: Whether the namespace is its own: then it stays an owner.
    """

    account: str
    role: MemberRole
    rig: Rig | None
    is_lasting: bool = False

    @property
    def is_mirrored(self) -> bool:
        """Whether its rig has the trust of its role."""
        return self.rig is None or self.rig.trust == self.role.trust


def role_of(hub: Hub, caller: Caller, repo: RepoName) -> MemberRole | None:
    """Return what *caller* is to a commons; None for a stranger."""
    if not caller.account:
        return None
    if caller.is_admin or caller.owns(repo.owner):
        return MemberRole.OWNER
    given = hub.catalog.role(repo, caller.account)
    if given:
        return _ROLES[given]
    is_known = repo.owner.casefold() in caller.memberships or bool(hub.rigs(caller, repo))
    return MemberRole.CONTRIBUTOR if is_known else None


def members(hub: Hub, caller: Caller, repo: RepoName) -> list[Member]:
    """
    Return who was given a role, owners first, for members to read.

    Whoever registered a rig without being given a role contributes too, and is not listed.

    Raises:
        Unauthenticated: Nobody is signed in.
        Forbidden: The caller is no member.
    """
    caller.need_account()
    if role_of(hub, caller, repo) is None:
        raise Forbidden(f"Only members of {repo} see who they are.", hint=f"wl join {repo}")
    lasting = _lasting(hub, repo)
    found = [Member(name, MemberRole.OWNER, _rig(hub, repo, name), True) for name in lasting]
    known = {name.casefold() for name in lasting}
    for account, right in hub.catalog.collaborators(repo).items():
        if account.casefold() not in known:
            found.append(Member(account, _ROLES[right], _rig(hub, repo, account)))
    order = list(MemberRole)
    return sorted(found, key=lambda m: (order.index(m.role), not m.is_lasting, m.account.lower()))


def set_role(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    account: str,
    role: MemberRole,
    *,
    op_id: str | None = None,
) -> Member:
    """
    Give an account a role, and its rig the trust that goes with it.

    Raises:
        Conflict: The account owns the namespace; it stays an owner.
        Forbidden: The caller owns it not, or means itself, or its rig may not give that trust.
        NotFound: There is no such account.
    """
    need_owner(hub, caller, repo)
    name = _other(hub, caller, repo, account)
    _set_trust(hub, caller, repo, _rig(hub, repo, name), role.trust, op_id=op_id)
    hub.catalog.set_role(repo, name, _RIGHTS[role])
    return Member(name, role, _rig(hub, repo, name))


def remove(
    hub: Hub, caller: Caller, repo: RepoName, account: str, *, op_id: str | None = None
) -> None:
    """
    Take a role back; its rig stays, with no more trust than a new one gets.

    What is not touched: the account's tokens and fork, its claims and what it handed in.

    Raises:
        Conflict: The account owns the namespace.
        Forbidden: The caller owns it not, or means itself, or its rig may not take that trust.
        NotFound: There is no such member.
    """
    need_owner(hub, caller, repo)
    name = _other(hub, caller, repo, account)
    if hub.catalog.role(repo, name) is None:
        raise NotFound(f"{name} is no member of {repo}.", field="account")
    rig = _rig(hub, repo, name)
    usual = hub.session(caller, repo, Commons).policy().new_rig_trust
    if rig and rig.trust > usual:
        _set_trust(hub, caller, repo, rig, usual, op_id=op_id)
    hub.catalog.set_role(repo, name, None)


def leave(hub: Hub, caller: Caller, repo: RepoName) -> None:
    """
    Give up one's own role; the rig keeps its trust until somebody lowers it.

    Raises:
        Conflict: Nobody would own the commons then, or the caller owns its namespace.
        NotFound: The caller was given none.
    """
    caller.need_scope(Scope.WRITE)
    caller.need_whole_account()
    hub.require(caller, repo)
    with hub.names.held(repo):
        if caller.owns(repo.owner):
            raise Conflict(f"{repo} lies in a namespace of your own.", hint="delete it instead")
        if hub.catalog.role(repo, caller.account) is None:
            raise NotFound(f"You were given no role at {repo}.")
        _need_another_owner(hub, repo, caller.account)
        hub.catalog.set_role(repo, caller.account, None)


def need_owner(hub: Hub, caller: Caller, repo: RepoName) -> None:
    """
    Return if *caller* owns a commons, and its token stands for all of the account.

    Raises:
        NotFound: The caller may not even know of it.
        Unauthenticated, Forbidden: It is no owner.
        Suspended: Its rig there may not take part.
    """
    hub.require(caller, repo)
    caller.need_scope(Scope.WRITE)
    caller.need_whole_account()
    if hub.right(caller, repo) < Right.ADMIN:
        raise Forbidden(f"That is for the owners of {repo}.", hint="ask an owner", repo=str(repo))
    if not caller.is_admin and hub.is_commons(repo):
        refuse_suspended(hub.session(caller, repo, Commons).actor())


def _other(hub: Hub, caller: Caller, repo: RepoName, account: str) -> str:
    """Return the account meant, which an owner may decide about."""
    found = hub.accounts.find(account.strip())
    if found.is_organisation:
        raise Invalid(
            f"{found.name} is an organisation; its members are given roles.", field="account"
        )
    if found.name.casefold() == caller.account.casefold():
        raise Forbidden("Nobody changes their own role.", hint="ask another owner", field="account")
    if found.name.casefold() in {name.casefold() for name in _lasting(hub, repo)}:
        raise Conflict(
            f"{found.name} owns the namespace {repo.owner} and stays an owner.", field="account"
        )
    _need_another_owner(hub, repo, found.name)
    return found.name


def _need_another_owner(hub: Hub, repo: RepoName, account: str) -> None:
    given = hub.catalog.collaborators(repo).items()
    owners = {name.casefold() for name, right in given if right is Role.ADMIN}
    owners |= {name.casefold() for name in _lasting(hub, repo)}
    if not owners - {account.casefold()}:
        raise Conflict(f"{account} is the only owner of {repo}.", hint="make another owner first")


def _lasting(hub: Hub, repo: RepoName) -> Sequence[str]:
    """Return the accounts that own the namespace of *repo*."""
    try:
        owner = hub.accounts.find(repo.owner)
    except NotFound:
        return ()  # made at the command line, under a name that nobody signs in with
    return hub.accounts.owners(owner.name) if owner.is_organisation else (owner.name,)


def _rig(hub: Hub, repo: RepoName, account: str) -> Rig | None:
    """Return the rig that an account acts as, the one named like it before others."""
    own = hub.rigs(Caller(account=account, namespaces=frozenset({account.casefold()})), repo)
    named = [rig for rig in own if rig.handle == account.lower()] or own
    return named[0] if named else None


def _set_trust(
    hub: Hub, caller: Caller, repo: RepoName, rig: Rig | None, level: int, *, op_id: str | None
) -> None:
    if rig and rig.trust != level:
        hub.session(caller, repo, Commons).trust(rig.handle, level, op_id=op_id)
