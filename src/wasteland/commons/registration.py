"""
Registering a rig on a hub, once, however often it is tried.

The operation id is random, so that nobody else can use it first, and noted on the disk until the
hub has answered: whoever lost the answer gets the first receipt by trying again.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..protocol import ids
from ..protocol.errors import EngineError, WastelandError
from . import private_files
from .distant import DistantCommons
from .receipts import Receipt


def register(state: Path, distant: DistantCommons, **row: str) -> Receipt:
    """
    Register the rig of *distant* with the columns of *row*.

    Args:
        state: The user's directory for what is unfinished.
    Raises:
        EngineError: What became of it is not known; the note stays.
        WastelandError: As the hub refuses.
    """
    place = (distant.location, str(distant.repo), distant.seat.rig)
    note = state / "joins" / f"{ids.derived('join', *place, digits=32)}.json"
    op_id = _noted(note) or ids.new_operation()
    private_files.write_json(note, {"op_id": op_id})
    try:
        receipt = distant.register(op_id=op_id, **row)
    except EngineError:
        raise
    except WastelandError:
        note.unlink(missing_ok=True)
        raise
    note.unlink(missing_ok=True)
    return receipt


def _noted(note: Path) -> str:
    """Return the id in a note, "" where there is none."""
    try:
        return ids.check_operation(json.loads(note.read_text(encoding="utf-8"))["op_id"])
    except (OSError, ValueError, KeyError, TypeError, WastelandError):
        return ""
