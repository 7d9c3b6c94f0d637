"""What a move of main changed, for those who wait for it: the keys of the rows that differ."""

from __future__ import annotations

from typing import Any, Final

from ..engines.base import Engine
from ..protocol.errors import NotFound

_MOST_KEYS: Final = 200


def change(engine: Engine, known: str, head: str) -> dict[str, Any]:
    """
    Return what differs between two heads of main.

    Returns:
        ``head``; ``rows``: table -> keys; ``is_whole``: whether these are all, which they are not
        where it is too much, or *known* is no commit here.
    """
    rows: dict[str, list[str]] = {}
    try:
        changes = engine.diff(known, head) if known else []
    except NotFound:
        changes = []
    for row in changes[:_MOST_KEYS]:
        rows.setdefault(row.table, []).append(row.key)
    is_whole = bool(changes) and len(changes) <= _MOST_KEYS
    return {"head": head, "rows": rows, "is_whole": is_whole}
