"""A table of wanted items: CSV with a header, whatever signs part its cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...protocol import fields
from ...protocol.errors import Invalid
from ...protocol.names import visible
from .entries import CLOSED, Batch, Entry, Note, check_count, text_of

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "summary", "subject", "name"),
    "body": ("description", "body", "details", "text"),
    "project": ("project", "repository", "repo", "component"),
    "type": ("type", "kind", "issue type", "category"),
    "priority": ("priority", "prio"),
    "effort": ("effort level", "effort", "size"),
    "tags": ("tags", "keywords"),
    "labels": ("labels", "label"),
    "key": ("id", "key", "issue key", "number"),
    "url": ("url", "link"),
    "state": ("status", "state"),
}
_KNOWN: Final = frozenset(name for names in _COLUMNS.values() for name in names)
_DELIMITERS: Final = ",;\t|"


def read_csv(data: bytes, *, source: str = "") -> Batch:
    """
    Return the rows of a CSV file with a header.

    Args:
        data: The file as it is, UTF-8, with or without a byte order mark.
        source: Names the tracker, so that row 1 of one and row 1 of another are two items.
    Raises:
        Invalid: Not text, no column for the title, a broken quotation, too many rows.
    """
    tracker = fields.project(source)
    text = text_of(data)
    rows = _rows(text, _delimiter(text.lstrip().splitlines()[0]))
    top, header = next(((line, cells) for line, cells in rows if any(cells)), (1, []))
    columns = _columns(header)
    batch = Batch(origin=f"csv {tracker}".strip())
    unread = [name for name, column in zip(header, columns, strict=True) if name and not column]
    if unread:
        batch.notes.append(Note(f"line {top}", f"Columns not read: {', '.join(unread)}."))
    for line, cells in rows:
        place = f"line {line}"
        if len(cells) > len(header):
            reason = f"It has {len(cells)} cells under {len(header)} column names."
            batch.skipped.append(Note(place, reason))
        elif any(cell.strip() for cell in cells):
            batch.entries.append(_record(dict(zip(columns, cells, strict=False)), place, tracker))
        check_count(len(batch.entries))
    return batch


def _delimiter(first_line: str) -> str:
    """Return the sign that splits the header into the most columns that we know."""

    def known(sign: str) -> int:
        cells = next(csv.reader([first_line], delimiter=sign), [])
        return sum(_plain(cell) in _KNOWN for cell in cells)

    return max(_DELIMITERS, key=known)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(
                f"The CSV is broken in the row that begins at line {line}: {error}.",
                hint="look for a quotation mark that is not closed",
                field="file",
                line=line,
            ) from error
        yield line, cells
        line = reader.line_num + 1


def _columns(header: Sequence[str]) -> list[str]:
    """Return what we call each column; "" for one that is not read, or says the same again."""
    plain = [_plain(name) for name in header]
    columns = [""] * len(header)
    for column, names in _COLUMNS.items():
        if found := next((name for name in names if name in plain), None):
            columns[plain.index(found)] = column
    if "title" not in columns:
        raise Invalid(
            f"No column is the title; there are: {visible(', '.join(header), 200)}."
            if header
            else "No column is the title; the file has cells, and all are empty.",
            hint="name one of them title",
            field="title",
        )
    return columns


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.strip().lower())


def _record(cells: Mapping[str, str], place: str, source: str) -> Entry:
    key, title = cells.get("key", "").strip(), cells.get("title", "")
    return Entry(
        place=place,
        key="\0".join(("csv", source, "id", key) if key else ("csv", source, title.strip())),
        title=title,
        body=cells.get("body", ""),
        url=cells.get("url", "").strip(),
        project=cells.get("project", ""),
        type=cells.get("type", ""),
        priority=cells.get("priority", ""),
        effort=cells.get("effort", ""),
        tags=_split(cells.get("tags")),
        labels=_split(cells.get("labels")),
        is_closed=cells.get("state", "").strip().lower() in CLOSED,
    )


def _split(cell: str | None) -> list[str] | None:
    if cell is None:
        return None
    return [word.strip() for word in re.split(r"[,;|]", cell) if word.strip()]
