"""What a move leaves behind: a copy of the old database if it is wanted, and no more than that."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...engines.base import MAIN
from ...hosts.base import RepoName
from ...hosts.local import LocalHost
from ...protocol.errors import Conflict

KEPT: Final = ".moved"
"""Where copies of old databases are; no owner can be called that."""


def keep(host: LocalHost, repo: RepoName, engine: str) -> Path:
    """
    Copy the database of *repo* on *engine*, and the files of its forks, and return where to.

    A DoltLite file is there as such, a Dolt database as a folder that ``dolt backup restore``
    takes.
    """
    storage = host.storage(engine)
    head = storage.open(repo).head(MAIN)
    folder = host.root / KEPT / f"{repo.owner}.{repo.name}.{engine}.{head[:12]}"
    if folder.exists():
        raise Conflict(f"There is already a copy in {folder} .", hint=f"move {folder} away")
    for name in (*_files_of_forks(host, repo, engine), repo):
        if storage.exists(name):
            (folder / name.owner).mkdir(mode=0o700, parents=True, exist_ok=True)
            ending = ".db" if engine == "doltlite" else ""
            storage.copy(name, folder / name.owner / f"{name.name}{ending}")
    return folder


def clear(host: LocalHost, repo: RepoName, engine: str) -> None:
    """
    Delete what *engine* has of *repo* and its forks, which live on the other one.

    Forks first, so that one that was killed is found again by the database that is left.
    """
    storage = host.storage(engine)
    for name in (*_files_of_forks(host, repo, engine), repo):
        storage.remove(name)


def _files_of_forks(host: LocalHost, repo: RepoName, engine: str) -> list[RepoName]:
    """Return the forks that have files of their own; on Dolt they are in their parent's."""
    return host.forks(repo) if engine == "doltlite" else []
