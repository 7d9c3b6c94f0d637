"""
Safe retries for a command line that may be killed at any moment.

Before a write, its operation id is noted in the user's state directory; when its receipt or a
refusal arrives, the note goes. A note whose process is gone belongs to a write of unknown fate:
the same command then repeats it under the same id, and gets the first receipt if it had landed.
The note is locked while its process lives, so two commands at once are rivals and not a retry.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from ..commons.operations import Operation
from ..commons.private_files import kept_until_told
from ..commons.receipts import Receipt
from ..protocol import ids
from ..protocol.lean import dataclass

_RETRY_S: Final = 15 * 60
"""How long the same command is taken for a retry of the one that died."""


@dataclass(frozen=True, slots=True)
class Writer:
    """
    What carries out a write, here or on a hub.

    Attributes:
        place: Where and as whom: the same for every repetition.
        call: Carries it out.
        still_stands: Whether the row that a receipt is about is as it says.
    """

    place: Sequence[str]
    call: Callable[[Mapping[str, Any]], Any]
    still_stands: Callable[[Receipt], bool]


@contextmanager
def operation_id(
    state: Path, writer: Writer, row: Operation, values: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the id to run a write under; the note of it goes when the block succeeds."""
    request = json.dumps(
        [*writer.place, row.name, dict(values)],
        sort_keys=True,
        default=str,
    )
    name = hashlib.sha256(request.encode()).hexdigest()[:32]
    folder = state / "intents"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _note(folder / name) as (note, is_own):
        if not is_own:
            yield ids.new_operation()
            return
        op_id = _noted(note)
        # A write that may have landed is asked for under the same id by the next run.
        with kept_until_told(note):
            yield op_id


def forget(state: Path, op_id: str) -> None:
    """Drop the note of an operation whose fate is known."""
    for note in (state / "intents").glob("*"):
        with suppress(OSError, ValueError):
            if note.read_text().strip() == op_id:
                note.unlink()


def _noted(note: Path) -> str:
    """Return the id in a note, or a fresh one, noted, where there is none or it is old."""
    op_id = note.read_text().strip()
    if op_id and time.time() - note.stat().st_mtime < _RETRY_S:
        return op_id
    op_id = ids.new_operation()
    note.write_text(op_id)
    return op_id


@contextmanager
def _note(path: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the note and whether it is ours: a locked one belongs to a living rival."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield path, False
            return
        # A rival may have finished and removed the file between our open and our lock.
        is_own = path.exists() and os.fstat(handle).st_ino == path.stat().st_ino
        yield path, is_own
    finally:
        os.close(handle)


def recorded(state: Path, writer: Writer, row: Operation, values: Mapping[str, Any]) -> Any:
    """
    Call a write under an operation id that survives this process.

    A receipt that is given again counts while the row that it is about is still as it says: an
    item that somebody else has taken since is not claimed.
    """
    if values.get("op_id") or values.get("dry_run"):
        return writer.call(values)

    def noted() -> Any:
        with operation_id(state, writer, row, values) as op_id:
            return writer.call({**values, "op_id": op_id})

    answer = noted()
    if isinstance(answer, Receipt) and answer.replayed and not writer.still_stands(answer):
        # The note is gone by now: this is another request.
        return noted()
    return answer
