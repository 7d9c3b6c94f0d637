"""The page of a receipt: what was done, what changed, where it is, what may come next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons import receipts
from ...commons.receipts import Receipt
from . import parts
from .item import change, word

# Operation -> (what it did, what it would do).
_VERBS: Final = {
    "post": ("Posted", "post"),
    "update": ("Updated", "update"),
    "claim": ("Claimed", "claim"),
    "extend": ("Extended", "extend"),
    "handover": ("Handed over", "hand over"),
    "unclaim": ("Gave back", "give back"),
    "done": ("Submitted", "submit"),
    "accept": ("Accepted", "accept"),
    "reject": ("Rejected", "reject"),
    "close": ("Closed", "close"),
    "withdraw": ("Withdrew", "withdraw"),
    "merge": ("Merged", "merge"),
    "decline": ("Declined", "decline"),
    "undo": ("Took back", "take back"),
    "register": ("Registered", "register"),
    "trust": ("Set the trust of", "set the trust of"),
    "link": ("Linked", "link"),
    "policy": ("Set", "set"),
    "report": ("Reported", "report"),
    "suspend": ("Suspended", "suspend"),
    "restore": ("Restored", "restore"),
    "appeal": ("Appealed", "appeal"),
    "answer": ("Answered", "answer"),
    "block": ("Blocked", "block"),
    "unblock": ("Let in again", "let in again"),
}
_UNTOLD: Final = frozenset(
    {
        "id",
        "title",
        "description",
        "sandbox_required",
        "created_at",
        "updated_at",
        "last_seen",
        "registered_at",
        "hop_uri",
        "gt_version",
    }
)


def receipt(found: Receipt) -> RenderableType:
    """Return the page of *found*; of a dry run its statements and row changes too."""
    page: list[RenderableType] = [_headline(found), parts.fields(_facts(found))]
    if found.note:
        page.append(parts.indented(parts.line(found.note)))
    if found.replayed:
        page.append(parts.indented(Text("This was done before; nothing was repeated.")))
    if found.state == receipts.DRY_RUN:
        return Group(*page, *_rehearsal(found))
    return Group(*page, *parts.commands("Next:", found.next))


def diff(row: Mapping[str, Any]) -> list[Text]:
    """Return a row change as lines with + and -, from its JSON data."""
    kind = str(row["kind"])
    sign, style = {"added": ("+", parts.GOOD), "removed": ("-", parts.BAD)}.get(
        kind, ("~", "yellow")
    )
    lines = [Text(f"{sign} ", style) + parts.line(f"{row['table']} {row['key']}", "bold")]
    for name, (before, after) in row["cells"].items():
        if before is not None:
            lines.append(_cell("-", name, before, parts.BAD))
        if after is not None:
            lines.append(_cell("+", name, after, parts.GOOD))
    return lines


def _headline(found: Receipt) -> Text:
    did, do = _VERBS.get(found.operation, (found.operation, found.operation))
    record = found.after or found.before or {}
    name = record.get("title") or record.get("display_name")
    if found.state == receipts.DRY_RUN:
        begins = parts.line(f"○ Would {do}", "yellow")
    elif found.state == receipts.UNCHANGED:
        begins = parts.line(f"= Nothing to {do}:", parts.QUIET)
    else:
        begins = Text("✓ ", parts.GOOD) + parts.line(did)
    what = parts.join([begins, parts.line(found.id)], " ")
    is_pending = found.state == receipts.PENDING
    return parts.join(
        [what, parts.line(name, "bold"), Text("pending review", "cyan") if is_pending else ""]
    )


def _facts(found: Receipt) -> list[tuple[str, Any]]:
    rows = ", ".join(f"{table} {count}" for table, count in found.rows.items())
    pull = parts.line(f"#{found.pull}" if found.pull.isdigit() else "")
    return [
        *_changes(found),
        ("rows", rows),
        ("commit", parts.line(parts.short(found.commit), "yellow")),
        ("pull", pull),
        ("branch", found.branch),
    ]


def _changes(found: Receipt) -> list[tuple[str, Text]]:
    before, after = found.before or {}, found.after or {}
    if not found.after:
        return []
    return [
        (name, change(name, before.get(name), value))
        for name, value in after.items()
        if name not in _UNTOLD and before.get(name) != value
    ]


def _rehearsal(found: Receipt) -> list[RenderableType]:
    page: list[RenderableType] = [Text(), parts.heading("SQL")]
    page += [parts.indented(parts.prose(statement)) for statement in found.sql]
    page += [Text(), parts.heading("Rows")]
    page += [parts.indented(*diff(row)) for row in found.diff]
    return [*page, Text(), Text("Dry run: nothing was written.", "yellow")]


def _cell(sign: str, name: str, value: Any, style: str) -> Text:
    shown = Text(f"    {sign} ", style) + parts.line(name, parts.QUIET)
    return shown.append("  ").append_text(_styled(word(name, value), style))


def _styled(text: Text, style: str) -> Text:
    return Text(text.plain, style)
