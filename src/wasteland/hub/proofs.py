"""What a session of a browser began with, whether that still stands, and what it may lead to."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from ..protocol.errors import Forbidden, Unauthenticated
from ..protocol.lean import dataclass
from . import callers
from .callers import Caller
from .hub import Hub
from .tokens import Scope


class Means(StrEnum):
    """How somebody signed in."""

    TOKEN = "token"  # noqa: S105  # a word, no secret
    PASSWORD = "password"  # noqa: S105  # a word, no secret
    PASSKEY = "passkey"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class Proof:
    """
    What proved who signed in.

    Attributes:
        id: Names the token, the password, the passkey or the link; none of them is a secret.
    """

    account: str
    means: Means
    id: str


def caller_of(hub: Hub, proof: Proof) -> Caller:
    """
    Return who is signed in by *proof*.

    Raises:
        Unauthenticated: It stands no longer: revoked, changed, removed, or the account disabled.
    """
    if proof.means is Means.TOKEN:
        return callers.behind(hub.accounts, hub.accounts.still_in_force(proof.id))
    if not _STANDS[proof.means](hub, proof):
        raise Unauthenticated("What this session began with is gone.", hint="sign in again")
    return callers.whole(hub.accounts, proof.account)


def need_all(hub: Hub, caller: Caller) -> str:
    """
    Return the caller's account, if what signed it in stands for all of it and for good.

    Passwords, passkeys and links do; so they are not to be had with less.

    Raises:
        Unauthenticated: Nobody is signed in.
        Forbidden: It was a token for less: of a smaller scope, of one rig, or one that expires.
    """
    account = hub.accounts.find(caller.need_account())
    whole = Scope.ADMIN if account.is_admin else Scope.WRITE
    if caller.rig or caller.expires_at or caller.scope is None or not caller.scope.holds(whole):
        raise Forbidden(
            "The token that you signed in with is for less than the whole account: of a smaller "
            "scope, of one rig, or with an end.",
            hint=f"sign in with a token of scope {whole} that does not expire",
        )
    return account.name


def _has_password(hub: Hub, proof: Proof) -> bool:
    kept = hub.passwords.kept(proof.account)
    return kept is not None and kept.id == proof.id


def _has_passkey(hub: Hub, proof: Proof) -> bool:
    found = hub.passkeys.find(proof.id)
    return found is not None and found.account == proof.account


def _has_link(hub: Hub, proof: Proof) -> bool:
    return any(one.id == proof.id for one in hub.identities.of_account(proof.account))


_STANDS: Final[dict[Means, Callable[[Hub, Proof], bool]]] = {
    Means.PASSWORD: _has_password,
    Means.PASSKEY: _has_passkey,
    Means.OIDC: _has_link,
}
