"""Opening the commons of this user's configuration: its host, and a session on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from ..hosts.base import Host
from ..protocol.errors import Unsupported
from . import memberships
from .memberships import CLONE, HOST, HUB, REST, Membership
from .operations import Kind, Operation
from .session import Seat, Session

if TYPE_CHECKING:
    from ..engines.dolthub.retry import Limits
    from ..settings import Settings

S = TypeVar("S", bound=Session)

_HUBS_ALONE: Final = frozenset({"extend", "handover", "rig suspend", "rig restore"})
"""What changes tables that no clone writes: leases and moderation are the hub's."""


def is_asked_there(membership: Membership, row: Operation) -> bool:
    """Return whether an operation goes to the commons' hub instead of being worked out here."""
    if membership.kind == CLONE:
        return row.name in _HUBS_ALONE
    return membership.kind == HUB or (membership.kind == REST and row.kind is Kind.READ)


def open_host(settings: Settings, membership: Membership) -> Host:
    """Return the host of a joined commons; the caller closes it."""
    if membership.kind == HUB:
        raise Unsupported(
            f"{membership.repo} is on {membership.url} ; this reads all of it, and a part is here.",
            hint=f"wl join {membership.url}/{membership.repo} --clone",
            commons=str(membership.repo),
        )
    if membership.kind == REST:
        return rest_host(settings, membership)
    if membership.kind == CLONE:
        return _cloned_host(settings, membership)
    if membership.kind == HOST:
        return local_host(Path(membership.url), settings)
    clone = Path(membership.local_dir or settings.data / "clones" / str(membership.repo))
    if membership.engine == "dolt":
        from ..hosts.plain_dolt import open_plain  # noqa: PLC0415  # loads the MySQL driver

        return open_plain(membership.repo, clone, membership.url, program=settings.dolt or None)
    from ..hosts.plain import PlainHost  # noqa: PLC0415  # most commands never need it

    file = clone / f"{membership.repo.name}.db"
    return PlainHost.open(membership.repo, file, membership.url)


def rest_host(settings: Settings, membership: Membership, *, limits: Limits | None = None) -> Host:
    """Return the host of a commons on DoltHub; *limits* say how long to try."""
    from ..hosts.dolthub.host import DoltHubHost  # noqa: PLC0415  # loads the HTTP client
    from . import hubs  # noqa: PLC0415  # ditto

    http = hubs.open_http(settings, membership.url, limits=limits)
    home = settings.data / "dolthub" / (urlsplit(membership.url).hostname or "host")
    return DoltHubHost(http, home)


def _cloned_host(settings: Settings, membership: Membership) -> Host:
    from ..hosts.dolthub.cloned import ClonedHost  # noqa: PLC0415  # loads the HTTP client
    from . import hubs  # noqa: PLC0415  # ditto

    http = hubs.open_http(settings, membership.url, rig=membership.handle, limits=hubs.PATIENT)
    file = Path(membership.local_dir) / f"{membership.repo.name}.db"
    return ClonedHost(http, file, membership.repo, membership.account)


@contextmanager
def open_clone(membership: Membership, kind: type[S]) -> Iterator[S]:
    """
    Open the clone of a hub's commons as a session that only reads it, and asks nobody.

    Raises:
        NotFound: There is no clone.
    """
    from ..engines.doltlite.engine import DoltLiteEngine  # noqa: PLC0415  # either engine, not both
    from ..hosts.reading import ReadingHost  # noqa: PLC0415  # most commands never need it

    repo = membership.repo
    with DoltLiteEngine(Path(membership.local_dir) / f"{repo.name}.db") as engine:
        host = ReadingHost(repo, engine, membership.url)
        seat = Seat(membership.handle, membership.account)
        yield kind(host, repo, seat, mode=membership.mode)


def local_host(root: Path, settings: Settings) -> Host:
    """Return the host of a directory of repositories."""
    from ..hosts.local import LocalHost  # noqa: PLC0415  # either host, not both

    return LocalHost(
        root,
        dolt=settings.dolt or None,
        dolt_password=settings.read_dolt_password(),
        adopts_branches=True,
    )


@contextmanager
def open_commons(settings: Settings, name: str, kind: type[S]) -> Iterator[S]:
    """
    Open a joined commons as a session of class *kind*.

    Args:
        name: ``org/db``; "" for the default or only one.
    Raises:
        NotFound: Not joined.
        Invalid: Several are joined and none is named.
    """
    membership = memberships.choose(settings.config, name)
    with open_host(settings, membership) as host:
        yield seated(settings, membership, host, kind)


def seated(settings: Settings, membership: Membership, host: Host, kind: type[S]) -> S:
    """Return a session of *membership* on an open host."""
    seat = Seat(membership.handle, membership.account)
    session = kind(host, membership.repo, seat, mode=membership.mode)
    if hasattr(session, "index_dir"):
        session.index_dir = settings.cache / "search"
    return session
