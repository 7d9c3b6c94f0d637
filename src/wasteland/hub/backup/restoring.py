"""Making a host anew from a backup."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from ...engines.base import MAIN, Engine
from ...engines.doltlite.engine import DoltLiteEngine
from ...hosts.base import RepoName
from ...hosts.digests import digest
from ...hosts.storage import DoltLiteStorage, Storage
from ...protocol.errors import Conflict, NotFound, Tampered
from ...protocol.lean import dataclass
from .. import upkeep
from ..upkeep import Progress, silent
from .making import staged
from .manifest import Manifest, Stored, check
from .settling import settle

_DOLT: Final = ".dolt-databases"


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """
    What was made anew.

    Attributes:
        root: The host's directory.
        made_at: When the backup was made; RFC 3339.
        repositories: Commons and forks whose rows or files were compared with the manifest.
        missing: Repositories that the host knows and the backup has not: it had none either.
    """

    root: Path
    made_at: str
    repositories: int
    missing: tuple[str, ...] = ()


def restore(
    directory: Path,
    new_root: Path,
    *,
    dolt: str | None = None,
    dolt_password: str = "",
    progress: Progress = silent,
) -> RestoreReport:
    """
    Make the host of the backup in *directory* anew in *new_root*, which appears when it is whole.

    Every file is checked before, and every repository's head and rows after it was made.

    Args:
        dolt: The Dolt program, where the backup has Dolt databases; None for the one on PATH.
        dolt_password: Of the host's user on a Dolt server that somebody else runs.
        progress: Is told of files and of repositories.
    Raises:
        Conflict: *new_root* is not empty.
        NotFound: There is no backup in *directory*, or no database where the backup left it.
        Tampered: Something of the backup is missing or damaged; nothing was made.
        Unavailable: The Dolt server that somebody else runs does not answer.
    """
    new_root = new_root.absolute()
    if new_root.exists() and (not new_root.is_dir() or any(new_root.iterdir())):
        raise Conflict(f"{new_root} is not empty.", hint="name an empty or new directory")
    manifest = check(directory, progress=progress)
    with staged(new_root) as stage:
        _copy_files(directory, stage, manifest)
        _make_repositories(directory, stage, manifest, dolt, progress)
        _find_elsewhere(stage, manifest, dolt_password)
    # At its own place, which forks remember when they are opened.
    with upkeep.opened(new_root, dolt, dolt_password) as host:
        settle(host)
    return RestoreReport(new_root, manifest.made_at, len(manifest.repositories), manifest.missing)


def _copy_files(directory: Path, stage: Path, manifest: Manifest) -> None:
    """Copy state and whatever else there was to the places where they were."""
    for name in manifest.files:
        kind, _, rest = name.partition("/")
        if kind in {"state", "files"}:
            target = stage / rest
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(directory / name, target)
            target.chmod(0o600)


def _make_repositories(
    directory: Path, stage: Path, manifest: Manifest, dolt: str | None, progress: Progress
) -> None:
    files = DoltLiteStorage(stage)
    databases = [
        item for item in manifest.repositories if item.engine == "dolt" and not item.is_elsewhere
    ]
    for number, item in enumerate(manifest.repositories, 1):
        if item.engine == "doltlite":
            _make_file(files, directory, item, stage)
            progress("repositories", number, len(manifest.repositories))
    if databases:
        _make_databases(directory, stage, databases, dolt)


def _make_file(files: Storage, directory: Path, item: Stored, stage: Path) -> None:
    name = RepoName.parse(item.name)
    files.take_copy(name, directory / item.path)
    if item.parent:
        # Its chunks are in its upstream's file; it finds them there when it is opened.
        return
    path = stage / name.owner / f"{name.name}.db"
    with DoltLiteEngine(path) as engine:
        _compare(engine, item)
    path.with_name(f".{path.name}-lock").unlink(missing_ok=True)


def _make_databases(directory: Path, stage: Path, items: list[Stored], dolt: str | None) -> None:
    # Its driver takes a tenth of a second to load; few hosts need it.
    from ...engines.dolt.server import Server  # noqa: PLC0415
    from ...hosts.storage_server import DoltStorage  # noqa: PLC0415

    data_dir = stage / _DOLT
    storage = DoltStorage(data_dir, dolt)
    try:
        for item in items:
            name = RepoName.parse(item.name)
            storage.take_copy(name, directory / item.path)
            _compare(storage.open(name), item)
    finally:
        storage.close()
        Server.attach(data_dir, program=dolt).stop()


def _find_elsewhere(stage: Path, manifest: Manifest, password: str) -> None:
    """Raise NotFound if a database that the backup left on its server is not there."""
    left = [RepoName.parse(item.name) for item in manifest.repositories if item.is_elsewhere]
    if not left:
        return
    from ...hosts.storage_dolt import open_storage  # noqa: PLC0415  # ditto

    storage = open_storage(stage, password=password)
    for name in left:
        if not storage.exists(name):
            raise NotFound(
                f"The Dolt server that had the database of {name} has it no more.",
                hint="restore it there first",
                repo=str(name),
            )


def _compare(engine: Engine, item: Stored) -> None:
    """Raise Tampered unless the database has the heads and main's rows of the manifest."""
    main = item.heads.get(MAIN, "")
    try:
        for commit in item.heads.values():
            engine.log(commit, limit=1)
        found = digest(engine, main)
    except NotFound as error:
        raise Tampered(f"{item.name} lacks a commit of the backup: {error.message}") from error
    if found != dict(item.digests):
        raise Tampered(
            f"{item.name} has other rows than when the backup was made.", hint="use another backup"
        )
