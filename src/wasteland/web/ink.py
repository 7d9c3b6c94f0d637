"""What a stamp looks like: its shape is its weight, its colour the mark that it gives."""

from __future__ import annotations

import hashlib
from typing import Final

from ..protocol.lean import dataclass
from ..protocol.records import Stamp
from ..protocol.stamps import Scale, read_valence
from ..protocol.words import quality_word, severity_weight
from .words import stamped

_SHAPES: Final = {1: "leaf", 3: "branch", 5: "root"}
_COLOURS: Final = {"excellent": "excellent", "good": "ok", "fair": "warn", "poor": "bad"}
_MOST_TILTED: Final = 13
_LONGEST: Final = 22


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A stamp to be drawn.

    Attributes:
        shape: leaf, branch or root.
        colour: The state that gives its colour.
        word: The mark, in the middle.
        rim: Who gave it and where, around.
        date: As it is inked.
        tilt: Degrees, the same for a stamp wherever it is drawn.
    """

    shape: str
    colour: str
    word: str
    rim: str
    date: str
    tilt: int


def of(stamp: Stamp, commons: str, scale: Scale | None) -> Mark:
    """Return how *stamp* is drawn; its quality speaks for it, or what it rates first."""
    scores = read_valence(stamp.valence, scale)
    score = scores.get("quality", next(iter(scores.values()), None))
    word = quality_word(score)
    return Mark(
        shape=_SHAPES[severity_weight(stamp.severity)],
        colour=_COLOURS.get(word, "withdrawn"),
        word=(word or "seen").upper(),
        rim=f"{_short(stamp.author)} · {_short(commons)} · ".upper(),
        date=stamped(stamp.created_at),
        tilt=tilt(stamp.id),
    )


def tilt(key: str) -> int:
    """Return how far the stamp of that key is tilted, in degrees."""
    return hashlib.sha256(key.encode(errors="replace")).digest()[0] % (2 * _MOST_TILTED) - (
        _MOST_TILTED - 1
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
