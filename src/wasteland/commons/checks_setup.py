"""Checks of this user's machine: programs, keys, configuration, directories, disk."""

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

from ..engines.dolt.program import OLDEST, check_version, find_program
from ..engines.doltlite import library as doltlite
from ..engines.doltlite.exceptions import LibraryMissing
from ..protocol.errors import WastelandError
from .findings import Check, Finding, Site, ok, problem, some, warn
from .memberships import HOST, PLAIN

LEAST_FREE_BYTES: Final = 100 * 2**20
_DOLT_DATABASES: Final = ".dolt-databases"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
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


def credentials(site: Site) -> Iterator[Finding]:
    """Which key does dolt use? (S0-113, S0-118 to S0-120)"""
    named = site.settings.dolt_credentials
    if named:
        yield from _key_file(Path(named), "DOLT_CREDS_FILE", site)
    elif any(m.kind == PLAIN and _asks_who(m.url) for m in site.joined):
        yield from _own_keys(site.settings.dolt_home, site)


def _asks_who(url: str) -> bool:
    return not url.startswith("file://") and not url.rstrip("/").endswith(".db")


def _own_keys(home: Path, site: Site) -> Iterator[Finding]:
    keys = sorted(path.stem for path in (home / "creds").glob("*.jwk"))
    used = _used_key(home)
    if not keys:
        yield warn(
            "credentials",
            f"Dolt has no key in {home / 'creds'} ; without one it reads but cannot push.",
            "dolt login (without a browser: open the URL that it prints on another machine)",
        )
    elif used and used in keys:
        yield from _key_file(home / "creds" / f"{used}.jwk", "Dolt's key", site)
    elif used:
        yield problem("credentials", f"Dolt is set to use key {used}, which is gone.", _use(keys))
    elif len(keys) > 1:
        yield problem(
            "credentials",
            f"Dolt has {len(keys)} keys and none is chosen: {some(keys)}; only the one that you "
            "authorised works.",
            f"{_use(keys)}, then: dolt creds check",
        )
    else:
        yield warn("credentials", f"Dolt has key {keys[0]}, which is not chosen.", _use(keys))
    if len(keys) > 1 and used in keys:
        message = f"Dolt has {len(keys)} keys and uses {used}; each dolt login makes another."
        yield warn("credentials", message, "dolt creds check; if it fails: dolt creds use ID")


def _use(keys: list[str]) -> str:
    return f"dolt creds use {keys[0] if len(keys) == 1 else 'ID'}"


def _used_key(home: Path) -> str:
    try:
        config = json.loads((home / "config_global.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(config.get("user.creds", "")) if isinstance(config, dict) else ""


def _key_file(path: Path, what: str, site: Site) -> Iterator[Finding]:
    """Look at one key file; its content is never shown."""
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
        mode = path.stat().st_mode
    except FileNotFoundError:
        yield problem(
            "credentials",
            f"{what}: there is no file {path} .",
            "mount it, or unset DOLT_CREDS_FILE",
        )
        return
    except OSError as error:
        yield problem(
            "credentials", f"{what}: {path} cannot be read: {error.strerror}.", f"chmod u+r {path}"
        )
        return
    except ValueError:
        key = None
    if not isinstance(key, dict) or not {"kty", "d"} <= set(key):
        yield problem(
            "credentials", f"{what}: {path} is no private key (JWK).", "dolt creds export"
        )
        return
    if mode & _OTHERS:
        message = f"{what}: {path} can be read by others."
        yield warn("credentials", message, f"chmod 600 {path}", fixed=_without(path, _OTHERS, site))
        return
    yield ok("credentials", f"{what}: {path} is a key.")


def config(site: Site) -> Iterator[Finding]:
    """Can the configuration be read, and written by nobody else?"""
    root = site.settings.config
    files = [root / "config.json", *sorted((root / "wastelands").glob("*/*.json"))]
    present = [path for path in files if path.exists()]
    for path in present:
        if not _is_object(path):
            fix = "wl join the commons again" if path.parent != root else f"rm {path}"
            yield problem("config", f"{path} cannot be read as configuration.", fix)
    open_ones = [p for p in [root, *present] if p.exists() and p.stat().st_mode & _OTHERS_WRITE]
    for path in open_ones:
        fixed = _without(path, _OTHERS_WRITE, site)
        yield problem("config", f"Others may write {path} .", f"chmod go-w {path}", fixed=fixed)
    if not site.joined:
        yield warn("config", "You have not joined a commons.", "wl join org/db, or: wl demo")
    elif not open_ones:
        yield ok("config", f"{len(site.joined)} commons joined, in {root} .")


def _is_object(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except (OSError, ValueError):
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
            fixed = _without(root, _OTHERS_WRITE, site)
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


def _without(path: Path, bits: int, site: Site) -> bool:
    """Take permission *bits* from *path* if repairs are wanted; return whether it was done."""
    if site.fix:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~bits)
    return site.fix


CHECKS: Final[Sequence[Check]] = (
    Check("library", library),
    Check("dolt", dolt, 4.0),
    Check("credentials", credentials),
    Check("config", config),
    Check("host", host),
    Check("disk", disk),
    Check("intents", intents),
)
