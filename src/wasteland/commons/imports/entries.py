"""
What an import reads out of a file: entries as they stand there, and notes about those that fail.

Nothing here knows the rules of a wanted item: see ``import_drafts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ...protocol.errors import Invalid

MAX_BYTES: Final = 32 * 2**20
MAX_ENTRIES: Final = 5000
CLOSED: Final = frozenset(
    {"closed", "done", "resolved", "completed", "validated", "withdrawn", "cancelled", "wontfix"}
)
"""Words of other trackers for what needs no work any more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One entry as the file has it, unchecked.

    Attributes:
        place: Where it is, for people: a URL, "issue 7", "line 7".
        key: What its wanted id derives from: the same for the same source, whatever its text.
        labels: Words to be read as labels; None where the file has none.
        tags: Words that are tags as they stand; None where the file has none.
        byline: Who opened it and when, "" if unknown.
    """

    place: str
    key: str
    title: str
    body: str = ""
    url: str = ""
    byline: str = ""
    project: str = ""
    type: str = ""
    priority: str = ""
    effort: str = ""
    tags: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """
    Something about one entry that its owner should know.

    Attributes:
        source: Where the entry is.
        reason: One sentence.
        field: The field that it is about; "" for the whole entry.
    """

    source: str
    reason: str
    field: str = ""


@dataclass(slots=True)
class Batch:
    """
    What a file holds.

    Attributes:
        origin: Names the place that the entries come from; the same place imports again to the
            same branch.
        skipped: Entries that could not be read.
        notes: What was read, but not whole.
    """

    origin: str
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def note(place: str, error: Invalid) -> Note:
    """Return what *error* says about the entry at *place*."""
    return Note(place, error.message, str(error.facts.get("field", "")))


def text_of(data: bytes) -> str:
    """
    Return *data* as text without a byte order mark.

    Raises:
        Invalid: Empty, no UTF-8, or longer than MAX_BYTES.
    """
    if len(data) > MAX_BYTES:
        raise Invalid(
            f"The file has {len(data) / 2**20:.0f} MiB or more; an import takes "
            f"{MAX_BYTES // 2**20} MiB at most.",
            hint="split it; importing twice adds nothing twice",
            field="file",
            limit=MAX_BYTES,
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The file is no UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}.",
            hint="save it as UTF-8, or export it again",
            field="file",
        ) from error
    if "\0" in text:
        raise Invalid("The file is no text: it holds NUL bytes.", field="file")
    if not text.strip():
        raise Invalid("The file is empty.", field="file", hint="wl import --help")
    return text


def check_count(count: int) -> None:
    """
    Return if one import can take *count* entries.

    Raises:
        Invalid: It cannot.
    """
    if count > MAX_ENTRIES:
        raise Invalid(
            f"The file has more than {MAX_ENTRIES} entries, which is what one import takes.",
            hint="split it; importing twice adds nothing twice",
            field="file",
            limit=MAX_ENTRIES,
        )
