"""Making a backup of a host that is in use."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ... import __version__
from ...engines.base import MAIN, Engine
from ...engines.doltlite.engine import DoltLiteEngine
from ...hosts.base import RepoName
from ...hosts.digests import digest
from ...hosts.local import LocalHost
from ...hosts.state import Repository, State
from ...protocol.errors import Conflict, Invalid, NotFound, Tampered
from ...protocol.lean import dataclass
from .. import upkeep
from ..upkeep import Progress, silent
from .contents import is_stock_sqlite, other_files, state_files
from .manifest import FILE, Manifest, Stored, file_digest

HOST_STATE: Final = "host.db"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """
    What a backup holds.

    Attributes:
        path: Where it is.
        made_at: UTC.
        repositories: Commons and written forks.
        files: How many.
        size_bytes: Of all of them.
        missing: Repositories that the host knows and has no database of; see ``fsck``.
        elsewhere: Repositories whose databases are not in it: they are on a Dolt server that
            somebody else runs, and are to be backed up there.
    """

    path: Path
    made_at: datetime
    repositories: int
    files: int
    size_bytes: int
    missing: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


def backup(
    host_root: Path,
    destination: Path,
    *,
    dolt: str | None = None,
    dolt_password: str = "",
    with_keys: bool = False,
    progress: Progress = silent,
) -> BackupReport:
    """
    Copy the host in *host_root* to *destination*, which appears when it is whole.

    Args:
        host_root: May be in use, also by a hub.
        destination: Made, for its owner only.
        dolt: The Dolt program; None for the one on PATH.
        dolt_password: Of the host's user on a Dolt server that somebody else runs.
        with_keys: Copy the master keys beside the secrets that they open.
        progress: Is told of repositories.
    Raises:
        Conflict: *destination* exists.
        Invalid: It lies in *host_root*.
        NotFound: There is no host in *host_root*.
        Tampered: A copy of a repository is not sound, because the repository is not.
        Unavailable: A move or another backup took too long.
    """
    root, destination = host_root.resolve(), destination.absolute()
    _refuse_places(root, destination)
    with (
        upkeep.turn(root),
        upkeep.opened(root, dolt, dolt_password) as host,
        staged(destination) as stage,
    ):
        made_at = datetime.now(UTC).replace(microsecond=0)
        _copy_state(root, stage)
        stored, missing = _copy_repositories(host, stage, progress)
        _copy_others(root, stage, with_keys=with_keys)
        files = {_name(path, stage): file_digest(path) for path in _all_files(stage)}
        manifest = Manifest(
            made_at.isoformat().replace("+00:00", "Z"),
            f"wasteland {__version__}",
            files,
            tuple(stored),
            tuple(missing),
        )
        (stage / FILE).write_text(manifest.to_text(), encoding="utf-8")
        size = sum(path.stat().st_size for path in _all_files(stage))
    return BackupReport(
        destination,
        made_at,
        len(stored),
        len(files),
        size,
        tuple(missing),
        tuple(item.name for item in stored if item.is_elsewhere),
    )


@contextmanager
def staged(destination: Path) -> Iterator[Path]:
    """Yield a folder beside *destination* that takes its place at the end, or is deleted."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    stage = destination.with_name(f".{destination.name}-{os.urandom(4).hex()}")
    stage.mkdir(mode=0o700)
    try:
        yield stage
        for path in (*_all_files(stage), *_all_folders(stage), stage):
            _flush(path)
        # An empty folder may be in its place, and nothing else.
        stage.rename(destination)
        _flush(destination.parent)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _refuse_places(root: Path, destination: Path) -> None:
    if not is_stock_sqlite(root / HOST_STATE):
        raise NotFound(f"There is no host in {root} : it has no {HOST_STATE} .")
    if destination.resolve().is_relative_to(root):
        raise Invalid(
            f"{destination} lies in the host's own directory.",
            field="destination",
            value=str(destination),
        )
    if destination.exists():
        raise Conflict(f"{destination} exists already.", hint="name a place that does not exist")


def _copy_state(root: Path, stage: Path) -> None:
    """Copy the state files, each as it was at one moment."""
    (stage / "state").mkdir(mode=0o700)
    for path in state_files(root):
        target = stage / "state" / path.name
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            # One file alone, without a journal beside it.
            new.execute("PRAGMA journal_mode = DELETE")
            (sound,) = new.execute("PRAGMA integrity_check").fetchone()
        if sound != "ok":
            raise Tampered(f"{path} is damaged: {sound}", hint="wl hub fsck")


def _copy_repositories(
    host: LocalHost, stage: Path, progress: Progress
) -> tuple[list[Stored], list[str]]:
    """Copy what the state that was copied names; return what there is, and what there is not."""
    with closing(State(stage / "state" / HOST_STATE)) as state:
        rows = state.repositories.all()
    # Forks first: what they rest on is then in the copy of their upstream.
    rows.sort(key=lambda row: (row.parent is None, str(row.name)))
    stored: list[Stored] = []
    missing: list[str] = []
    for number, row in enumerate(rows, 1):
        if host.storage(row.engine).exists(row.name):
            stored.append(_copy_repository(host, row, stage))
        elif row.parent is None:
            missing.append(str(row.name))
        progress("repositories", number, len(rows))
    return stored, missing


def _copy_repository(host: LocalHost, row: Repository, stage: Path) -> Stored:
    path = place_of(row.name, row.engine)
    target = stage / path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    storage = host.storage(row.engine)
    if row.engine == "dolt":
        live = storage.open(row.name)
        heads = _heads(live)
        if storage.is_elsewhere:
            return _stored(row, "", heads, {})
        storage.copy(row.name, target)
        return _stored(row, path, heads, digest(live, heads[MAIN]))
    storage.copy(row.name, target)
    with DoltLiteEngine(target, lazy=row.parent is not None) as copy:
        if problems := copy.check():
            raise Tampered(f"{row.name} is damaged: {problems[0]}", hint="wl hub fsck")
        stored = _stored(row, path, _heads(copy), {} if row.parent else digest(copy))
    target.with_name(f".{target.name}-lock").unlink(missing_ok=True)
    return stored


def place_of(name: RepoName, engine: str) -> str:
    """Return where a backup has the repository *name*."""
    return f"dolt/{name}" if engine == "dolt" else f"repositories/{name}.db"


def _stored(row: Repository, path: str, heads: dict[str, str], digests: dict[str, str]) -> Stored:
    return Stored(
        str(row.name), row.engine, str(row.parent) if row.parent else "", path, heads, digests
    )


def _heads(engine: Engine) -> dict[str, str]:
    return {branch.name: branch.head for branch in engine.branches()}


def _copy_others(root: Path, stage: Path, *, with_keys: bool) -> None:
    for path in other_files(root, with_keys=with_keys):
        target = stage / "files" / path.relative_to(root)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o600)


def _all_files(stage: Path) -> list[Path]:
    return sorted(path for path in stage.rglob("*") if path.is_file())


def _all_folders(stage: Path) -> list[Path]:
    return [path for path in stage.rglob("*") if path.is_dir()]


def _name(path: Path, stage: Path) -> str:
    return path.relative_to(stage).as_posix()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
