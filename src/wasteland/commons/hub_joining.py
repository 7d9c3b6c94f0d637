"""Joining and making commons on hubs, as this user's configuration remembers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ..engines.dolthub.http import Call
from ..hosts.base import RepoName
from ..protocol.errors import Conflict, Forbidden, NotFound, Unsupported
from . import addresses, hubs, memberships, registration
from .distant import DistantCommons
from .joining import Joined
from .memberships import CLONE, HUB, Membership
from .operations import BY_NAME
from .outbox import Outbox
from .receipts import Receipt
from .signing_in import account_at

if TYPE_CHECKING:
    from httpx2 import BaseTransport

    from ..settings import Settings

_API: Final = ("api", "v1")


def join(
    settings: Settings,
    root: str,
    repo: RepoName,
    *,
    handle: str = "",
    dry_run: bool = False,
    transport: BaseTransport | None = None,
    **row: str,
) -> Joined:
    """
    Take part in a commons of a hub: register where the rig is not registered, and remember it.

    Args:
        handle: The rig's; the account's name by default.
        transport: Instead of the network.
        row: display_name, rig_type, email and parent.
    Raises:
        Unauthenticated: This user is not signed in there.
        NotFound: The hub has no such commons, or does not show it.
        Forbidden: The handle is another account's.
        Conflict: Another commons is remembered under the name; nothing was written anywhere.
    """
    account = account_at(settings, root, transport=transport)
    wanted = _membership(root, repo, handle or account, account)
    before = memberships.rejoined(settings.config, wanted)
    distant = hubs.open_distant(settings, wanted, transport=transport)
    with distant.http:
        receipt = _registered(settings, distant, row, dry_run=dry_run)
    if not (before or dry_run):
        memberships.save(settings.config, wanted)
    note = "You have joined it already." if before else ""
    return Joined(repo, wanted.handle, account, receipt, note, dry_run=dry_run)


def require_clonable(settings: Settings, root: str, repo: RepoName) -> None:
    """
    Return if the hub keeps the commons on the engine whose databases can be cloned over HTTP.

    Raises:
        NotFound: The hub has no such commons, or does not show it.
        Unsupported: It keeps it on Dolt.
    """
    with hubs.open_http(settings, root) as http:
        about = http.send(Call("GET", (*_API, "commons", repo.owner, repo.name)))
    if about.get("engine") == "dolt":
        raise Unsupported(
            f"{root} keeps {repo} on Dolt, which wl cannot clone.",
            hint=f"wl join {root}/{repo} works over HTTP",
            repo=str(repo),
        )


def clone(settings: Settings, membership: Membership, label: str) -> Membership:
    """
    Keep a clone of a joined commons from now on, and remember it; nothing is cloned twice.

    Args:
        label: What the clone's token is called on the hub.
    Raises:
        Conflict: Writes wait to be sent; a clone has no place for them.
        Unavailable: It cannot be cloned.
    """
    from ..hosts.dolthub.cloned import make_hub_clone  # noqa: PLC0415  # a host; others need none

    if waiting := Outbox.of_user(settings.state).of(membership):
        raise Conflict(
            f"{len(waiting)} writes wait to be sent to {membership.url} .", hint="wl sync"
        )
    folder = addresses.clone_folder(settings.data, membership.repo, membership.url)
    file = folder / f"{membership.repo.name}.db"
    with hubs.open_http(settings, membership.url, rig=membership.handle) as http:
        make_hub_clone(http, membership.repo, membership.account, file, label=label)
    cloned = replace(membership, kind=CLONE, engine="doltlite", local_dir=str(folder))
    memberships.save(settings.config, cloned)
    return cloned


def create(
    settings: Settings,
    root: str,
    repo: RepoName,
    *,
    dry_run: bool = False,
    transport: BaseTransport | None = None,
    **wishes: str,
) -> Mapping[str, Any]:
    """
    Make a commons on a hub, with a rig of this user as its maintainer, and remember it.

    Args:
        transport: Instead of the network.
        wishes: handle, name, display_name, preset, mode and scale, as ``create_commons`` has them.
    Returns:
        commons, handle, commit, visibility; for a dry run, what would be asked for.
    Raises:
        Conflict: It exists, or another commons is remembered under the name.
        Forbidden: The owner is no namespace of this user's.
    """
    account = account_at(settings, root, transport=transport)
    handle = (wishes["handle"] or repo.owner).lower()
    membership = _membership(root, repo, handle, account)
    memberships.rejoined(settings.config, membership)
    body = {
        "owner": repo.owner,
        "name": repo.name,
        "handle": handle,
        "title": wishes["name"],
        "display_name": wishes["display_name"],
        "policy": wishes["preset"],
        "mode": wishes["mode"],
        "valence_scale": wishes["scale"],
    }
    if dry_run:
        return {"commons": str(repo), "commit": "", **body}
    place = ("create", root, str(repo), handle)
    with (
        hubs.open_http(settings, root, transport=transport) as http,
        registration.unfinished(settings.state, *place) as key,
    ):
        made = http.send(Call("POST", (*_API, "commons"), body=body, key=key))
    memberships.save(settings.config, membership)
    return made


def _membership(root: str, repo: RepoName, handle: str, account: str) -> Membership:
    now = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return Membership(repo, handle.lower(), account, HUB, root, engine="remote", joined_at=now)


def _registered(
    settings: Settings, distant: DistantCommons, row: Mapping[str, str], *, dry_run: bool
) -> Receipt | None:
    """
    Return the receipt of the rig's registration, None where it is registered already.

    Raises:
        Forbidden: The rig is another account's.
    """
    is_known = _is_known(distant)
    if is_known and not registration.is_unfinished(settings.state, distant):
        distant.call(BY_NAME["whoami"], {})
        return None
    if dry_run:
        return distant.register(dry_run=True, **row)
    try:
        return registration.register(settings.state, distant, **row)
    except Conflict:
        if not is_known:
            raise
        return None


def _is_known(distant: DistantCommons) -> bool:
    """Return whether the rig is registered on the hub, whoever's it is."""
    path = (*_API, "commons", distant.repo.owner, distant.repo.name, "rigs", distant.seat.rig)
    try:
        return bool(distant.http.send(Call("GET", path)).get("rig"))
    except NotFound:
        return False
    except Forbidden:
        # The handle is somebody else's; who asks without acting as it may still read it.
        return True
