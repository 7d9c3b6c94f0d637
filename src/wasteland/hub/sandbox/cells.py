"""Cells and columns of the embedded engine, as MySQL spells them; and where an answer is cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

Cell = str | int | float | bytes | None
TextRow = tuple[str | None, ...]

BINARY: Final = "<binary>"
NULL: Final = "null"
"""The type of a column whose values are all NULL, where nothing else says one."""

_SPELLED: Final = {
    "integer": "int",
    "bool": "tinyint(1)",
    "boolean": "tinyint(1)",
    "real": "double",
    "numeric": "decimal(10,0)",
    "blob": "longblob",
}
_OF_VALUE: Final = {str: "longtext", int: "bigint", float: "double", bytes: "longblob"}
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)?")
_DECIMAL: Final = re.compile(r"decimal\(\d+, ?(\d+)\)")


def declared_type(declared: str | None) -> str:
    """Return the MySQL type of a column, in lower case; "" for an expression."""
    spelled = (declared or "").lower()
    return _SPELLED.get(spelled, spelled)


def value_type(cell: Cell) -> str:
    """Return the MySQL type that an expression of this value has, "" where NULL does not say."""
    return _OF_VALUE.get(type(cell), "")


def as_text(cell: Cell, kind: str) -> str | None:
    """Return *cell* of a column of type *kind* as MySQL prints it, None for NULL."""
    if cell is None:
        return None
    if isinstance(cell, str):
        return _time(cell) if kind in {"timestamp", "datetime"} else cell
    if isinstance(cell, bytes):
        return BINARY
    scale = _DECIMAL.fullmatch(kind)
    if scale:
        return f"{cell:.{scale[1]}f}"
    return str(cell) if isinstance(cell, int) else _float(cell)


def cut(
    rows: Iterable[Sequence[str | None]], *, row_limit: int, byte_limit: int
) -> tuple[list[TextRow], str]:
    """Return the rows up to the first limit, and a sentence that names it, "" if none is met."""
    kept: list[TextRow] = []
    size = 0
    for row in rows:
        size += sum(map(_size, row))
        if len(kept) == row_limit:
            return kept, f"Only the first {row_limit} rows are shown."
        if size > byte_limit:
            return kept, too_large(len(kept))
        kept.append(tuple(row))
    return kept, ""


def too_large(count: int) -> str:
    """Return the sentence for an answer of which *count* rows fit."""
    return f"Only the first {count} rows are shown: the answer is too large."


def _time(text: str) -> str:
    found = _TIME.fullmatch(text)
    return f"{found[1]} {found[2]}" if found else text


def _float(number: float) -> str:
    return repr(number).removesuffix(".0").replace("e+", "e")


def _size(cell: str | None) -> int:
    if cell is None:
        return 0
    return len(cell) if cell.isascii() else len(cell.encode())
