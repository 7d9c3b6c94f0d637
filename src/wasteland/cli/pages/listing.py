"""A list in columns: where room is short the least telling ones go first; ids are never cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions
from rich.text import Text

_GAP: Final = 2
_LEAST_FLEXIBLE: Final = 24


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column.

    Attributes:
        title: In capitals.
        rank: 0 for a column that always stays; of the others the highest goes first.
        flexible: Whether its cells may be cut with "…" to fit.
    """

    title: str
    rank: int = 0
    flexible: bool = False


class Listing:
    """
    Rows under column titles.

    Attributes:
        columns: Left to right.
        rows: One cell of safe text for each column.
    """

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> None:
        used = [at for at in range(len(columns)) if any(len(row[at]) for row in rows)]
        self.columns = [columns[at] for at in used]
        self.rows = [[row[at] for at in used] for row in rows]

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[Text]:
        widths = self._widths(options.max_width)
        shown = [at for at, width in enumerate(widths) if width]
        titles = [Text(self.columns[at].title, "bold") for at in shown]
        yield _laid_out(titles, [widths[at] for at in shown])
        for row in self.rows:
            yield _laid_out([row[at] for at in shown], [widths[at] for at in shown])

    def _widths(self, room: int) -> list[int]:
        """Return the width of each column, 0 for one that is left out."""
        widths = [
            max([len(column.title), *(row[at].cell_len for row in self.rows)])
            for at, column in enumerate(self.columns)
        ]
        least = [
            min(width, _LEAST_FLEXIBLE) if column.flexible else width
            for column, width in zip(self.columns, widths, strict=True)
        ]
        kept = self._kept(least, room)
        spare = room - _total([least[at] for at in kept])
        for at in kept:
            if self.columns[at].flexible:
                taken = max(0, min(spare, widths[at] - least[at]))
                least[at] += taken
                spare -= taken
        return [least[at] if at in kept else 0 for at in range(len(least))]

    def _kept(self, least: Sequence[int], room: int) -> list[int]:
        kept = list(range(len(least)))
        while _total([least[at] for at in kept]) > room:
            worst = max(kept, key=lambda at: self.columns[at].rank, default=-1)
            if worst < 0 or self.columns[worst].rank == 0:
                break
            kept.remove(worst)
        return kept


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _laid_out(cells: Sequence[Text], widths: Sequence[int]) -> Text:
    row = Text(no_wrap=True, overflow="ignore")
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        is_last = number == len(cells) - 1
        fitted = cell.copy()
        fitted.truncate(width, overflow="ellipsis", pad=not is_last)
        row.append_text(fitted).append("" if is_last else " " * _GAP)
    row.rstrip()
    return row
