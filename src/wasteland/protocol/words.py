"""
The words that columns hold: which ones we write, and how any stored one is shown.

Parsers are strict, because what we write must be read by every client. Display functions take
whatever other clients have stored and never raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from .errors import Invalid
from .names import visible

TYPES: Final = (
    "bug",
    "feature",
    "docs",
    "chore",
    "research",
    "design",
    "rfc",
    "community",
    "inference",
    "other",
)
STATUSES: Final = ("open", "claimed", "in_review", "completed", "withdrawn")
PRIORITIES: Final = ("critical", "high", "medium", "low", "backlog")
"""A word's place is its stored number."""
NORMAL_PRIORITY: Final = 2
EFFORTS: Final = ("trivial", "small", "medium", "large", "epic")
RIG_TYPES: Final = ("human", "agent", "hybrid")
READ_RIG_TYPES: Final = (*RIG_TYPES, "team", "org")
"""What other clients write too; known on reading, refused on writing."""
SEVERITIES: Final[Mapping[str, int]] = MappingProxyType({"leaf": 1, "branch": 3, "root": 5})
"""Word -> weight of a stamp."""
QUALITIES: Final[Mapping[str, float]] = MappingProxyType(
    {"excellent": 1.0, "good": 0.8, "fair": 0.6, "poor": 0.4}
)
"""Word -> score from 0 to 1 (administration guide, "Pick dimensions")."""

_PRIORITY_SYNONYMS: Final = {"normal": NORMAL_PRIORITY}


def parse_type(text: str) -> str:
    """
    Return the type of work that *text* names.

    Raises:
        Invalid: It is none of TYPES.
    """
    return _one_of("type", text, TYPES)


def parse_status(text: str) -> str:
    """
    Return the status that *text* names.

    Raises:
        Invalid: It is none of STATUSES.
    """
    return _one_of("status", text, STATUSES)


def parse_priority(value: str | int) -> int:
    """
    Return the stored number of a priority given as a digit or a word.

    Args:
        value: "high", "1" or 1; "normal" is medium.
    Returns:
        0 critical to 4 backlog.
    Raises:
        Invalid: It is neither.
    """
    text = _plain(value)
    if text in _PRIORITY_SYNONYMS:
        return _PRIORITY_SYNONYMS[text]
    if text in {str(number) for number in range(len(PRIORITIES))}:
        return int(text)
    return PRIORITIES.index(_one_of("priority", value, PRIORITIES, also="0 to 4"))


def parse_effort(text: str) -> str:
    """
    Return the effort level that *text* names.

    Raises:
        Invalid: It is none of EFFORTS.
    """
    return _one_of("effort_level", text, EFFORTS)


def parse_rig_type(text: str) -> str:
    """
    Return the type of rig that *text* names.

    Raises:
        Invalid: It is none of RIG_TYPES.
    """
    return _one_of("rig_type", text, RIG_TYPES)


def parse_severity(text: str) -> str:
    """
    Return the severity that *text* names.

    Raises:
        Invalid: It is none of SEVERITIES.
    """
    return _one_of("severity", text, SEVERITIES)


def parse_quality(text: str) -> float:
    """
    Return the score, 0 to 1, of a quality word.

    Raises:
        Invalid: It is none of QUALITIES.
    """
    return QUALITIES[_one_of("quality", text, QUALITIES)]


def priority_word(number: object) -> str:
    """Return the word of a stored priority; None is medium, any other value is shown as it is."""
    if number is None:
        return PRIORITIES[NORMAL_PRIORITY]
    if isinstance(number, int) and 0 <= number < len(PRIORITIES):
        return PRIORITIES[number]
    return shown(number)


def quality_word(score: float | None) -> str:
    """Return the quality word nearest to *score* (0 to 1), the kinder one on a tie; "" for None."""
    if score is None:
        return ""
    return min(QUALITIES, key=lambda word: abs(QUALITIES[word] - score))


def severity_weight(word: object) -> int:
    """Return the weight of a stored severity; a word that we do not know weighs as a leaf."""
    return SEVERITIES.get(_plain(word), SEVERITIES["leaf"])


def shown(value: object, default: str = "") -> str:
    """Return a stored word as text, *default* where nothing is stored."""
    if value is None or value == "":
        return default
    return str(value)


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed word that *word* is probably meant to be, None if none is near."""
    typed = word[:64]
    best = min(allowed, key=lambda known: _edits(typed, known), default="")
    return best if 2 * _edits(typed, best) <= len(typed) and typed else None


def _edits(one: str, other: str) -> int:
    """Return how many letters must be put in, left out, replaced or swapped between two words."""
    # The standard library's difflib compares words too, at three milliseconds of every start.
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, known in enumerate(other, 1):
            edits = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != known))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], known):
                edits = min(edits, rows[-2][j - 2] + 1)
            row.append(edits)
        rows.append(row)
    return rows[-1][-1]


def _plain(value: object) -> str:
    return str(value).strip().lower() if isinstance(value, str | int) else ""


def _one_of(field: str, value: str | int, allowed: Iterable[str], *, also: str = "") -> str:
    words = tuple(allowed)
    text = _plain(value)
    if text in words:
        return text
    suggestion = nearest(text, words)
    choice = ", ".join((*words, also) if also else words)
    raise Invalid(
        f"{visible(str(value))} is no {field}: it is one of {choice}.",
        hint=f"did you mean {suggestion}?" if suggestion else "",
        field=field,
        value=visible(str(value)),
        allowed=words,
        suggestion=suggestion,
    )
