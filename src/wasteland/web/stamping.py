"""
The form of a stamp: marks in open-ended dimensions, by sliders or in words, and what goes along.

Words and sliders are two inputs of one value; which of them counts the form itself says. Without
scripts they do not follow one another, so that one left alone leaves the word to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..protocol import words
from ..protocol.lean import dataclass
from ..protocol.stamps import DIMENSIONS_LIMIT, STEPS, Scale

FIRST: Final = ("quality", "reliability", "creativity")
_FREE: Final = DIMENSIONS_LIMIT - len(FIRST)
_BLANK: Final = 3
_FINE_STEP: Final = 0.05
_SURE: Final = ("1.0", "0.9", "0.8", "0.7", "0.6", "0.5")


@dataclass(frozen=True, slots=True)
class Dimension:
    """
    One line of the form.

    Attributes:
        field: What its inputs are named after.
        name: Of the dimension; "" for one that is still to be named.
        word: As chosen; "" for not rated.
        score: 0 to 1 as the slider stands; 0 for not rated.
    """

    field: str
    name: str
    word: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class StampForm:
    """
    The form as it is shown.

    Attributes:
        in_words: Whether words are chosen instead of sliders.
        more: Dimensions that are added; blank ones at the end.
        step: Of the sliders.
        error: Why it was refused; ``field`` names the input.
    """

    dimensions: tuple[Dimension, ...]
    more: tuple[Dimension, ...]
    in_words: bool = False
    step: float = 1 / STEPS
    severity: str = "leaf"
    confidence: str = _SURE[0]
    skills: str = ""
    message: str = ""
    field: str = ""
    error: str = ""

    @property
    def words(self) -> list[tuple[str, float]]:
        """The words of quality with their scores."""
        return list(words.QUALITIES.items())

    @property
    def severities(self) -> tuple[str, ...]:
        """How much a stamp may weigh."""
        return tuple(words.SEVERITIES)

    @property
    def sure(self) -> list[tuple[str, str]]:
        """How sure one may be: the value, and its percents."""
        values = dict.fromkeys((*_SURE, self.confidence))
        return [(value, _percent(value)) for value in values]

    @property
    def has_more(self) -> bool:
        """Whether a dimension was added."""
        return any(dimension.name for dimension in self.more)


def shown(
    scale: Scale | None, typed: Mapping[str, str] | None = None, *, field: str = "", error: str = ""
) -> StampForm:
    """
    Return the form, empty or as it was typed.

    Args:
        scale: Of the commons: one of steps has coarser sliders.
    """
    sent = typed or {}
    free = [_dimension(sent, f"extra-{n}", sent.get(f"extra-{n}-name", "")) for n in range(_FREE)]
    used = max((n + 1 for n, each in enumerate(free) if each.name or each.word), default=0)
    return StampForm(
        dimensions=tuple(_dimension(sent, name, name) for name in FIRST),
        more=tuple(free[: max(used, _BLANK)]),
        in_words=sent.get("by") == "words",
        step=_FINE_STEP if scale is Scale.UNIT else 1 / STEPS,
        severity=sent.get("severity") or "leaf",
        confidence=sent.get("confidence") or _SURE[0],
        skills=sent.get("skills", ""),
        message=sent.get("message", ""),
        field=field,
        error=error,
    )


def read(sent: Mapping[str, str]) -> dict[str, Any]:
    """Return the marks of a form as the operation takes them; what is not rated is left out."""
    in_words = sent.get("by") == "words"
    marks = {name: _mark(sent, name, in_words=in_words) for name in FIRST}
    more = [
        f"{sent.get(f'extra-{n}-name', '').strip()}={mark}"
        for n in range(_FREE)
        if (mark := _mark(sent, f"extra-{n}", in_words=in_words))
    ]
    return {**marks, "dimension": more}


def _mark(sent: Mapping[str, str], field: str, *, in_words: bool) -> str:
    word, slider = sent.get(field, "").strip(), _slider(sent.get(f"{field}-score", ""))
    return (word or slider) if in_words else (slider or word)


def _slider(text: str) -> str:
    """Return a slider's value as a fraction: 1 is the best there is here, not a step of five."""
    score = _number(text)
    if score is None:
        return text
    return f"{score:.2f}" if score else ""


def _dimension(sent: Mapping[str, str], field: str, name: str) -> Dimension:
    word = sent.get(field, "")
    score = _number(sent.get(f"{field}-score", "")) or words.QUALITIES.get(word, 0.0)
    return Dimension(field, name, word, score)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _percent(value: str) -> str:
    number = _number(value)
    return value if number is None else f"{number:.0%}".replace("%", " %")
