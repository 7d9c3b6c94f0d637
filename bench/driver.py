"""
Compare the embedded engine's driver with the standard library's `sqlite3`, in the same run.

    python bench/driver.py

Prints milliseconds for both, and the ratio: bulk insert and bulk read of 20,000 rows of 17
columns, 1,000 point reads; then time and peak memory of a scan of a million rows (Linux only).
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wasteland.engines.doltlite import driver

ROWS, REPEATS, STREAMED_ROWS = 20_000, 5, 1_000_000
COLUMNS = (
    "id TEXT PRIMARY KEY, title TEXT, description TEXT, project TEXT, type TEXT, priority INTEGER,"
    " tags TEXT, posted_by TEXT, claimed_by TEXT, status TEXT, effort_level TEXT,"
    " evidence_url TEXT, sandbox_required INTEGER, sandbox_scope TEXT, sandbox_min_tier TEXT,"
    " created_at TEXT, updated_at TEXT"
)
STREAM = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    " SELECT i, 'row ' || i, i * 0.5 FROM n"
)


def rows() -> list[tuple[Any, ...]]:
    """Return rows as a wanted board has them: mostly text, some numbers, some NULLs."""
    return [
        (f"w-{i:06}", f"Task number {i}", "What is to be done, in a sentence. " * 2, "gastown",
         "feature", i % 5, '["go","federation"]', f"rig-{i % 97}", None, "open", "medium", None,
         0, None, None, "2026-01-02 03:04:05", "2026-01-02 03:04:05")
        for i in range(ROWS)
    ]  # fmt: skip


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def measure(db: Any, data: list[tuple[Any, ...]]) -> dict[str, float]:
    """Return milliseconds by name of the work."""
    insert = f"INSERT INTO wanted VALUES ({','.join('?' * 17)})"
    one = "SELECT * FROM wanted WHERE id = ?"

    def bulk_insert() -> None:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(insert, data)
        db.execute("COMMIT")

    db.execute("DROP TABLE IF EXISTS wanted")
    db.execute(f"CREATE TABLE wanted ({COLUMNS})")
    ids = [row[0] for row in data[::20]]
    return {
        "bulk insert": milliseconds(bulk_insert),
        "bulk read": milliseconds(lambda: db.execute("SELECT * FROM wanted").fetchall()),
        "1000 point reads": milliseconds(lambda: [db.execute(one, (i,)).fetchone() for i in ids]),
    }


def best(db: Any, data: list[tuple[Any, ...]]) -> dict[str, float]:
    runs = [measure(db, data) for _ in range(REPEATS)]
    return {name: min(run[name] for run in runs) for name in runs[0]}


def peak_kb() -> int:
    """Return the process's peak memory; not getrusage's, which counts the parent's before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def stream(which: str) -> None:
    """Scan a million rows; print the time it took and by how much the process grew."""
    connect: Any = driver.connect if which == "driver" else sqlite3.connect
    db = connect(":memory:")
    deque(db.execute(STREAM.format(1000)), maxlen=0)
    before = peak_kb()
    spent = milliseconds(lambda: deque(db.execute(STREAM.format(STREAMED_ROWS)), maxlen=0))
    print(f"{which:8} streamed {STREAMED_ROWS} rows in {spent:.0f} ms, peak", end=" ")
    print(f"{before} kB before and {peak_kb()} kB after")


def main() -> None:
    data = rows()
    with tempfile.TemporaryDirectory() as folder:
        stock = sqlite3.connect(Path(folder, "stock.db"), isolation_level=None)
        theirs = best(stock, data)
        with driver.connect(Path(folder, "ours.db")) as db:
            ours = best(db, data)
    print(f"{'':18}{'driver':>10}{'sqlite3':>10}{'ratio':>8}")
    for name, value in ours.items():
        print(f"{name:18}{value:10.1f}{theirs[name]:10.1f}{value / theirs[name]:8.1f}")
    for which in ("driver", "sqlite3"):
        subprocess.run([sys.executable, __file__, which], check=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        stream(sys.argv[1])
    else:
        main()
