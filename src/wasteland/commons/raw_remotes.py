"""How programs other than ours, such as ``dolt``, reach the database of a joined commons."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..hosts.base import RepoName
from ..hosts.local import LocalHost
from ..hosts.storage import RawRemote
from . import memberships
from .memberships import CLONE, HOST, HUB, Membership

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..settings import Settings

_READS = (
    "Dolt listens there on every network interface, without TLS, but takes this user from this "
    "machine only. It reads all commons of this host that are on Dolt."
)
_PUSHES = (
    "Dolt has no small right to push: whoever has this password can do anything with these "
    "databases, past the gate. Give it only to those whom you would let write the host's directory."
)
_FILES = (
    "A DoltLite database; dolt cannot read it. Whoever may write the file can push past the gate."
)
_ELSEWHERE = "Whoever keeps it says who may read and who may push."


@dataclass(frozen=True, slots=True)
class Address:
    """
    The answer to ``wl remote``.

    Attributes:
        url: As the engine's own clone takes it; "" after closing.
        user: For ``dolt --user``; "" where none is asked for.
        password_file: What DOLT_REMOTE_PASSWORD is read from; "" where none is asked for.
        next: Commands to clone with.
    """

    commons: str
    engine: str
    url: str
    user: str = ""
    password_file: str = ""
    note: str = ""
    next: Sequence[str] = ()


def open_remote(settings: Settings, name: str, *, may_push: bool = False) -> Address:
    """
    Let other programs reach a joined commons, and return how.

    Args:
        name: ``org/db``; "" for the default or only one.
        may_push: For a user who may push as well, where the engine has users.
    Raises:
        NotFound: Not joined.
        Unsupported: Its server can open no port for them.
    """
    found = memberships.choose(settings.config, name)
    if found.kind != HOST:
        url = f"{found.url}/{found.repo}.db" if found.kind in {CLONE, HUB} else found.url
        return Address(str(found.repo), found.engine, url, note=_ELSEWHERE)
    with _host(settings, found) as host:
        return _address(found.repo, host.open_remote(found.repo, may_push=may_push), may_push)


def close_remotes(settings: Settings, name: str) -> Address:
    """
    Keep other programs out again, of this commons and of those beside it on its server.

    Raises:
        NotFound: Not joined.
    """
    found = memberships.choose(settings.config, name)
    note = "No port was open for other programs."
    if found.kind == HOST:
        with _host(settings, found) as host:
            if host.close_remotes(found.repo):
                note = "The port for other programs is closed."
    return Address(str(found.repo), found.engine, "", note=note)


def _host(settings: Settings, found: Membership) -> LocalHost:
    password = settings.read_dolt_password()
    return LocalHost(Path(found.url), dolt=settings.dolt or None, dolt_password=password)


def _address(repo: RepoName, remote: RawRemote, may_push: bool) -> Address:
    if remote.password_file is None:
        return Address(str(repo), "doltlite", remote.url, note=_FILES)
    file = str(remote.password_file)
    return Address(
        str(repo),
        "dolt",
        remote.url,
        remote.user,
        file,
        note=f"{_READS} {_PUSHES}" if may_push else _READS,
        next=[
            f'export DOLT_REMOTE_PASSWORD="$(cat {shlex.quote(file)})"',
            f"dolt clone --user {remote.user} {remote.url}",
        ],
    )
