"""Who asks: the account behind a request's token, and what its token lets it do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..protocol.errors import Forbidden, Invalid, Unauthenticated
from ..protocol.lean import dataclass
from ..protocol.names import visible
from .accounts import Account, Accounts
from .tokens import Scope, Token

# DoltHub's API speaks of "token X" in its first version and of "Bearer X" in its second; older
# pages show the bare token.
_HEADER: Final = re.compile(r"(?:(?:token|bearer)\s+)?(\S+)\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who asks.

    Attributes:
        account: Name; "" for nobody.
        namespaces: What it owns repositories under, folded: its own name, its organisations.
        memberships: Organisations that it belongs to, folded, owned or not.
        is_admin: Whether it runs the hub, and asks with a token that says so.
        scope: What its token is for; None for nobody.
        rig: The only rig that its token may act as; "" for any of its own.
        expires_at: When its token ends; None for never.
        token_id: Names the token in logs.
    """

    account: str = ""
    namespaces: frozenset[str] = frozenset()
    memberships: frozenset[str] = frozenset()
    is_admin: bool = False
    scope: Scope | None = None
    rig: str = ""
    expires_at: datetime | None = None
    token_id: str = ""

    def owns(self, namespace: str) -> bool:
        """Return whether repositories under *namespace* are its own."""
        return namespace.casefold() in self.namespaces

    def need_account(self) -> str:
        """
        Return the account.

        Raises:
            Unauthenticated: Nobody is signed in.
        """
        if not self.account:
            raise Unauthenticated("Not authenticated", hint="wl login")
        return self.account

    def need_scope(self, scope: Scope) -> None:
        """
        Return if the caller's token may be used for *scope*.

        Raises:
            Unauthenticated: Nobody is signed in.
            Forbidden: The token is for less.
        """
        self.need_account()
        if self.scope is None or not self.scope.holds(scope):
            raise Forbidden(
                f"API token is not allowed to operate on this resource: it has scope {self.scope}, "
                f"and this needs {scope}.",
                hint=f"wl hub token create --scope {scope}",
                scope=str(self.scope),
                need=scope.value,
            )

    def need_whole_account(self) -> None:
        """
        Return if the caller's token stands for all of its account.

        Raises:
            Unauthenticated: Nobody is signed in.
            Forbidden: It is for one rig only.
        """
        self.need_account()
        if self.rig:
            raise Forbidden(
                f"This token is for the rig {self.rig} alone.",
                hint="use a token of the account",
                rig=self.rig,
            )

    def need_rig(self, rig: str) -> None:
        """
        Return if the caller's token may be used as *rig*.

        Raises:
            Forbidden: It is for another rig only.
        """
        if self.rig and rig != self.rig:
            raise Forbidden(
                f"This token acts as {self.rig} only, not as {visible(rig)}.", hint="wl whoami"
            )


NOBODY: Final = Caller()


def identify(accounts: Accounts, header: str | None) -> Caller:
    """
    Return who sends the ``authorization`` header *header*; nobody without one.

    A token that is no token is refused, also where nobody would do.

    Raises:
        Invalid: The header has not the form of one.
        Unauthenticated: It holds no token of this hub.
    """
    if header is None:
        return NOBODY
    found = _HEADER.match(header.strip())
    if not found or found[1].lower() in {"token", "bearer"}:
        # The words that clients look for.
        raise Invalid("invalid authorization header", field="authorization", hint="wl login")
    return of_token(accounts, found[1])


def of_token(accounts: Accounts, text: str) -> Caller:
    """
    Return whose token *text* is.

    Raises:
        Unauthenticated: It is none of this hub.
    """
    return behind(accounts, accounts.authenticate(text))


def behind(accounts: Accounts, token: Token) -> Caller:
    """Return the account behind a token that is in force."""
    account = accounts.find(token.account)
    return replace(
        _of(accounts, account),
        is_admin=account.is_admin and token.scope is Scope.ADMIN,
        scope=token.scope,
        rig=token.rig,
        expires_at=token.expires_at,
        token_id=token.id,
    )


def whole(accounts: Accounts, name: str) -> Caller:
    """
    Return an account that asks with all that it may do.

    Raises:
        Unauthenticated: It is disabled, or is an organisation.
    """
    account = accounts.find(name)
    if account.is_disabled or account.is_organisation:
        raise Unauthenticated(f"{account.name} cannot sign in.", hint="ask who runs this hub")
    scope = Scope.ADMIN if account.is_admin else Scope.WRITE
    return replace(_of(accounts, account), is_admin=account.is_admin, scope=scope)


def _of(accounts: Accounts, account: Account) -> Caller:
    """Return an account without leave to do anything."""
    organisations = accounts.organisations(account.name)
    owned = {name for name, owns in organisations.items() if owns}
    return Caller(
        account=account.name,
        namespaces=frozenset(name.casefold() for name in {account.name, *owned}),
        memberships=frozenset(name.casefold() for name in organisations),
    )
