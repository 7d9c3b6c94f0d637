"""Hubs that this user works with: opening one, signing in, joining a commons there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..engines.dolthub.http import Call, Http
from ..engines.dolthub.retry import Limits
from ..engines.dolthub.secret import Secret
from ..hosts.base import RepoName
from ..protocol import ids
from ..protocol.errors import Forbidden, Invalid, NotFound, Unauthenticated
from ..protocol.lean import dataclass
from . import addresses, memberships
from .credentials import Credentials
from .distant import DistantCommons
from .memberships import CLONE, HUB, Membership
from .nearby import Nearby
from .operations import BY_NAME
from .receipts import Receipt
from .replica import Replica
from .session import Seat

if TYPE_CHECKING:
    from httpx2 import BaseTransport

    from ..settings import Settings

PROMPT: Final = Limits(tries=2, budget_s=20.0, timeout_s=10.0)
"""For who has an answer without the hub, if an older one."""
PATIENT: Final = Limits(tries=4, budget_s=60.0)
"""For who needs the hub, and waits while it is started again."""

_API: Final = ("api", "v1")


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


def credentials(settings: Settings) -> Credentials:
    """Return this user's store of tokens."""
    return Credentials(settings.config / "credentials.json", use_keyring=settings.keyring)


def root_of(url: str) -> str:
    """
    Return the root of the hub that *url* is on.

    Raises:
        Invalid: It is no address of one.
    """
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
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
    """
    text = token or credentials(settings).token(root, given=settings.token)
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
    parts = urlsplit(target)
    names = [part for part in parts.path.split("/") if part]
    if parts.scheme not in {"http", "https"} or len(names) != 2 or names[1].endswith(".db"):
        return None
    return root_of(target), RepoName.parse("/".join(names))


def is_hub(root: str) -> bool:
    """Return whether a hub of ours answers at *root*."""
    with Http(root) as http:
        return http.is_hub


def sign_in(settings: Settings, root: str, token: str) -> Login:
    """
    Check a token with its hub and keep it.

    Raises:
        Unauthenticated: The hub does not know it.
    """
    with open_http(settings, root, token=token) as http:
        found = http.send(Call("GET", (*_API, "whoami")))
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
) -> Login:
    """
    Sign in by a code that a person confirms in a browser, or with ``wl login --confirm``.

    Args:
        show: Called with the page's address and the code.
    Raises:
        NotFound: Nobody confirmed it in time.
    """
    with Http(root, allow_plain=settings.allow_plain) as http:
        asked = http.send(Call("POST", (*_API, "logins"), body={"label": label, "scope": scope}))
        show(str(asked["url"]), str(asked["code"]))
        token = _awaited(http, asked, sleep)
    return sign_in(settings, root, token)


def _awaited(http: Http, asked: Mapping[str, Any], sleep: Callable[[float], None]) -> str:
    body = {"secret": asked["secret"]}
    while True:
        answer = http.send(Call("POST", (*_API, "logins", "token"), body=body, repeatable=False))
        if answer.get("token"):
            return str(answer["token"])
        sleep(float(asked.get("interval_s", 2)))


def confirm(settings: Settings, root: str, code: str) -> Mapping[str, Any]:
    """
    Let the program that shows *code* sign in as this user.

    Raises:
        NotFound: None waits under that code.
    """
    with open_http(settings, root) as http:
        return http.send(Call("POST", (*_API, "logins", "confirm"), body={"code": code}))


def account_at(settings: Settings, root: str) -> str:
    """
    Return the account that this user's token for a hub belongs to.

    Raises:
        Unauthenticated: There is none, or the hub does not know it.
    """
    with open_http(settings, root) as http:
        if not http.has_token:
            raise Unauthenticated(f"You are not signed in at {root} .", hint=f"wl login {root}")
        return str(http.send(Call("GET", (*_API, "whoami"))).get("account", ""))


def rig_at(distant: DistantCommons) -> Mapping[str, Any] | None:
    """Return the row of the session's rig on the hub, None where it is not registered."""
    path = (*_API, "commons", distant.repo.owner, distant.repo.name, "rigs", distant.seat.rig)
    try:
        return distant.http.send(Call("GET", path)).get("rig")
    except NotFound:
        return None
    except Forbidden:
        # The handle is somebody else's; who asks without acting as it may still read it.
        return {"handle": distant.seat.rig}


def join(
    settings: Settings,
    root: str,
    repo: RepoName,
    *,
    handle: str,
    display_name: str = "",
    rig_type: str = "human",
    email: str = "",
    parent: str = "",
    dry_run: bool = False,
) -> tuple[Membership, Receipt | None]:
    """
    Register a rig at a commons of a hub, where it is not registered; the membership is not saved.

    Args:
        handle: The rig's; the account's name by default.
    Raises:
        Unauthenticated: This user is not signed in there.
        NotFound: The hub has no such commons, or does not show it.
        Forbidden: The handle is another account's.
    """
    account = account_at(settings, root)
    who = (handle or account).lower()
    membership = Membership(repo, who, account, HUB, root, engine="remote", joined_at=_now())
    distant = open_distant(settings, membership)
    with distant.http:
        if rig_at(distant):
            distant.call(BY_NAME["whoami"], {})  # refused where the rig is another account's
            return membership, None
        op_id = ids.derived("op", "join", root, str(repo), who, digits=32)
        receipt = distant.register(
            op_id=None if dry_run else op_id,
            display_name=display_name,
            rig_type=rig_type,
            email=email,
            parent=parent,
            dry_run=dry_run,
        )
    return membership, receipt


def clone(settings: Settings, membership: Membership, label: str) -> Membership:
    """
    Keep a clone of a joined commons from now on, and remember it; nothing is cloned twice.

    Args:
        label: What the clone's token is called on the hub.
    Raises:
        Unavailable: It cannot be cloned.
    """
    from ..hosts.dolthub.cloned import make_hub_clone  # noqa: PLC0415  # a host; others need none

    folder = addresses.clone_folder(settings.data, membership.repo, membership.url)
    file = folder / f"{membership.repo.name}.db"
    with open_http(settings, membership.url) as http:
        make_hub_clone(http, membership.repo, membership.account, file, label=label)
    cloned = replace(membership, kind=CLONE, engine="doltlite", local_dir=str(folder))
    memberships.save(settings.config, cloned)
    return cloned


def create(
    settings: Settings, root: str, repo: RepoName, *, dry_run: bool = False, **wishes: str
) -> Mapping[str, Any]:
    """
    Make a commons on a hub, with a rig of this user as its maintainer, and remember it.

    Args:
        wishes: handle, name, display_name, preset, mode and scale, as ``create_commons`` has them.
    Returns:
        commons, handle, commit, visibility; for a dry run, what would be asked for.
    Raises:
        Conflict: It exists.
        Forbidden: The owner is no namespace of this user's.
    """
    body = {
        "owner": repo.owner,
        "name": repo.name,
        "handle": wishes["handle"],
        "title": wishes["name"],
        "display_name": wishes["display_name"],
        "policy": wishes["preset"],
        "mode": wishes["mode"],
        "valence_scale": wishes["scale"],
    }
    account = account_at(settings, root)
    if dry_run:
        return {"commons": str(repo), "commit": "", **body}
    with open_http(settings, root) as http:
        made = http.send(Call("POST", (*_API, "commons"), body=body))
    membership = Membership(
        repo, str(made["handle"]), account, HUB, root, engine="remote", joined_at=_now()
    )
    memberships.save(settings.config, membership)
    return made


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
