"""What lies in a host's directory: state, repositories, and whatever else is worth keeping."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ...protocol.names import is_repo_part
from ..moving.leavings import KEPT
from ..upstreams.store import JOURNALS
from ..vault.keys import FILE as MASTER_KEYS

_STOCK: Final = b"SQLite format 3\0"
_NOT_KEPT: Final = frozenset({".queues", ".dolt-databases", KEPT, JOURNALS})
"""
Turns die with their processes; Dolt copies its databases itself; what was sent to upstreams is
found again there.
"""
_SESSIONS: Final = "sessions.db"
"""Of the web app; they end with the process that serves."""
_BESIDE: Final = ("-wal", "-shm", "-journal")


def is_stock_sqlite(path: Path) -> bool:
    """Return whether *path* is a file of SQLite itself, as state is, and not of DoltLite."""
    try:
        with path.open("rb") as file:
            return file.read(len(_STOCK)) == _STOCK
    except OSError:
        return False


def state_files(root: Path) -> list[Path]:
    """Return the state files of the host in *root*, by name."""
    found = (path for path in root.glob("*.db") if path.name != _SESSIONS and path.is_file())
    return sorted(path for path in found if is_stock_sqlite(path))


def other_files(root: Path, *, with_keys: bool = False) -> Iterator[Path]:
    """
    Yield what is neither state nor repository nor made anew when it is needed.

    Args:
        with_keys: The master keys too, which open the secrets in the state beside them.
    """
    state = {path.name for path in state_files(root)}
    state |= set() if with_keys else {MASTER_KEYS}
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if here != root or name not in _NOT_KEPT)
        for name in sorted(names):
            path = here / name
            if path.is_file() and not path.is_symlink() and _is_kept(path, root, state):
                yield path


def _is_kept(path: Path, root: Path, state: set[str]) -> bool:
    if path.parent == root:
        return not path.name.startswith((*state, _SESSIONS))
    if path.parent.parent == root and is_repo_part(path.parent.name):
        # Repositories, and what their engine keeps beside them.
        return ".db" not in path.name
    return not path.name.endswith(_BESIDE)
