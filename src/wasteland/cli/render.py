"""Results as pages for a terminal: which page an operation or a local command has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Group, RenderableType

from ..commons.data import to_data
from ..commons.joining import Joined
from ..commons.receipts import Receipt
from .pages import board, item, moderation, parts, plain, review, rigs, syncing, trials
from .pages.receipt import receipt


def page(
    name: str, result: Any, *, long: bool = False, now: datetime | None = None
) -> RenderableType:
    """
    Return the page of a result.

    Args:
        name: The operation's name, or a local command's.
        result: As the operation returned it.
        long: Show more columns, where there are more.
        now: What ages are counted to, UTC.
    """
    if isinstance(result, Receipt):
        return receipt(result)
    when = now or datetime.now(UTC)
    if name == "browse":
        return board.browse(result, when, long=long)
    if name in _AGING:
        return _AGING[name](result, when)
    return _PAGES[name](result) if name in _PAGES else plain.data(to_data(result))


def _joined(found: Joined) -> RenderableType:
    done = "A dry run would join" if found.dry_run else "✓ Joined"
    head = parts.join([done, str(found.commons), "as", parts.line(found.handle, "bold")], " ")
    note = [parts.indented(parts.line(found.note))] if found.note else []
    shown = [receipt(found.registration)] if found.registration else []
    steps = [] if found.dry_run else parts.commands("Next:", ["wl browse", "wl whoami"])
    return Group(head, *note, *shown, *steps)


_AGING: Final[Mapping[str, Callable[[Any, datetime], RenderableType]]] = {
    "search": board.search,
    "me": board.me,
    "show": item.show,
    "why": item.why,
    "inbox": review.inbox,
    "review": review.review,
    "comment": review.comment,
    "rig list": rigs.rigs,
    "rig show": rigs.rig,
    "reports": moderation.queue,
    "audit": moderation.log,
    "peer list": moderation.blocks,
    "policy try": trials.trial,
}
_PAGES: Final[Mapping[str, Callable[[Any], RenderableType]]] = {
    "policy show": rigs.rules,
    "whoami": rigs.whoami,
    "sync": syncing.sync,
    "list": plain.memberships,
    "join": _joined,
}
