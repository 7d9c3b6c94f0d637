"""
The last head seen of each commons' main, kept apart from it in the user's state directory.

A DoltLite file is an append log: with its tail cut off it opens without complaint as an older
commons. Only somebody who remembers the head can tell.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from ..hosts.base import RepoName

_DIGITS: Final = 12


def place(state: Path, location: str, repo: RepoName) -> Path:
    """Return the file that remembers the head of *repo* at *location* (path or URL)."""
    digest = hashlib.sha256(location.encode()).hexdigest()[:_DIGITS]
    return state / "heads" / f"{repo.owner}.{repo.name}.{digest}"


def recall(file: Path) -> str:
    """Return the head last seen, "" if none was."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def remember(file: Path, head: str) -> None:
    """Keep *head* as the last one seen."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(f"{head}\n", encoding="ascii")
