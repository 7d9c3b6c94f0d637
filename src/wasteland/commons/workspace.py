"""
Opening, creating, joining and leaving commons from this user's configuration.

A name ``org/db`` is a commons on the local host; a path or URL is a plain remote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..hosts.base import Host, RepoName
from ..protocol.errors import Conflict, Invalid, NotFound, Unsupported
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import Rig
from ..protocol.schema import READABLE_MAJOR
from . import memberships, queries
from .memberships import HOST, PLAIN, Membership
from .session import Seat, Session

if TYPE_CHECKING:
    from ..settings import Settings
    from .receipts import Receipt

S = TypeVar("S", bound=Session)
_URL = re.compile(r"(?:file|https?|git\+\w+|ssh)://")


@dataclass(frozen=True, slots=True)
class Joined:
    """
    The answer to a join.

    Attributes:
        registration: The receipt; None when the rig was registered before.
    """

    commons: RepoName
    handle: str
    account: str
    registration: Receipt | None
    note: str = ""


def open_host(settings: Settings, membership: Membership) -> Host:
    """Return the host of a joined commons; the caller closes it."""
    if membership.kind == HOST:
        return local_host(Path(membership.url), settings)
    clone = Path(membership.local_dir or settings.data / "clones" / str(membership.repo))
    if membership.engine == "dolt":
        from ..hosts.plain_dolt import open_plain  # noqa: PLC0415  # loads the MySQL driver

        return open_plain(membership.repo, clone, membership.url, program=settings.dolt or None)
    from ..hosts.plain import PlainHost  # noqa: PLC0415  # most commands never need it

    return PlainHost.open(membership.repo, clone / f"{membership.repo.name}.db", membership.url)


def local_host(root: Path, settings: Settings) -> Host:
    """Return the host of a directory of repositories."""
    from ..hosts.local import LocalHost  # noqa: PLC0415  # either host, not both

    return LocalHost(root, dolt=settings.dolt or None)


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


def join(
    settings: Settings,
    target: str,
    *,
    handle: str = "",
    account: str = "",
    display_name: str = "",
    rig_type: str = "human",
    email: str = "",
    parent: str = "",
    name: str = "",
    mode: str = "pr",
) -> Joined:
    """
    Take part in a commons: find it, register, remember it.

    Args:
        target: ``org/db`` on the local host, a path, or a URL.
        handle: The rig's; *account* by default.
        name: ``org/db`` to call a plain remote by; read off its address by default.
    Raises:
        NotFound: Nothing is there.
        Conflict: The handle is taken by another account.
        Invalid: *target* is none of these.
    """
    from .rigs import Rigs  # noqa: PLC0415  # a reading command never registers

    who = (handle or account).lower()
    if not who:
        raise Invalid(
            "A rig needs a handle.", field="handle", hint=f"wl join {target} --handle NAME"
        )
    membership = _located(
        settings, target, name=name, handle=who, account=account or who, mode=mode
    )
    before = _known(settings, membership.repo)
    if before and before.handle == who and before.url == membership.url:
        return Joined(before.repo, who, before.account, None, "You have joined it already.")
    with open_host(settings, membership) as host:
        session = seated(settings, membership, host, Rigs)
        _check_schema(session)
        found = session.actor().rig
        receipt = None
        if found:
            _refuse_taken(found, membership, target)
        else:
            receipt = session.register(
                display_name=display_name, rig_type=rig_type, email=email, parent=parent
            )
    memberships.save(settings.config, membership)
    return Joined(membership.repo, who, membership.account, receipt)


def remember_creator(settings: Settings, repo: RepoName, handle: str, engine: str) -> Membership:
    """Remember a commons that this user has created on the local host."""
    membership = Membership(
        repo, handle, repo.owner, HOST, str(settings.host.resolve()), engine, joined_at=_now()
    )
    memberships.save(settings.config, membership)
    return membership


def leave(settings: Settings, name: str) -> Membership:
    """
    Forget a commons; its data stays where it is.

    Raises:
        NotFound: Not joined.
    """
    membership = memberships.choose(settings.config, name)
    memberships.forget(settings.config, membership.repo)
    if memberships.default(settings.config) == str(membership.repo):
        memberships.set_default(settings.config, "")
    return membership


def _refuse_taken(found: Rig, membership: Membership, target: str) -> None:
    """Raise Conflict if the rig that has the handle already is another account's."""
    if found.dolthub_org and found.dolthub_org.lower() != membership.account.lower():
        raise Conflict(
            f"The handle {membership.handle} is taken on {membership.repo} by {found.dolthub_org}.",
            hint=f"wl join {target} --handle another-name",
            handle=membership.handle,
            owner=found.dolthub_org,
        )


def _located(
    settings: Settings, target: str, *, name: str, handle: str, account: str, mode: str
) -> Membership:
    if not _is_address(target):
        repo = RepoName.parse(target)
        return Membership(
            repo, handle, account, HOST, str(settings.host.resolve()), mode=mode, joined_at=_now()
        )
    url = _as_url(target)
    repo = RepoName.parse(name) if name else _name_in(url, target)
    return Membership(
        repo,
        handle,
        account,
        PLAIN,
        url,
        engine_of(url),
        local_dir=str(settings.data / "clones" / str(repo)),
        mode=mode,
        joined_at=_now(),
    )


def _is_address(target: str) -> bool:
    return bool(_URL.match(target)) or target.startswith(("/", "./", "../", "~"))


def _as_url(target: str) -> str:
    if _URL.match(target):
        return target
    path = Path(target).expanduser().resolve()
    if not path.exists():
        raise NotFound(f"There is nothing at {path}.", hint="wl join org/db", path=str(path))
    if (path / ".dolt" / "noms").is_dir():
        path = path / ".dolt" / "noms"
    return f"file://{path}"


def engine_of(url: str) -> str:
    """Return which engine reads a remote: a ``.db`` file is DoltLite's, anything else Dolt's."""
    return "doltlite" if url.split("?", maxsplit=1)[0].rstrip("/").endswith(".db") else "dolt"


def _name_in(url: str, target: str) -> RepoName:
    parts = [p for p in url.split("://", 1)[1].split("/") if p not in {"", ".dolt", "noms"}]
    if len(parts) < 2:  # owner and name
        raise Invalid(
            f"{visible(target)} does not say what the commons is called.",
            field="name",
            hint=f"wl join {target} --as org/db",
        )
    return RepoName.parse(f"{_plain(parts[-2])}/{_plain(parts[-1].removesuffix('.db'))}")


def _plain(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", part).strip(".-_") or "commons"


def _known(settings: Settings, repo: RepoName) -> Membership | None:
    return next((m for m in memberships.joined(settings.config) if m.repo == repo), None)


def _check_schema(session: Session) -> None:
    tables = session.engine.tables()
    missing = [
        name for name in ("_meta", "rigs", "wanted", "completions", "stamps") if name not in tables
    ]
    if missing:
        raise Invalid(
            f"{session.repo} is no commons: it has no table {', '.join(missing)}.",
            field="commons",
            value=str(session.repo),
        )
    version = queries.meta(session.main()).get("schema_version") or "1.0"
    if not version.startswith(f"{READABLE_MAJOR}."):
        raise Unsupported(
            f"{session.repo} has schema {visible(version)}; this version reads {READABLE_MAJOR}.x.",
            hint="upgrade wasteland",
            version=version,
        )


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
