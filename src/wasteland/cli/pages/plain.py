"""Pages for what has no page of its own: any data, as fields or as a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from . import parts
from .listing import Column, Listing


def data(value: Any) -> RenderableType:
    """Return JSON data as a page: a record as fields, records as a list, the rest as a line."""
    if isinstance(value, Mapping):
        return _record(value)
    if _is_table(value):
        return _table(value)
    if isinstance(value, list):
        return Group(*(_text(part) for part in value)) if value else Text("Nothing here.")
    return _text(value)


def memberships(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return the joined commons, the default one marked."""
    if not rows:
        return parts.empty("You have not joined a commons.", "wl demo", "wl join ORG/DB")
    columns = [Column("COMMONS"), Column("RIG", 1), Column("ENGINE", 3), Column("WHERE", 2)]
    cells = [
        [
            parts.line(row["commons"]).append(" (default)" if row.get("is_default") else ""),
            parts.line(row["handle"]),
            parts.line(row["engine"]),
            parts.line(row["where"], parts.QUIET),
        ]
        for row in rows
    ]
    return Listing(columns, cells)


def _record(record: Mapping[str, Any]) -> RenderableType:
    shown = [(name, value) for name, value in record.items() if name not in {"next", "note"}]
    page: list[RenderableType] = [
        parts.fields((name, _text(value)) for name, value in shown if not _is_table(value))
    ]
    for name, value in shown:
        if _is_table(value):
            page += [Text(), parts.line(name, "bold"), parts.indented(_table(value))]
    if record.get("note"):
        page.append(parts.indented(_text(record["note"])))
    return Group(*page, *parts.commands("Next:", record.get("next") or ()))


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _table(rows: Sequence[Mapping[str, Any]]) -> Listing:
    columns = [
        Column(parts.line(name).plain.upper().replace("_", " "), rank=place)
        for place, name in enumerate(rows[0])
    ]
    return Listing(columns, [[_text(row.get(name)) for name in rows[0]] for row in rows])


def _text(value: Any) -> Text:
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, Mapping):
        return parts.line(", ".join(f"{name} {part}" for name, part in value.items()))
    if isinstance(value, list | tuple):
        return parts.line(", ".join(str(part) for part in value))
    return parts.line(value)
