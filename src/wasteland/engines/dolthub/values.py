"""
Rows as the REST API spells them, turned into values of ours.

Every cell arrives as text with the column's type beside it. Numbers become numbers, times lose
their fractions, JSON ``null`` is None (Dolt's own merge writes it where NULL was).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ...protocol.schema import Value

_WHOLE: Final = re.compile(r"(big|medium|small|tiny)?int(eger)?\b|bool(ean)?\b|bit\b|year\b")
_REAL: Final = re.compile(r"(float|double|real|decimal|numeric)\b")
_TIME: Final = re.compile(r"(timestamp|datetime)\b")
_SECONDS: Final = 19


def decoded(types: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, Value]:
    """
    Return *row* with each cell as its column's type says.

    Args:
        types: Column -> type in MySQL's words, in stored order; a cell without one stays text.
        row: A missing cell is None.
    """
    return {name: _value(types.get(name, ""), row.get(name)) for name in (types or row)}


def types_of(schema: Sequence[Mapping[str, Any]], name: str, kind: str) -> dict[str, str]:
    """Return column -> type of an answer's schema, whose entries call them *name* and *kind*."""
    return {str(entry.get(name, "")): str(entry.get(kind, "")).lower() for entry in schema}


def is_true(value: Value) -> bool:
    """Return whether a flag is set, however it is spelled."""
    return value not in {None, 0, "0", "false", "False", ""}


def _value(kind: str, cell: Any) -> Value:
    if cell is None or isinstance(cell, int | float):
        return int(cell) if isinstance(cell, bool) else cell
    text = str(cell)
    for pattern, read in _READERS:
        if pattern.match(kind):
            return read(text)
    return None if kind.startswith("json") and text == "null" else text


def _whole(text: str) -> Value:
    try:
        return int(text)
    except ValueError:
        return {"true": 1, "false": 0}.get(text, text)


def _real(text: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "e" not in text.lower() else number


def _seconds(text: str) -> Value:
    return text[:_SECONDS].replace("T", " ")


_READERS: Final[Sequence[tuple[re.Pattern[str], Callable[[str], Value]]]] = (
    (_WHOLE, _whole),
    (_REAL, _real),
    (_TIME, _seconds),
)
