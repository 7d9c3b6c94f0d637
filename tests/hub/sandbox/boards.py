"""Boards to be attacked, and what must be the same afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from engines.laboratory import AT, SCHEMA, post, retitle
from wasteland.engines.base import Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.sandbox import QueryResult, Sandbox, place_of

ITEMS: Final = 200
SECRET: Final = "the other board's secret"
BRANCH: Final = "wl/alice"
HONEST: Final = "SELECT id, title FROM wanted WHERE id = 'w-1'"


def fill(engine: Engine) -> None:
    """Give an empty database a board of items, and a branch that renames one."""
    engine.run_ddl(SCHEMA, "schema", author="root", at=AT)
    post(engine, *(f"w-{number}" for number in range(ITEMS)))
    engine.create_branch(BRANCH)
    retitle(engine, "w-1", "Renamed", branch=BRANCH)


def make_files(directory: Path) -> DoltLiteEngine:
    """Return the engine of a board in *directory*, beside the file of somebody else's."""
    board = DoltLiteEngine.create(directory / "board.db")
    fill(board)
    with DoltLiteEngine.create(directory / "victim.db") as victim:
        victim.run_ddl(SCHEMA, "schema", author="root", at=AT)
        post(victim, "secret", title=SECRET)
    return board


def files(directory: Path) -> dict[str, str]:
    """Return the name and the digest of every file below *directory*."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def honest(sandbox: Sandbox, engine: Engine, ref: str = "main") -> list[tuple[str | None, ...]]:
    """Return what an honest query gives."""
    return sandbox.read(place_of(engine, ref), HONEST).rows


def texts(result: QueryResult) -> str:
    """Return all that a result says."""
    cells: list[Any] = [cell for row in result.rows for cell in row]
    return " ".join(map(str, [*cells, *result.columns, result.message]))
