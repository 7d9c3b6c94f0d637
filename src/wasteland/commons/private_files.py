"""Small files of this user that nobody else reads: written whole or not at all, under a lock."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..protocol.errors import EngineError, WastelandError


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write *data* to *path*, on the disk when this returns; a failure leaves what was there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        # Readable by its owner alone from the first moment on.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=2, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def kept_until_told(note: Path) -> Iterator[None]:
    """Drop *note* once the fate of the block is known: all but an EngineError tells it."""
    try:
        yield
    except EngineError:
        raise
    except WastelandError:
        note.unlink(missing_ok=True)
        raise
    note.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """
    Keep other processes that lock *path* out meanwhile; the file is made, and stays.

    Raises:
        BlockingIOError: Another has it, and *wait* is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)
