"""
The small parts that pages are made of: safe text, ages, words in colour, fields, commands.

Every stored text enters a page through ``line`` or ``prose``, which disarm it; markup is never
read from data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ...protocol.text import terminal_safe
from ...protocol.words import priority_word, quality_word

_STATUS_STYLES: Final = {
    "open": "green",
    "claimed": "yellow",
    "in_review": "cyan",
    "completed": "blue",
    "validated": "blue",
    "withdrawn": "bright_black",
}
_PRIORITY_STYLES: Final = {"critical": "bold red", "high": "red", "low": "dim", "backlog": "dim"}
_UNITS: Final = (("y", 365 * 86_400), ("mo", 30 * 86_400), ("d", 86_400), ("h", 3_600), ("m", 60))
_BAR: Final = 10
NOTHING: Final = "—"
GOOD: Final = "green"
BAD: Final = "red"
QUIET: Final = "bright_black"


def line(value: object, style: str = "", *, default: str = "") -> Text:
    """Return a stored value as one safe line; *default* where nothing is stored."""
    text = default if value is None or value == "" else str(value)
    return Text(terminal_safe(text, one_line=True), style=style)


def prose(text: str) -> Text:
    """Return a stored text as safe lines that wrap."""
    return Text(terminal_safe(text).expandtabs(4))


def join(parts: Iterable[Text | str], between: str = "  ") -> Text:
    """Return the parts that are not empty on one line; a plain string must be our own words."""
    return Text(between).join(Text(p) if isinstance(p, str) else p for p in parts if len(p))


def status(word: str | None, *, is_pending: bool = False) -> Text:
    """Return a status in its colour, with a star where it is not merged yet."""
    shown = line(word, _STATUS_STYLES.get(word or "", ""), default="open")
    return shown.append("*") if is_pending else shown


def priority(number: object) -> Text:
    """Return a priority's word in its colour."""
    word = priority_word(number)
    return line(word, _PRIORITY_STYLES.get(word, ""))


def span(seconds: float) -> str:
    """Return a length of time in its largest whole unit, such as "70h"; "now" below a minute."""
    for unit, size in _UNITS:
        if seconds >= size and not (unit == "d" and seconds < 3 * size):
            return f"{int(seconds // size)}{unit}"
    return "now"


def age(when: datetime | None, now: datetime) -> str:
    """Return how long ago *when* was, "" for None; a time to come reads as now."""
    return "" if when is None else span((now - when).total_seconds())


def ago(when: datetime | None, now: datetime) -> str:
    """Return *when* in a sentence: "3h ago", "just now"; "" for None."""
    text = age(when, now)
    return "just now" if text == "now" else f"{text} ago" if text else ""


def until(when: datetime, now: datetime) -> str:
    """Return a deadline in a sentence: "expires in 70h"."""
    left = (when - now).total_seconds()
    return f"expires in {span(left)}" if left >= 60 else "expires now"


def bar(score: float) -> Text:
    """Return a score from 0 to 1 as a bar, a number and its word."""
    full = round(max(0.0, min(1.0, score)) * _BAR)
    drawn = Text("█" * full, "cyan") + Text("░" * (_BAR - full), QUIET)
    return drawn.append(f" {score:.2f} ").append(quality_word(score), "dim")


def heading(text: str) -> Text:
    """Return a heading of our own words."""
    return Text(text, style="bold")


def indented(*parts: RenderableType, by: int = 2) -> Padding:
    """Return parts under each other, set in from the left."""
    return Padding(Group(*parts), (0, 0, 0, by))


def fields(pairs: Iterable[tuple[str, Any]]) -> RenderableType:
    """Return names and values under each other, aligned; pairs without a value are left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        shown = value if isinstance(value, Text) else line(value)
        if len(shown):
            # Assembled, so that the style ends with the text and not with the column.
            grid.add_row(line(name, QUIET), Text.assemble(shown))
    return indented(grid) if grid.rows else Group()


def commands(title: str, lines: Sequence[str]) -> list[RenderableType]:
    """Return commands to copy, each on a line of its own; nothing when there are none."""
    if not lines:
        return []
    shown = [Text("  ") + line(text, "cyan") for text in lines]
    return [Text(), Text(title, QUIET), *(unbroken(text) for text in shown)]


def unbroken(text: Text) -> Text:
    """Return *text* as a line that is never wrapped nor cut."""
    text.no_wrap, text.overflow = True, "ignore"
    return text


def empty(text: str, *hints: str) -> RenderableType:
    """Return a page for nothing: what is not there, and the command that changes that."""
    return Group(Text(text), *(unbroken(Text("  ") + Text(hint, "cyan")) for hint in hints))


def short(commit: str) -> str:
    """Return a commit's hash as people quote it."""
    return commit[:10]
