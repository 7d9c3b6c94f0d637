"""What a database holds at a ref, as one digest for each table; equal on every engine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ..engines.base import MAIN, Engine
from ..engines.sql import quoted
from ..protocol.digests import table_digest

ENGINES_OWN: Final = "dolt_"
"""Tables of the engine itself begin so; their rows are none of the commons."""


def digest(
    engine: Engine, ref: str = MAIN, *, tables: Collection[str] | None = None
) -> dict[str, str]:
    """
    Return table -> SHA-256 of its rows, hex, by table name.

    Args:
        engine: Any; the same rows give the same digests on each.
        ref: Branch or commit.
        tables: Only these; None for all.
    """
    names = [name for name in sorted(engine.tables(ref=ref)) if not name.startswith(ENGINES_OWN)]
    return {
        name: table_digest(name, engine.stream(f"SELECT * FROM {quoted(name)}", ref=ref))
        for name in names
        if tables is None or name in tables
    }
