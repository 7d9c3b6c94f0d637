"""What moves, backups and checks of a host's directory share: taking turns, and telling of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from ..hosts.local import LocalHost
from ..hosts.queue import Queue

PATIENCE_S: Final = 60.0

Progress = Callable[[str, int, int], None]
"""Is told of each step: what is under way, how much of it is done, how much there is."""


def silent(what: str, done: int, of: int) -> None:
    """Tell nobody."""
    del what, done, of


def turn(root: Path, *, patience_s: float = PATIENCE_S) -> AbstractContextManager[None]:
    """
    Keep other moves and backups off the host in *root* meanwhile.

    Raises:
        Unavailable: Another one took longer than *patience_s*.
    """
    # With a leading dot, as no owner can be called that.
    return Queue(root / ".queues" / ".upkeep", f"The host in {root}", timeout_s=patience_s).turn()


@contextmanager
def opened(root: Path, dolt: str | None, password: str = "") -> Iterator[LocalHost]:
    """
    Open the host in *root* for the length of a ``with`` block.

    Args:
        dolt: The Dolt program; None for the one on PATH.
        password: Of the host's user on a Dolt server that somebody else runs.
    """
    with LocalHost(root, dolt=dolt, dolt_password=password) as host:
        yield host
