"""
What a stamp says: scores in several dimensions, in any of the three scales in use.

Stored scores are floats from 0 to 1, integers from 0 to 5, or words; the normal form is a float
from 0 to 1. Reading keeps and reports what it cannot read; writing is strict. Whose work a rig may
not stamp is ``owners``' affair.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .errors import Invalid
from .names import visible
from .records import Json
from .words import QUALITIES, nearest

DIMENSION_RULE: Final = "a lower-case letter, then letters, digits, '-' and '_', 32 at most"
DIMENSIONS_LIMIT: Final = 12
STEPS: Final = 5
"""The top of the integer scale."""
_DIGITS: Final = 4  # scores are hashed as integers of ten thousandths

_DIMENSION: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}\Z")
_SCORE: Final = re.compile(r"(?P<steps>[1-5])(?:/5)?\Z|(?P<unit>[01]?\.[0-9]{1,20})\Z")
_NUMBER: Final = re.compile(r"[0-9]{0,9}(?:\.?[0-9]{1,20})\Z")
_SCORE_RULE: Final = "excellent, good, fair or poor, 1 to 5, or 0.0 to 1.0"


class Scale(StrEnum):
    """The stored words of ``_meta.valence_scale``."""

    UNIT = "1"
    FIVE = "5"


@dataclass(frozen=True, slots=True)
class Valence:
    """
    A stored valence as far as it can be read.

    Attributes:
        scores: Dimension -> 0 to 1; without those that the five-step scale marks as absent.
        unread: Dimension -> stored value that means nothing in this scale; a valence that is no
            object is here as a whole, under "".
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    unread: Mapping[str, Json] = field(default_factory=dict)


def parse_scale(text: str | None) -> Scale | None:
    """Return the scale that a commons states; None where it states none that we know."""
    return Scale(text) if text in set(Scale) else None


def infer_scale(valences: Iterable[Json]) -> Scale | None:
    """
    Return the scale that one author's stamps seem to use, for display only.

    A number above 1 means five steps, a fraction below 1 means floats.

    Returns:
        None if only 0, 1 and words occur, or if both scales do.
    """
    numbers = [number for valence in valences for number in _numbers(valence)]
    five = any(1 < number <= STEPS for number in numbers)
    unit = any(0 < number < 1 for number in numbers)
    if five == unit:
        return None
    return Scale.FIVE if five else Scale.UNIT


def read(valence: Json, scale: Scale | None) -> Valence:
    """
    Return the stored *valence* in the normal form; never raises.

    Args:
        valence: As stored.
        scale: Of the commons; None infers it from this valence alone, and leaves its numbers
            unread where that is ambiguous. Words are read in every scale.
    """
    if not isinstance(valence, dict):
        return Valence(unread={"": valence})
    used = scale or infer_scale([valence])
    scores: dict[str, float] = {}
    unread: dict[str, Json] = {}
    for name, stored in valence.items():
        score = _read_score(stored, used)
        if score is not None:
            scores[name] = score
        elif not (used is Scale.FIVE and _number(stored) == 0):
            unread[name] = stored
    return Valence(scores, unread)


def read_valence(valence: Json, scale: Scale | None) -> dict[str, float]:
    """Return the scores, 0 to 1, that can be read from the stored *valence*."""
    return dict(read(valence, scale).scores)


def write_valence(scores: Mapping[str, float], scale: Scale) -> dict[str, float | int]:
    """
    Return *scores* (0 to 1) as they are stored in a commons of *scale*.

    Floats keep four digits. Steps are rounded half up and are never below 1, because readers of
    that scale take 0 for "not rated".

    Raises:
        Invalid: A dimension's name or its score breaks the rules, or there are too many.
    """
    _check_dimensions(scores)
    for name, score in scores.items():
        if not 0 <= score <= 1:
            raise _no_score(name, str(score))
    if scale is Scale.UNIT:
        return {name: round(score, _DIGITS) + 0.0 for name, score in scores.items()}
    return {name: _steps(score) for name, score in scores.items()}


def translated(valence: Json, scale: Scale) -> dict[str, float | int] | None:
    """
    Return *valence*, plainly written in the other scale, as a commons of *scale* stores it.

    Returns:
        None if it is of *scale*, or could be of either.
    """
    used = infer_scale([valence])
    if used is None or used is scale:
        return None
    found = read(valence, used)
    return write_valence(found.scores, scale) if found.scores and not found.unread else None


def parse_valence(ratings: Mapping[str, str | float] | Iterable[str]) -> dict[str, float]:
    """
    Return the scores, 0 to 1, that a user gives.

    Args:
        ratings: Dimension -> rating, or texts of the form ``speed=good``.
    Raises:
        Invalid: There is none or too many, a name breaks DIMENSION_RULE, or a rating is none.
    """
    pairs = ratings.items() if isinstance(ratings, Mapping) else map(_pair, ratings)
    scores: dict[str, float] = {}
    for name, rating in pairs:
        if name in scores:
            raise Invalid(f"{visible(name)} is rated twice.", field="valence", value=visible(name))
        scores[name] = parse_score(name, rating)
    _check_dimensions(scores)
    return scores


def parse_score(dimension: str, rating: str | float) -> float:
    """
    Return one rating as a score from 0 to 1.

    A whole number is steps, so that ``1`` is 1/5 as every client reads it; a decimal point makes
    it a fraction, so that ``1.0`` is the best there is.

    Args:
        dimension: For the message.
        rating: A quality word, ``4`` or ``4/5``, or ``0.8``.
    Raises:
        Invalid: It is none of these. Nobody can give 0 of 5: leave the dimension out.
    """
    text = _plain(rating)
    if text in QUALITIES:
        return QUALITIES[text]
    match = _SCORE.match(text)
    if match and match["steps"]:
        return int(match["steps"]) / STEPS
    if match and 0 <= float(match["unit"]) <= 1:
        return round(float(match["unit"]), _DIGITS)
    raise _no_score(dimension, str(rating))


def parse_confidence(value: str | float) -> float:
    """
    Return how sure a reviewer is, 0 to 1, from a number or its text.

    Raises:
        Invalid: It is not.
    """
    text = _plain(value)
    if _NUMBER.match(text) and float(text) <= 1:
        return round(float(text), _DIGITS)
    raise Invalid(
        f"{visible(text)} is no confidence: it is a number from 0 to 1.",
        field="confidence",
        value=visible(text),
    )


def _plain(value: str | float) -> str:
    if isinstance(value, bool):
        return ""
    return f"{value:.9f}" if isinstance(value, float) else str(value).strip().lower()


def _pair(text: str) -> tuple[str, str]:
    name, _, rating = text.partition("=")
    return name.strip(), rating


def _check_dimensions(scores: Mapping[str, float]) -> None:
    for name in scores:
        if not _DIMENSION.match(name):
            raise Invalid(
                f"{visible(name)} cannot be a dimension: {DIMENSION_RULE}.",
                field="valence",
                value=visible(name),
            )
    if not 1 <= len(scores) <= DIMENSIONS_LIMIT:
        raise Invalid(
            f"A stamp rates 1 to {DIMENSIONS_LIMIT} dimensions, not {len(scores)}.",
            field="valence",
            value=len(scores),
        )


def _no_score(dimension: str, rating: str) -> Invalid:
    suggestion = nearest(rating.strip().lower(), QUALITIES)
    return Invalid(
        f"{visible(rating)} is no rating of {visible(dimension)}: it is {_SCORE_RULE}.",
        hint=f"did you mean {suggestion}?" if suggestion else "leave out what you do not rate",
        field="valence",
        dimension=visible(dimension),
        value=visible(rating),
        allowed=tuple(QUALITIES),
        suggestion=suggestion,
    )


def _steps(score: float) -> int:
    # Rounding to nine digits first keeps 0.7 * 5 = 3.4999999 on the side it means.
    return max(1, math.floor(round(score * STEPS, 9) + 0.5))


def _number(stored: Json) -> float | None:
    """Return the finite number in *stored* (some clients quote it), None if it is none."""
    if isinstance(stored, str) and not _NUMBER.match(stored.strip()):
        return None
    if isinstance(stored, bool) or not isinstance(stored, int | float | str):
        return None
    try:
        number = float(stored)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _numbers(valence: Json) -> list[float]:
    values = valence.values() if isinstance(valence, dict) else ()
    return [number for value in values if (number := _number(value)) is not None]


def _read_score(stored: Json, scale: Scale | None) -> float | None:
    if isinstance(stored, str) and stored.strip().lower() in QUALITIES:
        return QUALITIES[stored.strip().lower()]
    number = _number(stored)
    if number is None:
        return None
    if scale is Scale.UNIT:
        return number if 0 <= number <= 1 else None
    if scale is Scale.FIVE:
        # A fraction below 1 was written in the other scale; dividing it would slander.
        return number / STEPS if 1 <= number <= STEPS else None
    return None
