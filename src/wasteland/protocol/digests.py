"""
One digest for the rows of a table, whichever engine keeps them.

Engines spell JSON and numbers in their own ways, so what a row means is hashed and not its bytes:
columns by name with empty ones left out, JSON as RFC 8785 writes it, reals as a 32-bit column holds
them. The order in which rows are read does not matter.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from typing import Any, Final

from .schema import TABLES, Kind, Row, Value, canonical_row

_WHOLE_UP_TO: Final = 1e21
"""RFC 8785 (by ECMAScript) writes whole numbers below this without an exponent."""


def table_digest(table: str, rows: Iterable[Row]) -> str:
    """Return the SHA-256 of a table's rows, hex."""
    digests = sorted(row_digest(table, row) for row in rows)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def row_digest(table: str, row: Row) -> bytes:
    """Return the SHA-256 of one row."""
    canonical = canonical_row(table, row)
    cells = {name: _cell(table, name, value) for name, value in canonical.items()}
    # A column that is empty everywhere is the same as none: one engine's table may lack it.
    known = {name: text for name, text in cells.items() if text is not None}
    return hashlib.sha256(_compact(known).encode("utf-8", "replace")).digest()


def _cell(table: str, name: str, value: Value) -> str | None:
    """Return what a cell means as text, None for NULL."""
    if value is None:
        return None
    known = TABLES.get(table)
    kind = known.kind(name) if known else Kind.TEXT
    if kind is Kind.JSON:
        return _json(str(value))
    if kind is Kind.REAL:
        return _single(value)
    return _joined_surrogates(str(value))


def _json(text: str) -> str:
    try:
        return _compact(_number_form(json.loads(text)))
    except (ValueError, RecursionError):
        return _joined_surrogates(text)


def _compact(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _joined_surrogates(text)


def _number_form(value: Any) -> Any:
    """Return *value* with each number as a double would print it: 1.0 as 1."""
    if isinstance(value, dict):
        return {name: _number_form(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_number_form(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return _double(value)


def _double(number: float) -> int | float | str:
    try:
        double = float(number)
    except OverflowError:
        return str(number)
    is_short = double.is_integer() and abs(double) < _WHOLE_UP_TO
    return int(double) if is_short else double


def _single(value: Value) -> str:
    """Return a real as the 32-bit column of one engine holds it; other things as they are."""
    try:
        single: float = struct.unpack("f", struct.pack("f", float(value or 0)))[0]
    except (ValueError, OverflowError, struct.error):
        return str(value)
    return f"{single:.9g}"


def _joined_surrogates(text: str) -> str:
    """Return *text* with escaped surrogates joined, and lone ones replaced as engines do."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
