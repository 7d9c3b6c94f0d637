"""Pages of the board: lists of items, search hits, what concerns you."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons.search import Hit
from ...commons.sheets import BoardRow, Mine
from ...hosts.base import PullRequest
from ...protocol.records import WantedItem
from . import parts
from .listing import Column, Listing

_COLUMNS: Final = (
    Column("ID"),
    Column("TITLE", flexible=True),
    Column("PROJECT", rank=6),
    Column("TYPE", rank=4),
    Column("PRI", rank=2),
    Column("STATUS", rank=1),
    Column("EFFORT", rank=7),
    Column("POSTED BY", rank=5),
    Column("AGE", rank=3),
)
_TITLE: Final = 40
_DESCRIPTION: Final = Column("DESCRIPTION", flexible=True)


def browse(rows: Sequence[BoardRow], now: datetime, *, long: bool = False) -> RenderableType:
    """
    Return the board.

    Args:
        rows: In the board's order.
        now: What ages are counted to.
        long: Show the descriptions' first lines too.
    """
    if not rows:
        return parts.empty(
            "No items here.", 'wl post --title "…"', "wl browse --status all", "wl browse --help"
        )
    columns = (*_COLUMNS, _DESCRIPTION) if long else _COLUMNS
    cells = [_cells(row, now, long=long) for row in rows]
    return Group(Listing(columns, cells), *_footnotes(rows))


def search(hits: Sequence[Hit], now: datetime) -> RenderableType:
    """Return search hits, each with the passage that fits."""
    if not hits:
        return parts.empty("No item holds these words.", "wl browse --status all")
    lines: list[RenderableType] = []
    for hit in hits:
        lines.append(_headline(hit.item, now))
        if hit.excerpt.strip():
            lines.append(parts.indented(parts.line(" ".join(hit.excerpt.split()), parts.QUIET)))
    return Group(*lines)


def me(mine: Mine, now: datetime) -> RenderableType:
    """Return what concerns you, in the order in which it is urgent."""
    groups: Sequence[tuple[str, Sequence[WantedItem]]] = (
        ("You work on", mine.claimed),
        ("You may review", mine.to_review),
        ("Your work in review", mine.in_review),
        ("Completed lately", mine.completed),
    )
    page: list[RenderableType] = []
    for title, items in groups:
        if items:
            page += [parts.heading(title), *(_set_in(_headline(i, now)) for i in items), Text()]
    if mine.pending:
        waiting = [_set_in(_pull(pull, now)) for pull in mine.pending]
        page += [parts.heading("Waiting for a reviewer"), *waiting, Text()]
    if not page:
        return parts.empty("Nothing waits for you.", "wl browse", "wl inbox")
    return Group(*page[:-1])


def _cells(row: BoardRow, now: datetime, *, long: bool) -> list[Text]:
    item = row.item
    marked = parts.status(item.status, is_pending=row.is_pending)
    others = row.pending - row.is_pending
    cells = [
        parts.line(item.id),
        parts.line(item.title),
        parts.line(item.project),
        parts.line(item.type),
        parts.priority(item.priority),
        marked.append(f" +{others}") if others else marked,
        parts.line(item.effort_level),
        parts.line(item.posted_by),
        parts.line(parts.age(item.created_at, now), parts.QUIET),
    ]
    return [*cells, parts.line(" ".join((item.description or "").split()))] if long else cells


def _footnotes(rows: Sequence[BoardRow]) -> list[RenderableType]:
    notes: list[RenderableType] = []
    if any(row.is_pending for row in rows):
        notes.append(Text("* pending on your branch, not merged yet", parts.QUIET))
    if any(row.pending > row.is_pending for row in rows):
        notes.append(Text("+N more pull requests wait: wl show ID", parts.QUIET))
    return [Text(), *notes] if notes else []


def _headline(item: WantedItem, now: datetime) -> Text:
    title = parts.line(item.title, "bold")
    title.truncate(_TITLE, overflow="ellipsis")
    return parts.join(
        [
            parts.line(item.id),
            title,
            parts.status(item.status),
            parts.priority(item.priority),
            parts.line(item.type, parts.QUIET),
            Text(parts.age(item.updated_at or item.created_at, now), parts.QUIET),
        ]
    )


def _pull(pull: PullRequest, now: datetime) -> Text:
    return parts.join(
        [
            parts.line(f"#{pull.id}"),
            parts.line(pull.title),
            Text(parts.age(pull.updated_at, now), parts.QUIET),
        ]
    )


def _set_in(text: Text) -> RenderableType:
    return parts.indented(text)
