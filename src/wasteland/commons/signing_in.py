"""Signing in at a hub: with a token, or by a code that a person confirms elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..engines.dolthub.http import Call, Http
from ..protocol.errors import EngineError, NotFound, Unauthenticated
from ..protocol.lean import dataclass
from ..protocol.text import terminal_safe
from .hubs import credentials, open_http

if TYPE_CHECKING:
    from httpx2 import BaseTransport

    from ..settings import Settings

_LOGINS: Final = ("api", "v1", "logins")
_WHO: Final = Call("GET", ("api", "v1", "whoami"))
_PAUSE_S: Final = (1.0, 30.0)
_WHOLE_S: Final = (10.0, 900.0)
"""Bounds of what a hub may say about waiting."""


@dataclass(frozen=True, slots=True)
class Login:
    """
    The answer to a login.

    Attributes:
        hub: Its root.
        account: Who is signed in.
        scope: What the token is for.
    """

    hub: str
    account: str
    scope: str


def sign_in(
    settings: Settings, root: str, token: str, *, transport: BaseTransport | None = None
) -> Login:
    """
    Check a token with its hub and keep it.

    Args:
        transport: Instead of the network.
    Raises:
        Unauthenticated: The hub does not know it.
    """
    with open_http(settings, root, token=token, transport=transport) as http:
        found = http.send(_WHO)
    login = Login(root, str(found.get("account", "")), str(found.get("scope", "")))
    if not login.account:
        raise Unauthenticated(f"{root} does not know this token.", hint=f"wl login {root}")
    credentials(settings).keep(root, token, login.account)
    return login


def sign_in_elsewhere(
    settings: Settings,
    root: str,
    *,
    label: str,
    scope: str,
    show: Callable[[str, str], None],
    sleep: Callable[[float], None] = time.sleep,
    transport: BaseTransport | None = None,
) -> Login:
    """
    Sign in by a code that a person confirms in a browser, or with ``wl login --confirm``.

    Args:
        show: Called with the page's address, which is the hub's, and the code.
        transport: Instead of the network.
    Raises:
        NotFound: Nobody confirmed it in time.
        EngineError: The hub does not answer as one.
    """
    with Http(root, allow_plain=settings.allow_plain, transport=transport) as http:
        asked = http.send(Call("POST", _LOGINS, body={"label": label, "scope": scope}))
        code = terminal_safe(str(asked.get("code", "")), one_line=True)
        if not code:
            raise EngineError(f"{root} gives no code to sign in by.", hint=f"wl login {root}")
        show(_page(root, str(asked.get("url", ""))), code)
        token = _awaited(http, asked, sleep)
    return sign_in(settings, root, token, transport=transport)


def confirm(settings: Settings, root: str, code: str) -> Mapping[str, Any]:
    """
    Let the program that shows *code* sign in as this user.

    Raises:
        NotFound: None waits under that code.
    """
    with open_http(settings, root) as http:
        return http.send(Call("POST", (*_LOGINS, "confirm"), body={"code": code}))


def account_at(settings: Settings, root: str, *, transport: BaseTransport | None = None) -> str:
    """
    Return the account that this user's token for a hub belongs to.

    Args:
        transport: Instead of the network.
    Raises:
        Unauthenticated: There is none, or the hub does not know it.
    """
    with open_http(settings, root, transport=transport) as http:
        if not http.has_token:
            hint = f"wl login {root}"
            if settings.token:
                hint += f", or WL_HUB={root} if DOLTHUB_TOKEN is for it"
            raise Unauthenticated(f"You are not signed in at {root} .", hint=hint)
        return str(http.send(_WHO).get("account", ""))


def _page(root: str, url: str) -> str:
    """Return the page to sign in on; a hub sends nobody to another site."""
    return terminal_safe(url, one_line=True) if url.startswith(f"{root}/") else f"{root}/login"


def _awaited(http: Http, asked: Mapping[str, Any], sleep: Callable[[float], None]) -> str:
    call = Call("POST", (*_LOGINS, "token"), body={"secret": asked.get("secret")})
    pause_s = _within(asked.get("interval_s"), _PAUSE_S)
    left_s = _within(asked.get("expires_in_s"), _WHOLE_S)
    while left_s > 0:
        answer = http.send(call)
        if answer.get("token"):
            return str(answer["token"])
        sleep(pause_s)
        left_s -= pause_s
    raise NotFound("Nobody confirmed the code in time.", hint=f"wl login {http.root}")


def _within(value: object, bounds: tuple[float, float]) -> float:
    """Return a number that a hub gave, or the nearest that is sensible."""
    least, most = bounds
    # In this order, what is no number of any size gives the least.
    return min(most, max(least, value)) if isinstance(value, int | float) else least
