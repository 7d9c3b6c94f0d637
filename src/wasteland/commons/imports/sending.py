"""Importing at a commons of a hub: entries go there in parts, and the hub decides about each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from ..data import to_data
from ..distant import DistantCommons
from .entries import Batch, Entry
from .importer import ImportReport

_PART_BYTES: Final = 48_000
_PART_ENTRIES: Final = 500
_LONGEST: Final = 8_192
"""Of one text; an item holds less, and what is cut is noted there."""


def import_there(distant: DistantCommons, batch: Batch, **choices: Any) -> ImportReport:
    """
    Put the entries of *batch* on the hub's board, one commit a part.

    Args:
        choices: project, closed, update and dry_run, as ``Imports.import_entries`` takes them.
    Raises:
        WastelandError: As the hub refuses a part; those before it stay, and importing again adds
            nothing twice.
    """
    reports = [
        distant.send(
            ImportReport, ("imports",), {"origin": batch.origin, "entries": part, **choices}
        )
        for part in _parts(batch.entries)
    ]
    return ImportReport(
        added=_joined(reports, "added"),
        updated=_joined(reports, "updated"),
        unchanged=_joined(reports, "unchanged"),
        outdated=_joined(reports, "outdated"),
        skipped=[*batch.skipped, *_joined(reports, "skipped")],
        notes=[*batch.notes, *_joined(reports, "notes")],
        receipt=next((r.receipt for r in reversed(reports) if r.receipt), None),
    )


def _joined(reports: Iterable[ImportReport], name: str) -> list[Any]:
    return [one for report in reports for one in getattr(report, name)]


def _parts(entries: Iterable[Entry]) -> Iterator[Sequence[Any]]:
    """Yield the entries as JSON data, as many at once as one request may hold."""
    part: list[Any] = []
    size = 0
    for entry in entries:
        data = to_data(replace(entry, title=entry.title[:_LONGEST], body=entry.body[:_LONGEST]))
        length = len(json.dumps(data))
        if part and (size + length > _PART_BYTES or len(part) >= _PART_ENTRIES):
            yield part
            part, size = [], 0
        part.append(data)
        size += length
    if part:
        yield part
