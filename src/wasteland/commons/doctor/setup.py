"""Checks of this user's machine: programs, configuration, directories, disk."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ...engines.dolt.program import OLDEST, check_version, find_program
from ...engines.doltlite import library as doltlite
from ...engines.doltlite.exceptions import LibraryMissing
from ...protocol.errors import WastelandError
from .. import memberships
from ..memberships import HOST
from .findings import Check, Finding, Site, ok, problem, warn, without

LEAST_FREE_BYTES: Final = 100 * 2**20
_DOLT_DATABASES: Final = ".dolt-databases"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_INTENT_AGE_S: Final = 24 * 3600
_VERSION_TIMEOUT_S: Final = 3.0


def library(site: Site) -> Iterator[Finding]:
    """Does the embedded engine load?"""
    try:
        path = doltlite.find_library()
        doltlite.load(path)
    except LibraryMissing as error:
        message = f"The embedded engine does not load: {error}"
        fix = "pip install --force-reinstall doltlite"
        is_needed = any(m.engine == "doltlite" for m in site.joined)
        yield problem("library", message, fix) if is_needed else warn("library", message, fix)
        return
    yield ok("library", "The embedded engine loads.")


def dolt(site: Site) -> Iterator[Finding]:
    """Is the dolt program there, and new enough? (S0-99)"""
    if not _needs_dolt(site):
        return
    try:
        program = find_program(site.settings.dolt or None)
        version = _dolt_version(program)
        check_version(version)
    except (WastelandError, OSError, subprocess.SubprocessError) as error:
        oldest = ".".join(map(str, OLDEST))
        yield problem(
            "dolt",
            str(error) or type(error).__name__,
            f"install Dolt {oldest} or newer: https://github.com/dolthub/dolt/releases",
        )
        return
    yield ok("dolt", f"Dolt {version} is {program} .")


def _dolt_version(program: str) -> str:
    done = subprocess.run(
        [program, "version"],
        capture_output=True,
        text=True,
        timeout=_VERSION_TIMEOUT_S,
        check=True,
        env={**os.environ, "DOLT_DISABLE_EVENT_FLUSH": "1"},
    )
    found = re.search(r"\d+\.\d+\.\d+", done.stdout)
    return found[0] if found else done.stdout.strip()


def _needs_dolt(site: Site) -> bool:
    if any(m.engine == "dolt" for m in site.joined):
        return True
    return any((Path(m.url) / _DOLT_DATABASES).is_dir() for m in site.joined if m.kind == HOST)


def config(site: Site) -> Iterator[Finding]:
    """Can the configuration be read, and written by nobody else?"""
    root = site.settings.config
    files = [root / "config.json", *sorted((root / "wastelands").glob("*/*.json"))]
    present = [path for path in files if path.exists()]
    broken = {path for path in present if not _is_object(path)} | {*memberships.unreadable(root)}
    for path in sorted(broken):
        fix = "wl join the commons again" if path.parent != root else f"rm {path}"
        yield problem("config", f"{path} cannot be read as configuration.", fix)
    open_ones = [p for p in [root, *present] if p.exists() and p.stat().st_mode & _OTHERS_WRITE]
    for path in open_ones:
        fixed = without(path, _OTHERS_WRITE, site)
        yield problem("config", f"Others may write {path} .", f"chmod go-w {path}", fixed=fixed)
    if not site.joined:
        yield warn("config", "You have not joined a commons.", "wl join org/db, or: wl demo")
    elif not open_ones:
        yield ok("config", f"{len(site.joined)} commons joined, in {root} .")


def _is_object(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except (OSError, ValueError, RecursionError):
        return False


def host(site: Site) -> Iterator[Finding]:
    """Is the host's directory there, and written by nobody else?"""
    roots = {Path(m.url) for m in site.joined if m.kind == HOST}
    for root in sorted(roots | {site.settings.host}):
        if not root.is_dir():
            if root in roots or root.exists():
                yield problem(
                    "host", f"{root} is no directory.", f"WL_HOST={root} is wrong, or restore it"
                )
            continue
        if root.stat().st_mode & _OTHERS_WRITE:
            message = f"Others may write {root} : who can write the files can write anything."
            fixed = without(root, _OTHERS_WRITE, site)
            yield problem("host", message, f"chmod go-w {root}", fixed=fixed)
        else:
            yield ok("host", f"The host's directory is {root} .")


def disk(site: Site) -> Iterator[Finding]:
    """Is there room to write, and for a second copy while garbage is collected?"""
    for place in (site.settings.data, site.settings.host):
        found = next(path for path in (place, *place.parents) if path.exists())
        free = shutil.disk_usage(found).free
        if free < LEAST_FREE_BYTES:
            message = f"{free // 2**20} MiB are free at {found} ; a full disk refuses every write."
            yield problem("disk", message, f"make room at {found}")
            return
    yield ok("disk", "There is room on the disk.")


def intents(site: Site) -> Iterator[Finding]:
    """Did a command die between its intent and its receipt?"""
    folder = site.settings.state / "intents"
    left = [path for path in sorted(folder.glob("*")) if path.is_file() and not _is_locked(path)]
    if not left:
        return
    old = [path for path in left if site.now.timestamp() - path.stat().st_mtime > _INTENT_AGE_S]
    if site.fix:
        for path in old:
            path.unlink(missing_ok=True)
    yield warn(
        "intents",
        f"{len(left)} commands of yours ended without a receipt; what they wrote is unknown.",
        "repeat the command: it will not act twice; wl doctor --fix forgets those of yesterday",
        fixed=site.fix and len(old) == len(left),
    )


def _is_locked(path: Path) -> bool:
    """Return whether a living command holds the note."""
    with path.open("rb") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


CHECKS: Final[Sequence[Check]] = (
    Check("library", library),
    Check("dolt", dolt, 4.0),
    Check("config", config),
    Check("host", host),
    Check("disk", disk),
    Check("intents", intents),
)
