"""
Signing in from a program that has no browser: it shows a code, a person confirms it elsewhere.

Tokens travel in bodies and headers alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from ...commons.data import to_data
from ...protocol.errors import Forbidden
from .. import issuing
from ..accounts import LOGIN_LIFETIME_S, Login
from ..callers import Caller
from ..http.asked import Asking
from ..hub import Hub
from ..tokens import Scope, Token
from .place import PREFIX

router = APIRouter(prefix=PREFIX, tags=["accounts"])

_POLL_S = 2


class NewLogin(BaseModel):
    """A program that wants to sign in."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("wl", max_length=100)
    scope: str = "write"


class Waiting(BaseModel):
    """The secret that a waiting program holds."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(max_length=100)


class Code(BaseModel):
    """The code that a person read."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=40)


class NewToken(BaseModel):
    """A token to be made."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=100)
    scope: str = "read"
    rig: str = Field("", max_length=64)
    expires_in_days: int | None = Field(None, ge=1, le=3650)


@router.post("/logins", status_code=201)
def begin(asked: Asking, body: NewLogin) -> Response:
    """Begin to sign in; show the code, then ask for the token."""
    login = asked.hub.accounts.begin_login(label=body.label, scope=Scope.parse(body.scope))
    base = str(asked.request.base_url).rstrip("/")
    told = {
        "secret": login.secret,
        "code": login.code,
        "url": f"{base}/login",
        "expires_in_s": LOGIN_LIFETIME_S,
        "interval_s": _POLL_S,
    }
    return _secret(told, status=201)


@router.post("/logins/token")
def finish(asked: Asking, body: Waiting) -> Response:
    """Return the token once somebody has confirmed the code; 202 while nobody has."""
    issued = asked.hub.accounts.finish_login(body.secret)
    if issued is None:
        return JSONResponse(
            {"status": "pending"}, status_code=202, headers={"Retry-After": str(_POLL_S)}
        )
    return _secret(_shown(*issued))


@router.post("/logins/confirm")
def confirm(asked: Asking, body: Code) -> dict[str, Any]:
    """Let the program that shows this code sign in as the caller."""
    login = let_in(asked.hub, asked.caller, body.code)
    return {"label": login.label, "scope": login.scope.value, "account": login.account}


@router.get("/tokens")
def tokens(asked: Asking) -> dict[str, Any]:
    """List one's own tokens, without their secrets."""
    found = asked.hub.accounts.tokens(asked.caller.need_account())
    return {"items": [to_data(token) for token in found], "next": ""}


@router.post("/tokens", status_code=201)
def issue(asked: Asking, body: NewToken) -> Response:
    """Make a token of at most the scope that the caller's own has; shown once."""
    days = body.expires_in_days
    issued = issuing.issue(
        asked.hub.accounts,
        asked.caller,
        label=body.label,
        scope=Scope.parse(body.scope),
        rig=body.rig,
        lifetime=timedelta(days=days) if days else None,
    )
    return _secret(_shown(*issued), status=201)


@router.delete("/tokens/{token_id}")
def revoke(asked: Asking, token_id: str) -> dict[str, Any]:
    """End a token now; a token of one rig ends itself alone."""
    issuing.revoke(asked.hub.accounts, asked.caller, token_id)
    return {"revoked": token_id}


def _need_lasting(caller: Caller) -> None:
    """Raise if what signs a program in is less than the account, whose token it would get."""
    if caller.rig or caller.expires_at:
        raise Forbidden(
            "A token of one rig, or one that expires, lets no program sign in.",
            hint="confirm with another token",
        )


def let_in(hub: Hub, caller: Caller, code: str) -> Login:
    """
    Let the program that shows *code* sign in as *caller*.

    Raises:
        Unauthenticated, Forbidden: The caller's token is for less than the program asks.
        NotFound: No program waits under that code.
        Conflict: It was confirmed already.
    """
    caller.need_scope(Scope.WRITE)
    _need_lasting(caller)
    caller.need_scope(hub.accounts.login_of(code).scope)
    return hub.accounts.confirm_login(code, caller.account)


def _shown(token: Token, text: str) -> dict[str, Any]:
    data: dict[str, Any] = to_data(token)
    return {**data, "token": text}


def _secret(told: dict[str, Any], *, status: int = 200) -> Response:
    return JSONResponse(told, status_code=status, headers={"Cache-Control": "no-store"})
