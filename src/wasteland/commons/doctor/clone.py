"""Checks of a plain remote and its clone: addresses, the right to push, branches, how old it is."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ...engines.base import MAIN, Engine
from ...protocol.errors import EngineError, Forbidden, NotFound
from ..memberships import HOST, Membership
from .findings import Check, Finding, Site, ok, problem, warn

PROBE_TIMEOUT_S: Final = 2.0
STALE_AFTER: Final = timedelta(days=1)
_COUNTED: Final = 1000
_ORIGIN: Final = "origin"
_FILE: Final = "file://"


def remote(site: Site) -> Iterator[Finding]:
    """Can the remote be reached, and pushed to? (S0-122)"""
    here = site.here
    if here.kind == HOST:
        return
    if here.url.startswith(_FILE):
        yield from _directory(Path(here.url.removeprefix(_FILE)), here)
        return
    parts = urlsplit(here.url)
    port = parts.port or {"http": 80, "ssh": 22, "git+ssh": 22}.get(parts.scheme, 443)
    try:
        socket.create_connection((parts.hostname or "", port), PROBE_TIMEOUT_S).close()
    except OSError as error:
        message = f"{parts.hostname}:{port} , where {here.repo} is, cannot be reached: {error}."
        yield problem("remote", message, "check the network; reading goes on from the clone")
        return
    yield ok("remote", f"{parts.hostname}:{port} answers.")


def _directory(path: Path, here: Membership) -> Iterator[Finding]:
    if not path.exists():
        yield problem(
            "remote", f"The remote of {here.repo} is gone: {path} .", f"wl leave {here.repo}"
        )
    elif not os.access(path, os.W_OK):
        message = f"You may not write {path} ; claims and submissions cannot be pushed."
        yield problem("remote", message, f"ask its owner for write access to {path}")
    else:
        yield ok("remote", f"The remote is {path} .")


def fork(site: Site) -> Iterator[Finding]:
    """Does the clone push to the rig's fork, and not to upstream? (S0-121, S0-122)"""
    here = site.here
    for folder, state in _dolt_clones(here):
        url = _remote_url(state, _ORIGIN)
        mine, theirs = f"{here.account}/{here.repo.name}", str(here.repo)
        if not url:
            yield problem("fork", f"The clone in {folder} has no remote origin.", _add(url, mine))
        elif mine != theirs and _ends(url, theirs) and not url.startswith(_FILE):
            yield problem(
                "fork",
                f"origin of {folder} is upstream, {theirs}, where you may not push; your fork is "
                f"{mine}. If there is none, make it on the host's web page.",
                f"cd {folder} && dolt remote remove origin && {_add(url, mine)}",
            )
        else:
            yield ok("fork", f"The clone pushes to {url} .")


def _ends(url: str, name: str) -> bool:
    return url.rstrip("/").removesuffix(".db").endswith(f"/{name}")


def _add(url: str, mine: str) -> str:
    base = url.rstrip("/").rsplit("/", 2)[0] if url else "https://doltremoteapi.dolthub.com"
    return f"dolt remote add origin {base}/{mine}"


def branch(site: Site) -> Iterator[Finding]:
    """Is main checked out in a Dolt clone that people type commands in? (S0-125)"""
    for folder, state in _dolt_clones(site.here):
        name = str(state.get("head", "")).removeprefix("refs/heads/")
        if name != MAIN:
            yield warn(
                "branch",
                f"{folder} has {name or 'no branch'} checked out; dolt commits there go to it.",
                f"cd {folder} && dolt checkout main",
            )
        else:
            yield ok("branch", f"{folder} has main checked out.")


def diverged(site: Site) -> Iterator[Finding]:
    """Has the clone's main commits of its own? (S0-123, S0-125)"""
    if site.is_hosted:
        return
    engine = site.database
    ours, theirs = engine.head(), _remote_head(engine)
    if not theirs or ours == theirs or engine.merge_base(ours, theirs) == ours:
        yield ok("diverged", "The clone's main has no commits of its own.")
        return
    extra = len(engine.log(ours, after=theirs, limit=_COUNTED))
    yield problem(
        "diverged",
        f"The clone of {site.here.repo} has {extra} commits on main that the remote lacks.",
        "wl sync; if that conflicts: wl sync --reset-to-upstream (a backup branch is kept)",
    )


def stale(site: Site) -> Iterator[Finding]:
    """Is the clone behind its remote? (S0-124)"""
    if site.is_hosted:
        return
    engine = site.database
    was_asked, theirs = _fetch(engine, site.here), _remote_head(engine)
    behind = len(engine.log(theirs, after=MAIN, limit=_COUNTED)) if theirs else 0
    age = site.now - _last_written(engine)
    if behind:
        message = f"Main is {behind} commits behind; another rig may hold what you see open."
        yield warn("stale", message, "wl sync", fixed=site.fix and _refresh(site))
    elif not was_asked and age > STALE_AFTER:
        message = f"The remote does not answer, and the clone was last written {age.days} days ago."
        yield warn("stale", message, "wl sync, when the remote answers")
    else:
        yield ok("stale", "The clone is up to date with what is known of the remote.")


def _fetch(engine: Engine, here: Membership) -> bool:
    """Learn where the remote's main is, and return whether it said so; no branch here moves."""
    origins = [remote.url for remote in engine.remotes() if remote.name == _ORIGIN]
    if not any(url == here.url or url.startswith(f"{here.url}/t/") for url in origins):
        return False
    try:
        engine.fetch(_ORIGIN, MAIN)
    except (EngineError, Forbidden, NotFound):
        return False
    return True


def _last_written(engine: Engine) -> datetime:
    path = Path(engine.location)
    manifest = path / ".dolt" / "noms" / "manifest"
    return datetime.fromtimestamp((manifest if manifest.exists() else path).stat().st_mtime, UTC)


def _refresh(site: Site) -> bool:
    from .. import workspace  # noqa: PLC0415  # opening needs it, the checks do not

    with workspace.open_host(site.settings, site.here) as host:
        host.refresh(site.here.repo)
    return True


def _remote_head(engine: Engine) -> str:
    found = [b.head for b in engine.remote_branches(_ORIGIN, MAIN) if b.name == MAIN]
    return found[0] if found else ""


def _dolt_clones(here: Membership) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the directory of each Dolt clone, and what dolt says about it."""
    if here.kind == HOST or not here.local_dir:
        return
    root = Path(here.local_dir)
    for folder in (root, *sorted(path.parent for path in root.glob("*/.dolt"))):
        with suppress(OSError, ValueError):
            state = json.loads((folder / ".dolt" / "repo_state.json").read_text(encoding="utf-8"))
            if isinstance(state, dict):
                yield folder, state


def _remote_url(state: Mapping[str, Any], name: str) -> str:
    remotes = state.get("remotes")
    found = remotes.get(name) if isinstance(remotes, dict) else None
    return str(found.get("url", "")) if isinstance(found, dict) else ""


CHECKS: Final[Sequence[Check]] = (
    Check("remote", remote, 3.0),
    Check("fork", fork),
    Check("branch", branch),
)
OPEN_CHECKS: Final[Sequence[Check]] = (
    Check("stale", stale, 4.0),
    Check("diverged", diverged),
)
"""Those that need the clone's database."""
