"""The page itself, as each of its forms shows it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from ...hub.contacts import Digest
from ...hub.identities import place_of
from ...hub.passwords import PASSWORD_RULE
from ...hub.proofs import need_all
from ...hub.tokens import Scope, Token
from ...protocol.errors import WastelandError
from .. import refusals
from ..signing.beginning import local, site
from ..visits import Visit

YOU: Final = "/-/you"
MAKE_TOKEN: Final = "make a token"  # noqa: S105  # words, no secret
_DONE: Final = {
    "password": "The password is set. Your other sessions have ended.",
    "passkey": "The passkey is kept. It signs you in from now on.",
    "link": "The two accounts are linked.",
    "contact": "Kept.",
    "sessions": "Your other sessions have ended.",
}
_FORM_LIFETIME: Final = timedelta(days=1)


def shown(
    visit: Visit, about: str = "", error: WastelandError | None = None, **more: Any
) -> Response:
    """
    Return the page.

    Args:
        about: The section that *error* is about.
        more: What it shows besides.
    """
    refusal = refusals.told(error) if error else None
    return visit.page(
        "you/page.html",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        about=about,
        next=local(visit.request.query_params.get("next", "")),
        done=_DONE.get(visit.request.query_params.get("done", ""), ""),
        **{"made": None, "own": _own(visit) if visit.session else None, **more},
    )


def _own(visit: Visit) -> dict[str, Any]:
    """Return what is shown to who is signed in alone."""
    hub, account = visit.hub, visit.caller.account
    return {
        "account": hub.accounts.find(account),
        "organisations": hub.accounts.organisations(account),
        "whole": _is_whole(visit),
        "password": hub.passwords.kept(account),
        "rule": PASSWORD_RULE,
        "passkeys": hub.passkeys.of_account(account),
        "site": site(visit),
        "links": hub.identities.of_account(account),
        "issuer": place_of(hub.provider.issuer) if hub.provider else "",
        "tokens": sorted(hub.accounts.tokens(account), key=_order, reverse=True),
        "scopes": [scope.value for scope in Scope if _may_have(visit, scope)],
        "form": hub.challenges.make(MAKE_TOKEN, visit.cookie, lifetime=_FORM_LIFETIME),
        "sessions": visit.desk.sessions.of_account(account),
        "contact": hub.accounts.contact(account),
        "digests": list(Digest),
    }


def _is_whole(visit: Visit) -> bool:
    try:
        need_all(visit.hub, visit.caller)
    except WastelandError:
        return False
    return True


def _may_have(visit: Visit, scope: Scope) -> bool:
    own, needed = visit.caller.scope, Scope.WRITE if scope is Scope.PUSH else scope
    return own is not None and own.holds(needed)


def _order(token: Token) -> tuple[bool, Any]:
    return (token.revoked_at is None, token.created_at)
