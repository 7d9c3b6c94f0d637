"""
The hash chain of moderation records: each carries its number, the hash of the one before, its own.

A hash is taken of what a row means (see ``digests``), so that it stays when rows move to another
engine. Records of earlier versions bear no number; the chain begins with a digest of them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .digests import row_digest, table_digest
from .lean import dataclass
from .schema import MODERATION, Row, Value

_OWN: Final = "block_hash"


@dataclass(frozen=True, slots=True)
class Tip:
    """
    The newest link of a chain.

    Attributes:
        number: Its place, from 1; 0 for what the chain begins with.
        hash: SHA-256, hex.
    """

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """
    How far a chain holds.

    Attributes:
        count: Links that follow from one another, from the first.
        total: Links that there are.
        broken_at: The id of the first row that does not fit; "" where all do.
        why: What is wrong with it, in a sentence; "" where nothing is.
        head: The hash of the last link that holds.
    """

    count: int
    total: int
    broken_at: str
    why: str
    head: str

    @property
    def holds(self) -> bool:
        """Whether every link follows from the one before."""
        return not self.why


def beginning(earlier: Iterable[Row] = ()) -> Tip:
    """Return what the first link follows from: the rows of *earlier* versions, none by default."""
    return Tip(0, table_digest(MODERATION.name, map(_known, earlier)))


def link(row: Row, tip: Tip) -> dict[str, Value]:
    """Return the cells that make *row* the link after *tip*."""
    cells: dict[str, Value] = {"seq": tip.number + 1, "prev_hash": tip.hash}
    return {**cells, _OWN: hash_of({**row, **cells})}


def hash_of(row: Row) -> str:
    """Return the hash of a link, over all its cells but that which holds it."""
    cells = {name: value for name, value in _known(row).items() if name != _OWN}
    return row_digest(MODERATION.name, cells).hex()


def tip_of(row: Row) -> Tip:
    """Return *row*, which is a link, as the newest one."""
    return Tip(int(row["seq"] or 0), str(row[_OWN]))


def verify(rows: Iterable[Row]) -> Verified:
    """Return how far the chain of all *rows* of the table holds, whatever their order."""
    everything = list(rows)
    links = sorted(filter(_is_link, everything), key=_place)
    tip = beginning(row for row in everything if not _is_link(row))
    for row in links:
        if why := _fault(row, tip):
            return Verified(tip.number, len(links), str(row["id"]), why, tip.hash)
        tip = tip_of(row)
    return Verified(tip.number, len(links), "", "", tip.hash)


def _known(row: Row) -> Row:
    """Return the cells of the columns that we know; what others add beside is their affair."""
    return {name: row[name] for name in MODERATION.column_names if name in row}


def _is_link(row: Row) -> bool:
    return row.get("seq") is not None


def _place(row: Row) -> tuple[int, str]:
    return int(row["seq"] or 0), str(row["id"])


def _fault(row: Mapping[str, Value], tip: Tip) -> str:
    """Return why *row* is not the link after *tip*; "" where it is."""
    number = int(row["seq"] or 0)
    if number != tip.number + 1:
        what = "is there twice" if number == tip.number else f"is followed by {number}"
        return f"Record {tip.number} {what}."
    if row.get("prev_hash") != tip.hash:
        before = f"record {tip.number}" if tip.number else "the records before the chain"
        return f"Record {number} does not follow from {before} as it is now."
    if row.get(_OWN) != hash_of(row):
        return f"Record {number} is not what its hash was taken of."
    return ""
