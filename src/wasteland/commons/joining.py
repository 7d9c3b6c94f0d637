"""
Creating, joining and leaving commons, as this user's configuration remembers them.

A name ``org/db`` is a commons on the local host; a path or URL is a plain remote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..hosts.base import RepoName
from ..protocol.errors import Conflict, Invalid, NotFound, Unsupported
from ..protocol.names import visible
from ..protocol.records import Rig
from ..protocol.schema import READABLE_MAJOR
from . import addresses, memberships, queries
from .changes import added
from .creation import create_commons, first_rows, is_leftover, refuse_existing
from .credentials import DOLTHUB, Credentials, is_dolthub
from .memberships import HOST, PLAIN, REST, Membership
from .receipts import Receipt, diff_json
from .rigs import Rigs
from .session import Session
from .workspace import local_host, open_host, seated

if TYPE_CHECKING:
    from ..settings import Settings


@dataclass(frozen=True, slots=True)
class Joined:
    """
    The answer to a join.

    Attributes:
        registration: The receipt; None when the rig was registered before.
        dry_run: Whether nothing was written.
    """

    commons: RepoName
    handle: str
    account: str
    registration: Receipt | None
    note: str = ""
    dry_run: bool = False


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
    dry_run: bool = False,
) -> Joined:
    """
    Take part in a commons: find it, register, remember it.

    Args:
        target: ``org/db`` on the local host, a path, or a URL.
        handle: The rig's; *account* by default.
        name: ``org/db`` to call a plain remote by; read off its address by default.
        dry_run: Write nothing; a remote is not even asked, because that takes a clone.
    Raises:
        NotFound: Nothing is there.
        Conflict: The handle is taken by another account, or the name by another membership.
        Invalid: *target* is none of these.
    """
    who = (handle or account).lower()
    if not who:
        raise Invalid(
            "A rig needs a handle.", field="handle", hint=f"wl join {target} --handle NAME"
        )
    membership = _located(
        settings, target, name=name, handle=who, account=account or who, mode=mode
    )
    before = memberships.rejoined(settings.config, membership)
    if before:
        return Joined(before.repo, who, before.account, None, "You have joined it already.")
    if dry_run and not (membership.kind == HOST and _has_host(settings.host)):
        return _unasked(membership)
    with open_host(settings, membership) as host:
        session = seated(settings, membership, host, Rigs)
        receipt = _registered(
            session,
            membership,
            target,
            display_name=display_name,
            rig_type=rig_type,
            email=email,
            parent=parent,
            dry_run=dry_run,
        )
    if not dry_run:
        memberships.save(settings.config, membership)
    return Joined(membership.repo, who, membership.account, receipt, dry_run=dry_run)


def create(settings: Settings, repo: RepoName, *, handle: str, engine: str, **options: Any) -> str:
    """
    Create a commons on the local host and remember it; return main's head.

    Args:
        options: As ``creation.create_commons`` takes them.
    Raises:
        Conflict: It exists, or the name is that of another membership.
    """
    memberships.rejoined(settings.config, _creator(settings, repo, handle, engine))
    with local_host(settings.host, settings) as host:
        head = create_commons(host, repo, handle=handle, engine=engine, **options)
    remember_creator(settings, repo, handle, engine)
    return head


def plan(
    settings: Settings, repo: RepoName, *, handle: str, engine: str, **options: Any
) -> list[dict[str, Any]]:
    """
    Return the rows that ``create`` would write, as JSON data, and write nothing.

    Raises:
        Conflict: It exists, or the name is that of another membership.
    """
    memberships.rejoined(settings.config, _creator(settings, repo, handle, engine))
    now = datetime.now(UTC).replace(microsecond=0)
    rows = first_rows(repo, handle, now, **options)
    if _has_host(settings.host):
        with local_host(settings.host, settings) as host:
            refuse_existing(host, repo)
    return diff_json(added(row) for row in rows)


def remember_creator(settings: Settings, repo: RepoName, handle: str, engine: str) -> Membership:
    """Remember a commons that this user has created on the local host."""
    membership = _creator(settings, repo, handle, engine)
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


def _creator(settings: Settings, repo: RepoName, handle: str, engine: str) -> Membership:
    place = str(settings.host.resolve())
    return Membership(repo, handle, repo.owner, HOST, place, engine, joined_at=_now())


def _has_host(root: Path) -> bool:
    return (root / "host.db").is_file()


def _unasked(membership: Membership) -> Joined:
    """Return the answer of a dry run that would have to make a clone before it can say more."""
    note = f"Nothing was written or asked. It would be read from {membership.url}"
    place = f", by a clone in {membership.local_dir}" if membership.local_dir else ""
    return Joined(
        membership.repo,
        membership.handle,
        membership.account,
        None,
        f"{note}{place} .",
        dry_run=True,
    )


def _registered(
    session: Rigs, membership: Membership, target: str, *, dry_run: bool, **row: str
) -> Receipt | None:
    """Register the rig with the columns of *row*; None if it is there already."""
    _check_schema(session, membership)
    found = session.actor().rig
    if found is None:
        return session.register(**row, dry_run=dry_run)
    _refuse_taken(found, membership, target)
    return None


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
    if root := _rest_root(settings, target):
        repo = RepoName.parse("/".join(target.rstrip("/").split("/")[-2:]))
        return Membership(
            repo, handle, account, REST, root, engine="remote", mode=mode, joined_at=_now()
        )
    if not addresses.is_address(target):
        repo = RepoName.parse(target)
        return Membership(
            repo, handle, account, HOST, str(settings.host.resolve()), mode=mode, joined_at=_now()
        )
    repo, url = addresses.locate(target, name)
    return Membership(
        repo,
        handle,
        account,
        PLAIN,
        url,
        addresses.engine_of(url),
        local_dir=str(addresses.clone_folder(settings.data, repo, url)),
        mode=mode,
        joined_at=_now(),
    )


def _rest_root(settings: Settings, target: str) -> str:
    """
    Return DoltHub's address if *target* is a commons there, else "".

    A bare ``org/db`` is, where the local host has none of that name and this user has a token.
    """
    if "://" in target:
        return DOLTHUB if is_dolthub(target) else ""
    if addresses.is_address(target) or _is_here(settings, RepoName.parse(target)):
        return ""
    kept = Credentials(settings.config / "credentials.json", use_keyring=settings.keyring)
    return DOLTHUB if kept.token(DOLTHUB, given=settings.token) else ""


def _is_here(settings: Settings, repo: RepoName) -> bool:
    if not _has_host(settings.host):
        return False
    with local_host(settings.host, settings) as host:
        return repo in host.repositories()


def _check_schema(session: Session, membership: Membership) -> None:
    if membership.kind == HOST and is_leftover(session.engine):
        raise NotFound(
            f"{session.repo} holds nothing: its creation was interrupted, or its file cut short.",
            hint=f"wl create {session.repo}, if it never held anything",
            commons=str(session.repo),
        )
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
