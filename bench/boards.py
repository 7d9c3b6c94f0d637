"""Commons of any size for the benches, filled past the SDK in one commit; accounts at their hub."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wasteland.commons.creation import create_commons
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.dolt.names import database_name
from wasteland.engines.dolt.server import Server
from wasteland.engines.doltlite import driver
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub.hub import Hub, Options
from wasteland.hub.tokens import Scope

REPO = RepoName("bench", "board")
MAX = Seat("max", REPO.owner)
LIMITS = (
    ("claims_cap", "1:none"),
    ("posts_per_day", "100000"),
    ("registrations_per_day", "100000"),
)
INSERT = (
    "INSERT INTO `wanted` (`id`, `title`, `description`, `project`, `type`, `priority`, `tags`, "
    "`posted_by`, `claimed_by`, `status`, `effort_level`, `created_at`, `updated_at`) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
TYPES = ("bug", "feature", "docs", "chore", "research")
STATUSES = ("open", "open", "open", "claimed", "in_review", "completed", "withdrawn")


def row(number: int, dice: random.Random) -> tuple[object, ...]:
    """Return one item; ids are spread so that neighbours in time are not neighbours in the tree."""
    status = dice.choice(STATUSES)
    day = f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d} {number % 24:02d}:00:00"
    return (
        f"w-{number * 2_654_435_761 % 2**32:08x}{number:x}",
        f"Item {number}: make part {dice.randrange(1000)} work",
        "Several lines of text.\nAnd a criterion. " * 3,
        f"project-{dice.randrange(40)}",
        dice.choice(TYPES),
        dice.randrange(5),
        '["python","sql"]',
        f"rig{dice.randrange(500)}",
        f"rig{dice.randrange(40)}" if status != "open" else None,
        status,
        "medium",
        day,
        day,
    )


def build(
    root: Path, rows: int, seed: int = 7, *, engine: str = "doltlite", dolt: str | None = None
) -> Path:
    """Create a commons with *rows* items under *root*; return its file, or its server's folder."""
    dice = random.Random(seed)
    with LocalHost(root, dolt=dolt) as host:
        create_commons(host, REPO, handle="max", engine=engine)
        Commons(host, REPO, MAX).set_rule("claims_cap", "3:none")
        Commons(host, REPO, Seat("ada", "ada")).register()
    made = (row(number, dice) for number in range(rows))
    path = _fill_dolt(root, made, dolt) if engine == "dolt" else _fill_doltlite(root, made)
    with LocalHost(root, dolt=dolt) as host:
        host.engine(REPO).gc()
    return path


def settle(
    root: Path,
    rigs: Sequence[str],
    *,
    engine: str = "doltlite",
    dolt: str | None = None,
    is_new: bool = True,
    forks: bool = False,
) -> dict[str, str]:
    """
    Make a commons whose limits are off, with rigs and accounts; return account -> token.

    Args:
        is_new: Whether the commons is still to be made.
        forks: Whether each rig gets a fork.
    """
    hub = Hub(LocalHost(root, dolt=dolt), Options(engine=engine, dolt=dolt or ""))
    try:
        if is_new:
            create_commons(hub.host, REPO, handle=MAX.rig, engine=engine)
        maintainer = Commons(hub.host, REPO, MAX)
        for rule, value in LIMITS:
            maintainer.set_rule(rule, value)
        for name in rigs:
            Commons(hub.host, REPO, Seat(name, name)).register()
            if forks:
                hub.host.fork(REPO, name)
        return {name: account(hub, name) for name in (REPO.owner, *rigs)}
    finally:
        hub.close()


def account(hub: Hub, name: str) -> str:
    """Add an account and return a token of it."""
    hub.accounts.add(name)
    return hub.accounts.issue(name, label="bench", scope=Scope.WRITE)[1]


def post_items(root: Path, count: int, dolt: str | None = None) -> list[str]:
    """Put items on the board past the gate, in one commit; return their ids."""
    insert = (
        "INSERT INTO `wanted` (`id`, `title`, `status`, `priority`, `posted_by`, `created_at`) "
        "VALUES (:id, :title, 'open', 2, 'max', '2026-01-01 00:00:00')"
    )
    names = [f"w-bench{number:06d}" for number in range(count)]
    with LocalHost(root, dolt=dolt) as host, host.engine(REPO).change() as change:
        for name in names:
            change.run(insert, {"id": name, "title": f"Item {name}"})
        change.commit("Fill", author="max", at=host.now(), tables=["wanted"])
    return names


def _fill_doltlite(root: Path, rows: Iterator[tuple[Any, ...]]) -> Path:
    path = root / REPO.owner / f"{REPO.name}.db"
    connection = driver.connect(str(path), timeout_s=60)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("SELECT dolt_add('wanted')").fetchall()
    connection.execute(
        "SELECT dolt_commit('-m', 'Fill', '--author', 'max <max@wasteland>')"
    ).fetchall()
    connection.execute("COMMIT")
    connection.close()
    return path


def _fill_dolt(root: Path, rows: Iterator[tuple[Any, ...]], dolt: str | None) -> Path:
    server = Server.attach(root / ".dolt-databases", program=dolt)
    database = database_name(REPO.owner, REPO.name)
    with server.connect(database) as session, session.cursor() as cursor:
        cursor.executemany(INSERT.replace("?", "%s"), rows)
        cursor.execute("CALL dolt_add('wanted')")
        cursor.execute("CALL dolt_commit('-m', 'Fill', '--author', 'max <max@wasteland>')")
    return server.data_dir / database
