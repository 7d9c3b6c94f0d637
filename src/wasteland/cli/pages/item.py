"""Pages of one item: its sheet, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons.sheets import Event, ItemSheet, Offered
from ...protocol import stamps
from ...protocol.records import Completion, Stamp, WantedItem
from . import parts

# Columns that a history need not repeat: the event itself says when and whose.
_UNTOLD: Final = frozenset(
    {"id", "created_at", "updated_at", "sandbox_required", "description", "posted_by"}
)


def show(sheet: ItemSheet, now: datetime) -> RenderableType:
    """Return an item's sheet."""
    item = sheet.item
    page: list[RenderableType] = [
        parts.join([parts.line(item.id), parts.line(item.title, "bold")]),
        _state(sheet, now),
        parts.fields(_facts(sheet, now)),
    ]
    if item.description:
        page += [Text(), parts.indented(parts.prose(item.description.rstrip()))]
    page += section("Completions", [_completion(c, now) for c in sheet.completions])
    page += section("Stamps", [stamp(s, now) for s in sheet.stamps])
    page += section("Pending, not merged yet", [_offered(o) for o in sheet.pending])
    page += section("Findings", [parts.line(f) for f in sheet.findings])
    return Group(*page, *parts.commands("You may:", _steps(sheet)))


def why(events: Sequence[Event], now: datetime) -> RenderableType:
    """Return an item's history as a timeline, oldest first."""
    page: list[RenderableType] = []
    for event in events:
        page.append(_event(event, now))
        changes = _changes(event)
        if len(changes):
            page.append(parts.indented(changes, by=3))
    return Group(*page)


def stamp(found: Stamp, now: datetime) -> RenderableType:
    """Return a stamp: who about whom, a bar for each dimension, skills and words."""
    head = parts.join(
        [
            parts.line(found.id),
            parts.line(f"{found.author} → {found.subject}"),
            parts.line(found.severity),
            _confidence(found),
            Text(parts.ago(found.created_at, now), parts.QUIET),
        ]
    )
    read = stamps.read(found.valence, None)
    scores = [(name, parts.bar(score)) for name, score in read.scores.items()]
    # A valence that is no object is here as a whole, without a name.
    unread = [(name or "valence", parts.line(value)) for name, value in read.unread.items()]
    skills = ", ".join(found.skill_tags or ())
    said = [("message", found.message), ("skills", skills)]
    return Group(head, parts.fields([*scores, *unread, *said]))


def section(title: str, entries: Sequence[RenderableType]) -> list[RenderableType]:
    """Return entries under a heading; nothing where there are none."""
    return [Text(), parts.heading(title), parts.indented(*entries)] if entries else []


def _state(sheet: ItemSheet, now: datetime) -> Text:
    item = sheet.item
    differs = sheet.main_status != item.status
    on_main = parts.join(["main:", parts.status(sheet.main_status)], " ")
    return parts.join(
        [
            parts.status(item.status, is_pending=differs),
            on_main if differs and sheet.main_status else "",
            parts.line(item.type),
            parts.priority(item.priority),
            parts.line(f"{item.effort_level} effort" if item.effort_level else ""),
            parts.line(f"posted by {item.posted_by}" if item.posted_by else ""),
            Text(parts.ago(item.created_at, now), parts.QUIET),
        ],
        " · ",
    )


def _facts(sheet: ItemSheet, now: datetime) -> list[tuple[str, Any]]:
    item = sheet.item
    held = parts.until(sheet.expires_at, now) if sheet.expires_at else ""
    return [
        ("project", item.project),
        ("tags", ", ".join(str(tag) for tag in item.tags or ())),
        ("claimed by", parts.join([parts.line(item.claimed_by), parts.line(held, "yellow")])),
        ("evidence", item.evidence_url),
        ("sandbox", _sandbox(item)),
    ]


def _steps(sheet: ItemSheet) -> list[str]:
    looks = [f"wl review {offered.pull}" for offered in sheet.pending]
    steps = [command for command in sheet.next if command != f"wl show {sheet.item.id}"]
    return [*steps, *looks]


def _sandbox(item: WantedItem) -> str:
    return f"required, {item.sandbox_min_tier or 'any tier'}" if item.sandbox_required else ""


def _completion(found: Completion, now: datetime) -> RenderableType:
    verdict = Text(f"✓ {'stamped' if found.stamp_id else 'accepted'} by ", parts.GOOD)
    head = parts.join(
        [
            parts.line(found.id),
            parts.line(found.completed_by),
            Text(parts.ago(found.completed_at, now), parts.QUIET),
            verdict + parts.line(found.validated_by) if found.validated_by else "",
        ]
    )
    return Group(head, parts.indented(parts.prose(found.evidence or "")))


def _offered(work: Offered) -> RenderableType:
    head = parts.join(
        [
            parts.line(f"#{work.pull}" if work.pull.isdigit() else ""),
            parts.line(work.rig),
            parts.status(work.status),
            parts.line(work.branch, parts.QUIET),
        ]
    )
    evidence = [parts.indented(parts.prose(work.evidence))] if work.evidence else []
    return Group(head, *evidence)


def _confidence(found: Stamp) -> str:
    sure = 1.0 if found.confidence is None else found.confidence
    return "" if sure == 1 else f"confidence {sure:.2f}"


def _event(event: Event, now: datetime) -> Text:
    return parts.join(
        [
            Text("●", "cyan"),
            Text(f"{event.at:%Y-%m-%d %H:%M}"),
            parts.line(event.author, "bold"),
            parts.line(event.message),
            parts.line(parts.short(event.commit), "yellow"),
            Text(parts.ago(event.at, now), parts.QUIET),
        ]
    )


def _changes(event: Event) -> Text:
    told = [
        parts.join([parts.line(name, parts.QUIET), change(name, before, after)], " ")
        for name, (before, after) in event.cells.items()
        if name not in _UNTOLD
    ]
    return parts.join(told, " · ")


def change(name: str, before: Any, after: Any) -> Text:
    """Return what became of a cell: "open → claimed", or its value where it is new."""
    was, now = word(name, before), word(name, after)
    return parts.join([was, "→", now], " ") if before is not None else now


def word(name: str, value: Any) -> Text:
    """Return a cell's value in the words of the field."""
    if value is None or value == "":
        return Text(parts.NOTHING, parts.QUIET)
    if name == "status":
        return parts.status(str(value))
    if name == "priority":
        return parts.priority(value)
    if isinstance(value, list | tuple):
        return parts.line(", ".join(str(part) for part in value))
    shown = parts.line(value)
    shown.truncate(_LONGEST, overflow="ellipsis")
    return shown


_LONGEST: Final = 200
