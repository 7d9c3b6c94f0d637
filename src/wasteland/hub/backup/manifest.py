"""What a backup holds, with digests, so that what is missing or damaged is seen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ...hosts.base import RepoName
from ...protocol.errors import NotFound, Tampered, Unsupported, WastelandError
from ...protocol.lean import dataclass
from ...protocol.names import visible
from ..upkeep import Progress, silent

FILE: Final = "manifest.json"
FORMAT: Final = 1
_CHUNK: Final = 2**20
_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Stored:
    """
    One repository or fork in a backup.

    Attributes:
        name: ``owner/name``.
        engine: "doltlite" or "dolt".
        parent: What it is a fork of; "" for a commons.
        path: Where it is in the backup; "" if its database stays on somebody else's server.
        heads: Branch -> commit; on Dolt those that the backup has at least.
        digests: Table -> SHA-256 of its rows on main; empty for forks, whose main is upstream's.
    """

    name: str
    engine: str
    parent: str
    path: str
    heads: Mapping[str, str]
    digests: Mapping[str, str]

    @property
    def is_elsewhere(self) -> bool:
        """Whether the backup has no database of it."""
        return not self.path


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    What a backup says of itself.

    Attributes:
        made_at: UTC, RFC 3339.
        program: What made it.
        files: Path in the backup -> SHA-256, hex.
        repositories: Those that were copied.
        missing: Repositories that the host knew and had no database of.
    """

    made_at: str
    program: str
    files: Mapping[str, str]
    repositories: tuple[Stored, ...]
    missing: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return the manifest as JSON, with its own digest."""
        data = {"format": FORMAT, **asdict(self)}
        return json.dumps({**data, "digest": _own_digest(data)}, indent=1, sort_keys=True) + "\n"


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read(directory: Path) -> Manifest:
    """
    Return the manifest of the backup in *directory*.

    Raises:
        NotFound: There is none.
        Tampered: It is damaged.
        Unsupported: A newer version of this program wrote it.
    """
    try:
        data = json.loads((directory / FILE).read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"{directory} is no backup: it has no {FILE} .") from error
    except (OSError, ValueError) as error:
        raise _damaged(directory, f"its {FILE} cannot be read") from error
    return _parsed(directory, data)


def check(directory: Path, *, progress: Progress = silent) -> Manifest:
    """
    Return the manifest, once every file was found to be what it says.

    Raises:
        Tampered: Files are missing or damaged (``facts["files"]``).
    """
    manifest = read(directory)
    wrong = []
    for number, (name, digest) in enumerate(manifest.files.items(), 1):
        progress("files", number, len(manifest.files))
        path = directory / name
        if path.is_symlink() or not path.is_file() or file_digest(path) != digest:
            wrong.append(name)
    if wrong:
        named = ", ".join(visible(name) for name in wrong[:3])
        raise _damaged(directory, f"{len(wrong)} files are missing or damaged: {named}", wrong)
    return manifest


def _parsed(directory: Path, data: Any) -> Manifest:
    try:
        if data["format"] != FORMAT:
            raise Unsupported(
                f"The backup in {directory} has the format {data['format']!r}.",
                hint="pip install --upgrade wasteland",
            )
        own = data.pop("digest")
        if own != _own_digest(data):
            raise _damaged(directory, f"its {FILE} was changed")
        del data["format"]
        return _checked(Manifest(**data))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise _damaged(directory, f"its {FILE} has another form") from error


def _checked(manifest: Manifest) -> Manifest:
    """Return *manifest* if all paths stay in the backup, and names are names."""
    stored = tuple(Stored(**item) for item in manifest.repositories)  # type: ignore[arg-type]
    for name, digest in manifest.files.items():
        if not (_is_inside(name) and _SHA256.match(digest)):
            raise ValueError(name)
    try:
        for item in stored:
            RepoName.parse(item.name)
            if not (_is_inside(item.path) and item.engine in {"doltlite", "dolt"}):
                raise ValueError(item.path)
    except WastelandError as error:
        raise ValueError(error.message) from error
    return replace(manifest, repositories=stored, missing=tuple(manifest.missing))


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _own_digest(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _damaged(directory: Path, why: str, files: list[str] | None = None) -> Tampered:
    return Tampered(
        f"The backup in {directory} is damaged: {why}.",
        hint="use another backup",
        files=files or [],
    )
