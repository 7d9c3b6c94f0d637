"""
A versioned database in memory, for the stand-in of DoltHub: whole snapshots, MySQL as SQLite.

It knows the system tables and functions that the engine asks, and nothing of merging but "theirs
where only they changed".
"""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import sqlglot

from wasteland.protocol.schema import TABLES

_COUNT: Final = itertools.count(1)
_CALL: Final = re.compile(r"(dolt_\w+)\(([^()]*)\)|\b(dolt_branches)\b")
_ARGUMENT: Final = re.compile(r"'([^']*)'")
Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Version:
    """A commit with its whole snapshot."""

    hash: str
    parents: tuple[str, ...]
    author: str
    message: str
    at: datetime
    data: bytes = field(repr=False)


class Missing(Exception):
    """A ref or table that is not there; its text is DoltHub's."""


class Versions:
    """
    All commits of a fork network, and what reads them.

    Attributes:
        commits: Hash -> commit.
    """

    def __init__(self) -> None:
        self.commits: dict[str, Version] = {}

    def first(self, at: datetime) -> Version:
        """Return the commit of an empty schema."""
        database = sqlite3.connect(":memory:")
        for table in TABLES.values():
            database.execute(table.create_sql())
        database.commit()
        return self.add((), "root", "schema", at, database.serialize())

    def add(
        self, parents: tuple[str, ...], author: str, message: str, at: datetime, data: bytes
    ) -> Version:
        """Keep a commit."""
        made = Version(_hash(next(_COUNT)), parents, author, message, at, data)
        self.commits[made.hash] = made
        return made

    def resolve(self, branches: dict[str, str], ref: str) -> str:
        """Return the commit that *ref* names among *branches*."""
        name, _, steps = ref.partition("~")
        commit = branches.get(name, name)
        for _ in range(int(steps or 0)):
            commit = self.commits[commit].parents[0] if commit in self.commits else ""
        if commit not in self.commits:
            raise Missing("query error: branch not found")
        return commit

    def log(self, head: str) -> list[Version]:
        """Return the history of a commit, newest first."""
        seen, waiting = {}, [head]
        while waiting:
            commit = self.commits[waiting.pop(0)]
            if commit.hash not in seen:
                seen[commit.hash] = commit
                waiting += commit.parents
        return sorted(seen.values(), key=lambda commit: commit.hash, reverse=True)

    def base(self, left: str, right: str) -> str:
        """Return the newest common ancestor."""
        known = {commit.hash for commit in self.log(left)}
        return next(commit.hash for commit in self.log(right) if commit.hash in known)

    def rows(self, commit: str, table: str) -> Rows:
        """Return key -> row."""
        database = _open(self.commits[commit].data)
        cursor = database.execute(f"SELECT * FROM `{table}`")
        names = [column[0] for column in cursor.description]
        key = TABLES[table].key
        found = (dict(zip(names, row, strict=True)) for row in cursor)
        return {str(row[key]): row for row in found}

    def changes(self, base: str, head: str, table: str) -> Iterator[tuple[Any, Any]]:
        """Yield the rows before and after."""
        before, after = self.rows(base, table), self.rows(head, table)
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                yield before.get(key), after.get(key)

    def query(
        self, branches: dict[str, str], ref: str, sql: str
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return columns and rows of a SELECT."""
        database = _open(self.commits[self.resolve(branches, ref)].data, copy=True)
        text = _CALL.sub(lambda found: self._answer(database, branches, found), sql)
        cursor = database.execute(_as_sqlite(text))
        return [column[0] for column in cursor.description or ()], cursor.fetchall()

    def write(self, head: str, sql: str) -> bytes:
        """Return the snapshot after one write."""
        database = _open(self.commits[head].data, copy=True)
        database.execute(_as_sqlite(sql))
        database.commit()
        return database.serialize()

    def merge(self, ours: str, theirs: str) -> bytes:
        """Return the snapshot of *ours* with what *theirs* changed since they parted."""
        base = self.base(ours, theirs)
        database = _open(self.commits[ours].data, copy=True)
        for table in TABLES:
            key = TABLES[table].key
            for before, after in self.changes(base, theirs, table):
                row = after or before
                database.execute(f"DELETE FROM `{table}` WHERE `{key}` = ?", (row[key],))
                if after:
                    marks = ", ".join("?" * len(after))
                    database.execute(f"INSERT INTO `{table}` VALUES ({marks})", [*after.values()])
        database.commit()
        return database.serialize()

    def _answer(
        self, database: sqlite3.Connection, branches: dict[str, str], found: re.Match[str]
    ) -> str:
        name = found[1] or found[3]
        arguments = _ARGUMENT.findall(found[2] or "")
        if name == "dolt_hashof":
            return f"'{self.resolve(branches, arguments[0])}'"
        if name == "dolt_merge_base":
            left, right = (self.resolve(branches, ref) for ref in arguments)
            return f"'{self.base(left, right)}'"
        columns, rows = self._table(branches, name, arguments)
        place = f"t{next(_COUNT)}"
        names = ", ".join(f"`{column}`" for column in columns)
        database.execute(f"CREATE TABLE {place} ({names})")
        marks = ", ".join("?" * len(columns))
        database.executemany(f"INSERT INTO {place} VALUES ({marks})", rows)
        return place

    def _table(
        self, branches: dict[str, str], name: str, arguments: list[str]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        if name == "dolt_branches":
            return ["name", "hash"], sorted(branches.items())
        if name == "dolt_log":
            return self._log_table(branches, arguments[0])
        base, head = (self.resolve(branches, ref) for ref in arguments[:2])
        if name == "dolt_diff_summary":
            changed = [table for table in TABLES if any(self.changes(base, head, table))]
            columns = ["from_table_name", "to_table_name", "data_change", "schema_change"]
            return columns, [(table, table, 1, 0) for table in changed]
        columns = list(TABLES[arguments[2]].column_names)
        rows = [
            (*_cells(after, columns), *_cells(before, columns), _kind(before, after))
            for before, after in self.changes(base, head, arguments[2])
        ]
        sides = [f"{side}_{column}" for side in ("to", "from") for column in columns]
        return [*sides, "diff_type"], rows

    def _log_table(
        self, branches: dict[str, str], span: str
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        older, _, newest = span.rpartition("..")
        known = {c.hash for c in self.log(self.resolve(branches, older))} if older else set()
        rows = [
            (c.hash, c.author, "", f"{c.at:%Y-%m-%d %H:%M:%S}", c.message)
            for c in self.log(self.resolve(branches, newest))
            if c.hash not in known
        ]
        return ["commit_hash", "committer", "email", "date", "message"], rows


def _hash(number: int) -> str:
    return f"{number:032d}"


def _cells(row: dict[str, Any] | None, columns: list[str]) -> list[Any]:
    return [row[column] if row else None for column in columns]


def _kind(before: Any, after: Any) -> str:
    if before is None:
        return "added"
    return "modified" if after else "removed"


@lru_cache(maxsize=4096)
def _as_sqlite(sql: str) -> str:
    return sqlglot.transpile(sql, read="mysql", write="sqlite")[0]


@lru_cache(maxsize=64)
def _opened(data: bytes) -> sqlite3.Connection:
    return _fresh(data)


def _open(data: bytes, *, copy: bool = False) -> sqlite3.Connection:
    return _fresh(data) if copy else _opened(data)


def _fresh(data: bytes) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.deserialize(data)
    return database
