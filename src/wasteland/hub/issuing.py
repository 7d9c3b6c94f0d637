"""Making tokens with what one has signed in with: none is for more, or lives longer, than that."""

from __future__ import annotations

from datetime import datetime, timedelta

from .accounts import Accounts
from .callers import Caller
from .tokens import Scope, Token


def issue(
    accounts: Accounts,
    caller: Caller,
    *,
    label: str,
    scope: Scope,
    rig: str = "",
    lifetime: timedelta | None = None,
) -> tuple[Token, str]:
    """
    Return a new token of the caller's account, and its text, which is not kept.

    Args:
        rig: The only rig that it may act as.
        lifetime: None for as long as what the caller signed in with.
    Raises:
        Unauthenticated, Forbidden: That is for less.
    """
    caller.need_scope(Scope.WRITE)
    caller.need_scope(scope if scope is not Scope.PUSH else Scope.WRITE)
    if rig:
        caller.need_rig(rig)
    return accounts.issue(
        caller.account,
        label=label,
        scope=scope,
        rig=rig or caller.rig,
        lifetime=_shorter(lifetime, caller.expires_at, accounts.now()),
    )


def revoke(accounts: Accounts, caller: Caller, token_id: str) -> None:
    """
    End a token of the caller's account now; a token of one rig ends itself alone.

    Raises:
        Unauthenticated, Forbidden: What the caller signed in with is for less.
        NotFound: The account has none of that id.
    """
    caller.need_scope(Scope.WRITE)
    if token_id != caller.token_id:
        caller.need_whole_account()
    accounts.revoke(caller.account, token_id)


def _shorter(wanted: timedelta | None, ends: datetime | None, now: datetime) -> timedelta | None:
    return wanted if ends is None else min(ends - now, wanted or ends - now)
