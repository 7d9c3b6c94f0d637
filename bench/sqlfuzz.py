"""
Random and hostile SQL against a real database, through the gate and past it.

Each statement is offered to the door for reads, and what the gate lets through runs on a DoltLite
file that is opened normally, or as the owner of a Dolt server: nothing but the gate keeps it from
writing. In the end no file may have appeared, and every row, branch and commit must be as before.
What passes the door for writes runs in a transaction that is rolled back. On Dolt, ``WL_DOLT``
names the program.

    PYTHONPATH=src:tests python bench/sqlfuzz.py --engine doltlite --count 100000 --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pymysql

from engines.dolt import fixture
from hub.sqlgate.databases import NOW, checksum, database
from hub.sqlgate.grammar import statement
from wasteland.engines.base import Engine
from wasteland.engines.dolt.session import open_session
from wasteland.engines.dolt.signing_in import Session
from wasteland.engines.doltlite import driver
from wasteland.hub.sqlgate import check_read, check_write
from wasteland.protocol.errors import Forbidden, Invalid, Unsupported

STATEMENT_S = 0.25
SERVER_S = 3.0
ROWS = 1000
Counts = Counter[str]


class Door(Protocol):
    """A database as a statement meets it."""

    def run(self, sql: str) -> None:
        """
        Run a statement and fetch rows of it.

        Raises:
            Refused: The database does not take it, or it takes too long.
        """

    def begin(self) -> None:
        """Begin a transaction."""

    def rollback(self) -> None:
        """Take back what was done since."""

    def close(self) -> None:
        """Close it."""


class Refused(Exception):
    """The database refuses a statement."""


class File:
    """A DoltLite file."""

    def __init__(self, engine: Engine) -> None:
        self._connection = driver.connect(f"{engine.location}/main", timeout_s=5)
        self._connection.execute("PRAGMA case_sensitive_like = ON")
        self._connection.set_limit(0, 1_000_000)  # SQLITE_LIMIT_LENGTH

    def run(self, sql: str) -> None:
        """Run a statement within its time."""
        self._connection.set_time_limit(STATEMENT_S)
        try:
            cursor = self._connection.execute(sql)
            if cursor.description is not None:
                cursor.fetchmany(ROWS)
        except driver.Error as error:
            raise Refused(str(error)) from error
        finally:
            self._connection.set_time_limit(None)

    def begin(self) -> None:
        """Begin a transaction."""
        self._connection.execute("BEGIN")

    def rollback(self) -> None:
        """Take back what was done since."""
        self._connection.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Served:
    """A database of a Dolt server; a connection whose statement takes too long is dropped."""

    def __init__(self, engine: Engine) -> None:
        self._server = fixture.shared_server()
        self._database = Path(engine.location).name
        self._session = self._connect()

    def run(self, sql: str) -> None:
        """Run a statement within its time."""
        try:
            with self._session.cursor() as cursor:
                cursor.execute(sql)
                cursor.fetchmany(ROWS)
        except (pymysql.MySQLError, UnicodeError, ValueError) as error:
            if not self._session.open:
                self._session = self._connect()
            raise Refused(str(error)) from error

    def begin(self) -> None:
        """Begin a transaction."""
        self._session.begin()

    def rollback(self) -> None:
        """Take back what was done since."""
        self._session.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _connect(self) -> Session[Any]:
        info = self._server
        return open_session(info.port, info.secret, self._database, answer_s=SERVER_S)


DOORS: Mapping[str, Callable[[Engine], Door]] = {"doltlite": File, "dolt": Served}


class Fuzz:
    """One run: what was refused, what ran, and how long the gate took for each."""

    def __init__(self, dialect: str, door: Door) -> None:
        self.counts: Counts = Counter()
        self.gate_s: list[float] = []
        self._dialect = dialect
        self._door = door

    def offer(self, sql: str) -> None:
        """Offer one statement at both doors."""
        read = self._checked("read", lambda: check_read(sql, dialect=self._dialect, now=NOW).sql)
        if read:
            self._run("read", read)
        write = self._checked(
            "write", lambda: check_write(sql, dialect=self._dialect, now=NOW, owner=True).sql
        )
        if write:
            self._door.begin()
            self._run("write", write)
            self._door.rollback()

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
        try:
            self._door.run(sql)
            self.counts[f"{door}: ran"] += 1
        except Refused as error:
            self.counts[f"{door}: the engine refused"] += 1
            if "syntax error" in str(error):
                self.counts[f"{door}: printed what the engine cannot parse"] += 1


def main() -> None:
    """Run and print what happened; fail if anything was harmed."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder, database(options.engine, Path(folder)) as made:
        os.chdir(folder)
        before = checksum(made.engine)
        files = _files(Path(folder))
        door = DOORS[options.engine](made.engine)
        fuzz = Fuzz(options.engine, door)
        start = time.perf_counter()
        for number in range(options.count):
            fuzz.offer(statement(random.Random(options.seed * 1_000_003 + number)))
        elapsed = time.perf_counter() - start
        door.close()
        assert before == checksum(made.engine), "rows, branches or commits have changed"
        assert files == _files(Path(folder)), _files(Path(folder)) - files
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
    parser.add_argument("--engine", default="doltlite", choices=list(DOORS))
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
