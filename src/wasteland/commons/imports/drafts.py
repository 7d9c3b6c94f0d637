"""
Turning an entry of an import into what a wanted item may hold.

Texts that are too long are cut and end with a link to their source; a word that breaks a rule is
left out; both are noted. Only a title that cannot be one makes an entry useless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...protocol import fields, ids, words
from ...protocol.errors import Invalid
from ...protocol.text import CONTROL, evidence_url, terminal_safe
from .entries import Entry, Note, note
from .labels import (
    EFFORT_SYNONYMS,
    PRIORITY_SYNONYMS,
    TYPE_SYNONYMS,
    Reading,
    read_labels,
)

_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A wanted item to be.

    Attributes:
        id: The same whenever this entry is imported.
        place: Where it comes from, for people.
        texts: Column -> value, for those columns that the source states.
    """

    id: str
    place: str
    texts: Mapping[str, Any]


def draft(entry: Entry, *, project: str = "") -> tuple[Draft, list[Note]]:
    """
    Return what *entry* becomes, and what had to be changed for it.

    Args:
        entry: As read.
        project: Of all entries; "" keeps what the file says.
    Raises:
        Invalid: The title is missing or no line of text, or a word is none of ours.
    """
    notes: list[Note] = []
    reading = read_labels(entry.labels or ())
    texts: dict[str, Any] = {
        "title": fields.title(_short_title(entry, notes)),
        "description": fields.description(_description(entry, notes)) or None,
        "project": fields.project(project or entry.project) or None,
        "type": _word(entry.type, TYPE_SYNONYMS, words.parse_type) or reading.type or None,
        "priority": _priority(entry, reading),
        "effort_level": _word(entry.effort, EFFORT_SYNONYMS, words.parse_effort)
        or reading.effort
        or None,
    }
    stated = {name: value for name, value in texts.items() if value is not None}
    if entry.tags is not None or entry.labels is not None:
        stated["tags"] = _tags([*(entry.tags or ()), *reading.tags], entry, notes) or None
    return Draft(ids.wanted_id("import", entry.key), entry.place, stated), notes


def _short_title(entry: Entry, notes: list[Note]) -> str:
    title = entry.title.strip()
    if len(title) <= fields.TITLE_LIMIT:
        return title
    reason = f"The title has {len(title)} characters; it is cut to {fields.TITLE_LIMIT}."
    notes.append(Note(entry.place, reason, "title"))
    return title[: fields.TITLE_LIMIT - len(_CUT)].rstrip() + _CUT


def _description(entry: Entry, notes: list[Note]) -> str:
    body = entry.body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if CONTROL.search(body):
        body = terminal_safe(body)
        reason = "Control characters in the description are replaced by signs."
        notes.append(Note(entry.place, reason, "description"))
    source = _source_line(entry)
    room = fields.TEXT_LIMIT - len(source) - len(f"{_CUT}\n\n")
    if len(body) > room:
        reason = f"The description has {len(body)} characters; it is cut to {room}."
        notes.append(Note(entry.place, reason, "description"))
        body = _cut_at_word(body, room) + _CUT
    return "\n\n".join(filter(None, (body, source)))


def _source_line(entry: Entry) -> str:
    url = evidence_url(entry.url)
    return f"Source: {url} {entry.byline}".rstrip() if url == entry.url and url else ""


def _cut_at_word(text: str, limit: int) -> str:
    head = text[:limit]
    end = max(head.rfind(" "), head.rfind("\n"))
    return (head[:end] if end > limit // 2 else head).rstrip()


def _priority(entry: Entry, reading: Reading) -> int | None:
    text = entry.priority.strip().lower()
    if not text:
        return reading.priority
    return PRIORITY_SYNONYMS[text] if text in PRIORITY_SYNONYMS else words.parse_priority(text)


def _word(text: str, synonyms: Mapping[str, str], parse: Callable[[str], str]) -> str:
    """
    Return our word for the text of a column, "" for an empty one.

    Raises:
        Invalid: It is no word of ours.
    """
    word = text.strip().lower()
    return synonyms.get(word) or parse(text) if word else ""


def _tags(found: Sequence[str], entry: Entry, notes: list[Note]) -> tuple[str, ...]:
    """Return those words that may be tags; the others are noted."""
    kept: list[str] = []
    for word in found:
        try:
            kept = list(fields.tags([*kept, word]))
        except Invalid as error:
            notes.append(note(entry.place, error))
    return tuple(kept)
