"""
Random and hostile SQL against a real file, through the gate and past it.

Each statement is offered to the door for reads, and what the gate lets through runs on a DoltLite
file that is opened normally: nothing but the gate keeps it from writing. In the end no file may
have appeared, and every row, branch and commit must be as before. What passes the door for writes
runs in a transaction that is rolled back.

    PYTHONPATH=src:tests python bench/sqlfuzz.py --count 100000 --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hub.sqlgate.databases import NOW, checksum, filled
from hub.sqlgate.grammar import statement
from wasteland.engines.doltlite import driver
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.sqlgate import check_read, check_write
from wasteland.protocol.errors import Forbidden, Invalid, Unsupported

STATEMENT_S = 0.25
Counts = Counter[str]


class Fuzz:
    """One run: what was refused, what ran, and how long the gate took for each."""

    def __init__(self, path: Path) -> None:
        self.counts: Counts = Counter()
        self.gate_s: list[float] = []
        self._connection = driver.connect(f"{path}/main", timeout_s=5)
        self._connection.execute("PRAGMA case_sensitive_like = ON")
        self._connection.set_limit(0, 1_000_000)  # SQLITE_LIMIT_LENGTH

    def offer(self, sql: str) -> None:
        """Offer one statement at both doors."""
        read = self._checked("read", lambda: check_read(sql, dialect="doltlite", now=NOW).sql)
        if read:
            self._run("read", read)
        write = self._checked(
            "write", lambda: check_write(sql, dialect="doltlite", now=NOW, owner=True).sql
        )
        if write:
            self._connection.execute("BEGIN")
            self._run("write", write)
            self._connection.rollback()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _checked(self, door: str, check: Callable[[], str]) -> str:
        start = time.perf_counter()
        try:
            return check()
        except (Forbidden, Invalid, Unsupported) as refusal:
            self.counts[f"{door}: {refusal.code}"] += 1
            return ""
        finally:
            self.gate_s.append(time.perf_counter() - start)

    def _run(self, door: str, sql: str) -> None:
        self._connection.set_time_limit(STATEMENT_S)
        try:
            cursor = self._connection.execute(sql)
            if cursor.description is not None:
                cursor.fetchmany(1000)
            self.counts[f"{door}: ran"] += 1
        except driver.Error as error:
            self.counts[f"{door}: the engine refused"] += 1
            if "syntax error" in str(error):
                self.counts[f"{door}: printed what the engine cannot parse"] += 1
        finally:
            self._connection.set_time_limit(None)


def main() -> None:
    """Run and print what happened; fail if anything was harmed."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.chdir(place)
        path = place / "commons.db"
        with DoltLiteEngine.create(path) as engine:
            before = checksum(filled(engine))
        files = _files(place)
        fuzz = Fuzz(path)
        start = time.perf_counter()
        for number in range(options.count):
            fuzz.offer(statement(random.Random(options.seed * 1_000_003 + number)))
        elapsed = time.perf_counter() - start
        fuzz.close()
        with DoltLiteEngine(path) as engine:
            assert before == checksum(engine), "rows, branches or commits have changed"
        assert files == _files(place), _files(place) - files
    _report(options.count, elapsed, fuzz)


def _files(place: Path) -> set[str]:
    return {found.name for found in place.rglob("*") if not found.name.endswith(("-wal", "-shm"))}


def _report(count: int, elapsed: float, fuzz: Fuzz) -> None:
    times = sorted(fuzz.gate_s)
    print(f"{count} statements in {elapsed:.0f} s: nothing written, no file made")
    for what, number in sorted(fuzz.counts.items()):
        print(f"  {what}: {number}")
    print(
        f"  gate, per door: median {statistics.median(times) * 1e3:.2f} ms, "
        f"p95 {times[int(len(times) * 0.95)] * 1e3:.2f} ms, max {times[-1] * 1e3:.1f} ms"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
