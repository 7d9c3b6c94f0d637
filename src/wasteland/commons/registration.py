"""
Registering a rig, or making a commons, on a hub: once, however often it is tried.

The operation id is random, so that nobody else can use it first, and noted on the disk until the
hub has answered: whoever lost the answer gets the first one by trying again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..protocol import ids
from ..protocol.errors import WastelandError
from . import private_files
from .distant import DistantCommons
from .receipts import Receipt

_FOLDER: Final = "joins"


def register(state: Path, distant: DistantCommons, **row: str) -> Receipt:
    """
    Register the rig of *distant* with the columns of *row*.

    Args:
        state: The user's directory for what is unfinished.
    Raises:
        EngineError: What became of it is not known; the next try finds out.
        WastelandError: As the hub refuses.
    """
    with unfinished(state, *_place(distant)) as op_id:
        return distant.register(op_id=op_id, **row)


def is_unfinished(state: Path, distant: DistantCommons) -> bool:
    """Return whether the rig of *distant* was registered, and no answer arrived."""
    return bool(_noted(_note(state, _place(distant))))


@contextmanager
def unfinished(state: Path, *place: str) -> Iterator[str]:
    """
    Yield the operation id of what is done at *place*, the same one until its fate is known.

    Args:
        state: The user's directory for what is unfinished.
        place: What is done, where, and as whom.
    """
    note = _note(state, place)
    op_id = _noted(note) or ids.new_operation()
    private_files.write_json(note, {"op_id": op_id})
    with private_files.kept_until_told(note):
        yield op_id


def _place(distant: DistantCommons) -> tuple[str, ...]:
    return ("join", distant.location, str(distant.repo), distant.seat.rig)


def _note(state: Path, place: tuple[str, ...]) -> Path:
    return state / _FOLDER / f"{ids.derived('note', *place, digits=32)}.json"


def _noted(note: Path) -> str:
    """Return the id in a note, "" where there is none."""
    try:
        return ids.check_operation(json.loads(note.read_text(encoding="utf-8"))["op_id"])
    except (OSError, ValueError, KeyError, TypeError, WastelandError):
        return ""
