"""
Which commons this user has joined, and as whom.

The existing client's files are read and kept: ``wastelands/<org>/<db>.json``. What they lack goes
into a sibling file of ours, ``<db>.wl.json``; without it a file tells of a commons that was joined
by the other client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final

from ..hosts.base import RepoName
from ..protocol.errors import Conflict, Invalid, NotFound
from ..protocol.lean import dataclass
from .private_files import write_json

HOST: Final = "host"
PLAIN: Final = "plain"
HUB: Final = "hub"
REST: Final = "rest"
CLONE: Final = "clone"


@dataclass(frozen=True, slots=True)
class Membership:
    """
    One joined commons.

    Attributes:
        repo: ``org/db``.
        handle: The rig.
        account: Who owns the rig's fork.
        kind: "host" (a directory of repositories), "plain" (a remote without pull requests),
            "hub" (of ours, reached over HTTP), "clone" (of a hub's commons) or "rest" (DoltHub).
        url: The host's directory, the remote's URL, or the hub's root.
        engine: "doltlite", "dolt", or "remote" where a hub keeps the rows.
        local_dir: Where the clone is; "" where there is none.
        mode: "pr" or "direct", where the commons states no policy.
        joined_at: RFC 3339.
        other: Keys of the existing client's file that we only keep.
    """

    repo: RepoName
    handle: str
    account: str
    kind: str
    url: str
    engine: str = "doltlite"
    local_dir: str = ""
    mode: str = "pr"
    joined_at: str = ""
    other: Mapping[str, Any] = field(default_factory=dict)


def save(config: Path, membership: Membership) -> None:
    """Write both files of *membership*, each at once or not at all."""
    place = _file(config, membership.repo)
    shared = {
        **membership.other,
        "upstream": str(membership.repo),
        "provider_type": membership.other.get("provider_type", "file"),
        "upstream_url": membership.url,
        "fork_org": membership.account,
        "fork_db": membership.other.get("fork_db", membership.repo.name),
        "local_dir": membership.other.get("local_dir", membership.local_dir),
        "rig_handle": membership.handle,
        "joined_at": membership.joined_at,
        "mode": "wild-west" if membership.mode == "direct" else membership.mode,
        "backend": membership.other.get("backend", "local"),
    }
    own = {
        "kind": membership.kind,
        "url": membership.url,
        "engine": membership.engine,
        "local_dir": membership.local_dir,
    }
    write_json(place.with_suffix(".wl.json"), own)
    write_json(place, shared)


def forget(config: Path, repo: RepoName) -> None:
    """Remove the files of a commons; its data stays."""
    place = _file(config, repo)
    place.unlink(missing_ok=True)
    place.with_suffix(".wl.json").unlink(missing_ok=True)


def joined(config: Path) -> list[Membership]:
    """Return every joined commons, by name; a file that cannot be read is left out."""
    found = (
        _read(path)
        for path in sorted((config / "wastelands").glob("*/*.json"))
        if not path.name.endswith(".wl.json")
    )
    return [membership for membership in found if membership]


def unreadable(config: Path) -> list[Path]:
    """Return the files that should tell of a joined commons and do not, by name."""
    paths = (config / "wastelands").glob("*/*.json")
    return sorted(path for path in paths if not path.name.endswith(".wl.json") and not _read(path))


def choose(config: Path, name: str) -> Membership:
    """
    Return the commons named, else the default, else the only one.

    Raises:
        NotFound: Not joined, or nothing is joined.
        Invalid: Several are joined and none is named.
    """
    found = joined(config)
    wanted = name or default(config)
    if wanted:
        repo = RepoName.parse(wanted)
        for membership in found:
            if membership.repo == repo:
                return membership
        raise NotFound(
            f"You have not joined {repo}.{_but_for(config)}",
            hint=f"wl join {repo}",
            commons=str(repo),
        )
    if not found:
        raise NotFound(
            f"You have not joined a commons.{_but_for(config)}", hint="wl join org/db, or wl demo"
        )
    if len(found) > 1:
        raise Invalid(
            f"You have joined {len(found)} commons: {', '.join(str(m.repo) for m in found)}.",
            hint=f"--wasteland {found[0].repo}, or wl config set default {found[0].repo}",
            field="wasteland",
        )
    return found[0]


def rejoined(config: Path, wanted: Membership) -> Membership | None:
    """
    Return the membership that is there already, None if the name is free.

    Raises:
        Conflict: Another commons or another rig is remembered under the name.
    """
    repo = wanted.repo
    before = next((m for m in joined(config) if m.repo == repo), None)
    if before and (before.handle, before.url) != (wanted.handle, wanted.url):
        raise Conflict(
            f"You have joined {repo} as {before.handle}, at {before.url} .",
            hint=f"wl leave {repo}",
            commons=str(repo),
            handle=before.handle,
            url=before.url,
        )
    return before


def default(config: Path) -> str:
    """Return the commons used when none is named, "" if none is set."""
    return str(_load(config / "config.json").get("default", ""))


def set_default(config: Path, name: str) -> None:
    """Set the commons used when none is named."""
    write_json(config / "config.json", {**_load(config / "config.json"), "default": name})


def with_mode(membership: Membership, mode: str) -> Membership:
    """Return *membership* with another mode."""
    return replace(membership, mode=mode)


def _file(config: Path, repo: RepoName) -> Path:
    return config / "wastelands" / repo.owner / f"{repo.name}.json"


def _but_for(config: Path) -> str:
    """Return a sentence about memberships that cannot be read, "" if there are none."""
    broken = unreadable(config)
    return f" This file cannot be read: {broken[0]} ." if broken else ""


def _read(path: Path) -> Membership | None:
    beside = path.with_suffix(".wl.json")
    shared, own = _load(path), _load(beside)
    if beside.exists() and not own:
        return None
    try:
        repo = RepoName.parse(str(shared.get("upstream", "")))
    except Invalid:
        return None
    url = str(own.get("url") or shared.get("upstream_url") or "")
    mode = str(shared.get("mode") or "pr")
    return Membership(
        repo=repo,
        handle=str(shared.get("rig_handle") or ""),
        account=str(shared.get("fork_org") or ""),
        kind=str(own.get("kind") or PLAIN),
        url=url,
        engine=str(own.get("engine") or "dolt"),
        # The other client's clone is its own affair; ours goes to a place of ours.
        local_dir=str(own.get("local_dir", "")),
        mode="direct" if mode in {"wild-west", "direct"} else "pr",
        joined_at=str(shared.get("joined_at") or ""),
        other=shared,
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
