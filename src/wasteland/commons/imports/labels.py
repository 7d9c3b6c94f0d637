"""
What the labels of an issue tracker say in our words: type, priority, effort; the rest are tags.

Labels come from anybody's conventions (GitHub's defaults, ``priority: high``, ``kind/bug``,
``size/XL``, ``P1``), so that nothing here is refused: what is no word of ours stays a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ...protocol.words import EFFORTS, PRIORITIES, TYPES

TYPE_SYNONYMS: Final[Mapping[str, str]] = {
    **{word: word for word in TYPES},
    "defect": "bug",
    "regression": "bug",
    "enhancement": "feature",
    "feature request": "feature",
    "story": "feature",
    "documentation": "docs",
    "maintenance": "chore",
    "refactoring": "chore",
    "task": "chore",
}
PRIORITY_SYNONYMS: Final[Mapping[str, int]] = {
    **{word: number for number, word in enumerate(PRIORITIES)},
    **{f"p{number}": number for number in range(len(PRIORITIES))},
    **{str(number): number for number in range(len(PRIORITIES))},
    "blocker": 0,
    "urgent": 0,
    "highest": 0,
    "major": 1,
    "normal": 2,
    "minor": 3,
    "trivial": 4,
    "lowest": 4,
}
EFFORT_SYNONYMS: Final[Mapping[str, str]] = {
    **{word: word for word in EFFORTS},
    **dict(zip(("xs", "s", "m", "l", "xl"), EFFORTS, strict=True)),
}
_GOOD_FIRST: Final = {"good first issue": "small", "good-first-issue": "small"}
# A bare "trivial" or "2" says nothing for certain; with a prefix it does.
_BARE_PRIORITIES: Final = frozenset({"p0", "p1", "p2", "p3", "p4", "critical", "urgent", "blocker"})
_PREFIXED: Final = re.compile(
    r"(?P<topic>type|kind|priority|prio|effort|size|difficulty)\s*[:/=-]+\s*(?P<word>.+)\Z"
)
_PRIORITY_LAST: Final = re.compile(r"(?P<word>\w+)[ -]prio(?:rity)?\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a list of labels says.

    Attributes:
        type: A type of work, "" where no label names one.
        priority: 0 to 4, None where no label says.
        effort: An effort level, "" where no label says.
        tags: The other labels, as spelled, in order.
    """

    type: str = ""
    priority: int | None = None
    effort: str = ""
    tags: tuple[str, ...] = ()


def read_labels(labels: Iterable[str]) -> Reading:
    """Return what *labels* say; the first word on a topic decides, later ones are tags."""
    kind, effort = "", ""
    priority: int | None = None
    tags: list[str] = []
    for label in labels:
        topic, word = _topic(" ".join(label.lower().split()))
        if topic == "type" and not kind:
            kind = TYPE_SYNONYMS[word]
        elif topic == "priority" and priority is None:
            priority = PRIORITY_SYNONYMS[word]
        elif topic == "effort" and not effort:
            effort = _GOOD_FIRST.get(word) or EFFORT_SYNONYMS[word]
        else:
            tags.append(label)
    return Reading(kind, priority, effort, tuple(tags))


def _topic(label: str) -> tuple[str, str]:
    """Return ("type", "priority" or "effort", its word); ("", "") for a tag."""
    if match := _PREFIXED.match(label):
        topic = _TOPICS[match["topic"]]
        return (topic, match["word"]) if match["word"] in _WORDS[topic] else ("", "")
    if (match := _PRIORITY_LAST.match(label)) and match["word"] in PRIORITY_SYNONYMS:
        return "priority", match["word"]
    if label in TYPE_SYNONYMS:
        return "type", label
    if label in _BARE_PRIORITIES:
        return "priority", label
    return ("effort", label) if label in _GOOD_FIRST else ("", "")


_TOPICS: Final = {
    "type": "type",
    "kind": "type",
    "priority": "priority",
    "prio": "priority",
    "effort": "effort",
    "size": "effort",
    "difficulty": "effort",
}
_WORDS: Final[Mapping[str, Mapping[str, object]]] = {
    "type": TYPE_SYNONYMS,
    "priority": PRIORITY_SYNONYMS,
    "effort": EFFORT_SYNONYMS,
}
