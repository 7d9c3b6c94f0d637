"""
What the SDK adds to a claim, beside the raw statements through the driver, in one process.

    python bench/claim_cost.py --items 300

Prints the median milliseconds of both and their ratio. The raw side runs what a claim must run on
any design: lock, guarded update, lease row, commit of two tables.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wasteland.commons.creation import create_commons
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.doltlite import driver
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost

REPO = RepoName("bench", "board")
UPDATE = (
    "UPDATE `wanted` SET `status` = 'claimed', `claimed_by` = :who, `updated_at` = :at "
    "WHERE `id` = :id AND `status` = 'open'"
)
LEASE = "INSERT INTO `wlx_leases` VALUES (:id, :who, :token, :until)"


def fill(root: Path, rows: int, items: int) -> list[str]:
    """Create a commons with *rows* items and return the ids of *items* open ones."""
    with LocalHost(root) as host:
        create_commons(host, REPO, handle="max")
        max_ = Commons(host, REPO, Seat("max", REPO.owner))
        max_.set_rule("claims_cap", "3:none")
        Commons(host, REPO, Seat("ada", "ada")).register()
        engine = host.engine(REPO)
        with engine.change() as change:
            for number in range(rows):
                change.run(
                    "INSERT INTO `wanted` (`id`, `title`, `status`, `priority`, `posted_by`, "
                    "`created_at`) VALUES (:id, :title, 'open', 2, 'max', '2026-01-01 00:00:00')",
                    {"id": f"w-{number:08d}", "title": f"Item {number}"},
                )
            change.commit("Fill", author="max", at=host.now(), tables=["wanted"])
    return [f"w-{n:08d}" for n in range(0, rows, max(1, rows // items))][:items]


def timed(run: Callable[[str], None], items: list[str]) -> list[float]:
    """Return milliseconds of each call."""
    found = []
    for item in items:
        start = time.perf_counter()
        run(item)
        found.append((time.perf_counter() - start) * 1000)
    return found


def raw_claim(connection: driver.Connection) -> Callable[[str], None]:
    """Return a claim in raw statements on an open connection."""

    def claim(item: str) -> None:
        at, until = "2026-01-02 03:04:05", "2026-01-05 03:04:05"
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(UPDATE, {"who": "ada", "at": at, "id": item})
        lease = {"id": item, "who": "ada", "token": secrets.token_hex(16), "until": until}
        connection.execute(LEASE, lease)
        connection.execute("SELECT dolt_add('wanted', 'wlx_leases')").fetchall()
        connection.execute(
            "SELECT dolt_commit('-m', 'wl claim', '--author', 'ada <ada@wasteland>', "
            "'--date', '2026-01-02T03:04:05')"
        ).fetchall()
        connection.execute("COMMIT")

    return claim


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        items = fill(root, given.rows, given.items * 2)
        with LocalHost(root) as host:
            max_ = Commons(host, REPO, Seat("max", REPO.owner))
            sdk = timed(lambda item: void(max_.claim(item)), items[::2])
        connection = driver.connect(str(root / "bench" / "board.db"))
        raw = timed(raw_claim(connection), items[1::2])
        ours, theirs = statistics.median(sdk), statistics.median(raw)
        print(f"raw statements {theirs:.2f} ms, SDK {ours:.2f} ms, ratio {ours / theirs:.2f}")


def void(_: object) -> None:
    """Drop a result."""


if __name__ == "__main__":
    main()
