"""The page of a rule that was tried on the past."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons.trials import PastChange, PolicyTrial
from . import parts
from .listing import Column, Listing

_COLUMNS: Final = (
    Column("COMMIT", rank=3),
    Column("RIG"),
    Column("CHANGE", flexible=True),
    Column("WOULD"),
    Column("AGE", rank=1),
)
_WOULD: Final = {"lands": "land at once", "waits": "wait for review", "refused": "be refused"}
_STYLES: Final = {"lands": parts.GOOD, "waits": "yellow", "refused": parts.BAD}
_SHOWN: Final = 30


def trial(found: PolicyTrial, now: datetime) -> RenderableType:
    """Return what changed rules would have made of past changes."""
    head = parts.line(_told(found), "bold")
    unseen = [parts.line(f"No past change shows what {', '.join(found.unseen)} does.")]
    if not found.changes:
        nothing = Text("They would have made no difference to any of them.")
        return Group(head, *(unseen if found.unseen else [nothing]))
    rows = [_cells(one, now) for one in found.changes[:_SHOWN]]
    more = len(found.changes) - len(rows)
    rest = [parts.line(f"and {more} more; --json lists all", parts.QUIET)] if more else []
    why = [parts.line(text, parts.QUIET) for text in _reasons(found)]
    return Group(head, Text(), Listing(_COLUMNS, rows), *rest, *why, *(unseen * bool(found.unseen)))


def _told(found: PolicyTrial) -> str:
    bound = "all there is" if found.is_whole else "the last ones"
    return (
        f"{found.tried} past changes ({bound}): {len(found.changes)} would be otherwise, "
        f"{found.left_out} tell nothing."
    )


def _reasons(found: PolicyTrial) -> list[str]:
    reasons = dict.fromkeys(one.reason for one in found.changes[:_SHOWN] if one.reason)
    return list(reasons)[:5]


def _cells(one: PastChange, now: datetime) -> list[Text]:
    return [
        parts.line(parts.short(one.commit)),
        parts.line(one.rig),
        parts.line(one.title),
        Text(_WOULD[one.after], _STYLES[one.after]),
        Text(parts.age(one.at, now), parts.QUIET),
    ]
