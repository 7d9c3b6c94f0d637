"""Small commons for the host tests: a board of wanted items, and changes to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from wasteland.engines.base import Change, Engine
from wasteland.hosts.base import Host, RepoName, Settle, Settlement
from wasteland.protocol.diff import RowChange
from wasteland.protocol.schema import COMMONS_TABLES, LEASES, Value

BOARD = RepoName("org", "board")
NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)
CLAIM = "UPDATE wanted SET status = 'claimed', claimed_by = :rig WHERE id = :id AND status = 'open'"
POST = "INSERT INTO wanted (id, title, status) VALUES (:id, :title, 'open')"


def fill(engine: Engine, items: int = 3) -> None:
    """Give an empty database the schema and *items* open items w-1, w-2, ..."""
    tables = (*COMMONS_TABLES, LEASES)
    engine.run_ddl([table.create_sql() for table in tables], "schema", author="org", at=NOON)
    with engine.change() as change:
        for number in range(1, items + 1):
            change.execute(POST, {"id": f"w-{number}", "title": f"Item {number}"})
        change.commit("post", author="org", at=NOON, tables=["wanted"])


def write(
    engine: Engine,
    branch: str,
    sql: str,
    params: dict[str, Value],
    *,
    message: str = "work",
    author: str = "alice",
    at: datetime = NOON,
) -> str:
    """Run one write on *branch*, made if it is missing, and commit it."""
    if branch not in {found.name for found in engine.branches()}:
        engine.create_branch(branch)
    with engine.change(branch) as change:
        change.execute(sql, params)
        return change.commit(
            message, author=author, email=f"{author}@example.org", at=at, tables=["wanted"]
        )


def claim(engine: Engine, branch: str, item: str, rig: str) -> str:
    """Claim *item* for *rig* on *branch*."""
    return write(engine, branch, CLAIM, {"id": item, "rig": rig}, message="claim", author=rig)


def claims(engine: Engine, ref: str = "main") -> dict[str, Value]:
    """Return item -> claimer at *ref*."""
    rows = engine.read("SELECT id, claimed_by FROM wanted ORDER BY id", ref=ref)
    return {str(row["id"]): row["claimed_by"] for row in rows}


def accepting(message: str = "merge", author: str = "org", at: datetime = NOON) -> Settle:
    """Return a judge that allows everything."""

    def settle(change: Change, changes: Sequence[RowChange]) -> Settlement:
        return Settlement(message, author, at, ["wanted", "wlx_leases"], "org@example.org")

    return settle


def claiming(item: str, rig: str) -> Settle:
    """Return a judge that writes a claim itself."""

    def settle(change: Change, changes: Sequence[RowChange]) -> Settlement:
        change.execute(CLAIM, {"id": item, "rig": rig})
        return Settlement(f"claim {item}", rig, NOON, ["wanted"])

    return settle


def wanted(item: str, before: dict[str, Value] | None, after: dict[str, Value] | None) -> RowChange:
    """Return a change of one wanted row, of which only some columns are given."""
    sides = [None if side is None else {"id": item, **side} for side in (before, after)]
    return RowChange("wanted", *sides)


def everything(host: Host, repo: RepoName) -> tuple[object, ...]:
    """Return all that a refused merge must leave as it was."""
    engine = host.engine(repo)
    return engine.branches(), engine.dirty(), engine.read("SELECT * FROM wanted ORDER BY id")


def until(condition: Callable[[], bool]) -> None:
    """Wait for another process, at most half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the other process did not get there"
        threading.Event().wait(0.002)
