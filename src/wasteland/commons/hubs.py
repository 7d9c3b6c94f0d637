"""Hubs that this user works with: their addresses, and clients with this user's tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from ..engines.dolthub.http import Http
from ..engines.dolthub.retry import Limits
from ..engines.dolthub.secret import Secret
from ..hosts.base import RepoName
from ..protocol.errors import Invalid
from . import memberships
from .credentials import Credentials
from .distant import DistantCommons
from .memberships import CLONE, HUB, Membership
from .nearby import Nearby
from .replica import Replica
from .session import Seat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import BaseTransport

    from ..settings import Settings

PROMPT: Final = Limits(tries=2, budget_s=20.0, timeout_s=10.0)
"""For who has an answer without the hub, if an older one."""
PATIENT: Final = Limits(tries=4, budget_s=60.0)
"""For who needs the hub, and waits while it is started again."""


def credentials(settings: Settings) -> Credentials:
    """Return this user's store of tokens."""
    return Credentials(settings.config / "credentials.json", use_keyring=settings.keyring)


def root_of(url: str) -> str:
    """
    Return the root of the hub that *url* is on.

    Raises:
        Invalid: It is no address of one.
    """
    parts = _split(url if "://" in url else f"https://{url}")
    if not parts or "@" in parts.netloc:
        raise Invalid(
            "A hub is named by its address, such as http://127.0.0.1:8999, without a user.",
            field="url",
            hint="wl login http://127.0.0.1:8999",
        )
    return f"{parts.scheme}://{parts.netloc}"


def open_http(
    settings: Settings,
    root: str,
    *,
    rig: str = "",
    token: str = "",
    transport: BaseTransport | None = None,
    limits: Limits | None = None,
) -> Http:
    """
    Return the client of a hub, with this user's token for it; the caller closes it.

    Args:
        rig: As which of the account's rigs to act.
        token: Instead of the one that is kept.
        transport: Instead of the network.
        limits: How long to try; None for as long as it takes a hub to restart.
    Raises:
        Invalid: *root* is no address of a host, or the token's text is none.
    """
    kept = credentials(settings)
    text = token or kept.token(root, given=settings.token, known=_named(settings))
    _check(text, root)
    return Http(
        root,
        Secret(text) if text else None,
        rig=rig,
        transport=transport,
        limits=limits,
        allow_plain=settings.allow_plain,
    )


def open_distant(
    settings: Settings,
    membership: Membership,
    *,
    transport: BaseTransport | None = None,
    limits: Limits | None = None,
) -> DistantCommons:
    """Return a joined commons of a hub, with its copy here; the caller closes it."""
    http = open_http(
        settings, membership.url, rig=membership.handle, transport=transport, limits=limits
    )
    seat = Seat(membership.handle, membership.account)
    return DistantCommons(http, membership.repo, seat, near=nearby(settings, membership))


def nearby(settings: Settings, membership: Membership) -> Nearby:
    """Return the reader with a copy of a commons elsewhere; the caller closes its replica."""
    return Nearby(
        Replica.of(settings.data, membership.url, membership.repo),
        membership.repo,
        Seat(membership.handle, membership.account),
        place=membership.url,
        mode=membership.mode,
        index_dir=settings.cache / "search",
    )


def read_address(target: str) -> tuple[str, RepoName] | None:
    """Return root and name of a commons on a hub, None for what has not that form."""
    parts = _split(target)
    names = [part for part in parts.path.split("/") if part] if parts else []
    if len(names) != 2 or names[1].endswith(".db"):
        return None
    return root_of(target), RepoName.parse("/".join(names))


def is_hub(root: str) -> bool:
    """Return whether a hub of ours answers at *root*."""
    with Http(root) as http:
        return http.is_hub


def _check(token: str, root: str) -> None:
    """Raise for a text that no header can carry; it is not shown."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise Invalid(
            f"The token for {root} has characters that no token has.",
            hint=f"wl login {root} --token",
            field="token",
        )


def _split(url: str) -> SplitResult | None:
    """Return the parts of a web address, None where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def _named(settings: Settings) -> Iterator[str]:
    """Yield the hubs that this user has named: for the environment, or by joining."""
    if settings.hub:
        yield settings.hub
    for membership in memberships.joined(settings.config):
        if membership.kind in {HUB, CLONE}:
            yield membership.url
