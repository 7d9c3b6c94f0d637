"""
A copy of a commons' main on this machine, so that reads answer without its hub.

It is a database file of this user's, brought up to date by the rows that changed; the head that
it is a copy of is committed with them, so it never says more or less than it holds. Nothing is
ever sent from it, and it may be deleted at any time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

from ..engines.base import Change, Engine
from ..engines.doltlite.engine import DoltLiteEngine
from ..engines.sql import quoted
from ..hosts.base import RepoName
from ..hosts.journaled import Clock, utc_now
from ..hosts.reading import ReadingHost
from ..protocol.errors import EngineError, NotFound, WastelandError
from ..protocol.schema import TABLES, Kind, Row, Value
from .following import Changed, Changes, Page, Source
from .session import Seat, Session

S = TypeVar("S", bound=Session)
Columns = Mapping[str, tuple[str, ...]]

_STATE: Final = "_replica"
_MAKE_STATE: Final = (
    "CREATE TABLE `_replica` (`name` VARCHAR(64) NOT NULL PRIMARY KEY, `value` TEXT)"
)
_HEAD: Final = "SELECT `value` FROM `_replica` WHERE `name` = 'head'"
_FIRST_HEAD: Final = "INSERT INTO `_replica` (`name`, `value`) VALUES ('head', :head)"
_NEXT_HEAD: Final = (
    "UPDATE `_replica` SET `value` = :head WHERE `name` = 'head' AND `value` = :known"
)
_TYPES: Final = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "INT",
    Kind.REAL: "FLOAT",
    Kind.FLAG: "TINYINT(1)",
    Kind.JSON: "JSON",
    Kind.TIME: "TIMESTAMP",
}
_KEY_TYPE: Final = "VARCHAR(255) NOT NULL PRIMARY KEY"
_UNSAFE: Final = re.compile(r"[^a-z0-9.:\[\]-]")
_AUTHOR: Final = "wasteland"
_TRIES: Final = 3


class ReplicaError(EngineError):
    """The copy on this machine cannot be read or written; its source knows better."""


class Replica:
    """
    The copy of one commons.

    Attributes:
        path: Its file; made at the first ``refresh``.
    """

    def __init__(self, path: Path, *, clock: Clock = utc_now) -> None:
        self.path = path
        self._clock = clock
        self._engine: DoltLiteEngine | None = None

    @classmethod
    def of(cls, data: Path, root: str, repo: RepoName) -> Self:
        """Return the copy of *repo* on the hub at *root*, kept below *data*."""
        host = _UNSAFE.sub("_", urlsplit(root).netloc.lower()).lstrip(".") or "_"
        return cls(data / "replicas" / host / repo.owner / f"{repo.name}.db")

    def close(self) -> None:
        """Close the file; using it afterwards opens it again."""
        if self._engine:
            self._engine.close()
        self._engine = None

    @property
    def head(self) -> str:
        """The commit that this is a copy of; "" where there is no copy that can be read."""
        try:
            rows = self._open().read(_HEAD)
        except WastelandError:
            return ""
        return str(rows[0]["value"]) if rows else ""

    @property
    def seen_at(self) -> datetime | None:
        """When its source last said that this is its main; None where there is no copy."""
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError:
            return None

    def is_younger(self, age: timedelta) -> bool:
        """Return whether there is a copy that its source was asked about within *age*."""
        seen = self.seen_at
        return seen is not None and self._clock() - seen < age

    def refresh(self, source: Source) -> int | None:
        """
        Bring the copy up to date; return how many pull requests are open, None if that is not told.

        Raises:
            ReplicaError: It cannot be kept here.
            WastelandError: As the source refuses, or because it cannot be reached.
        """
        for _ in range(_TRIES):
            known = self.head
            found = source.changes(known)
            if not found.is_whole:
                self._take(source, found)
            elif found.head != known and not self._apply(known, found):
                continue  # another process was quicker
            self._note(found.head)
            return found.pending
        raise ReplicaError(f"{self.path} is written by others all the time.")

    def session(self, kind: type[S], repo: RepoName, seat: Seat, *, place: str, mode: str) -> S:
        """
        Return a seat at the copy, as a session of class *kind*; it only reads.

        Raises:
            NotFound: There is no copy.
        """
        return kind(ReadingHost(repo, self._open(), place), repo, seat, mode=mode)

    # --- following

    def _apply(self, known: str, found: Changes) -> bool:
        """Repeat what changed since *known*; return whether the copy was still there."""
        try:
            with _locally(self.path):
                engine = self._open()
                columns = _columns(engine)
                with engine.change() as change:
                    if change.run(_NEXT_HEAD, {"head": found.head, "known": known}) != 1:
                        return False
                    for one in found.rows:
                        _put(change, one, columns)
                    self._commit(change, columns)
        except ReplicaError:
            self._drop()
            raise
        return True

    def _take(self, source: Source, found: Changes) -> None:
        """Make the copy anew beside the old one, and put it in its place."""
        columns = {name: tuple(cells) for name, cells in found.tables.items() if name in TABLES}
        with _draft(self.path) as draft:
            with _locally(self.path):
                engine = DoltLiteEngine.create(draft)
                draft.chmod(0o600)
            with engine:
                with _locally(self.path):
                    engine.run_ddl(_definitions(columns), "copy", author=_AUTHOR, at=self._clock())
                for table in columns:
                    for page in _pages(source, table, found.head):
                        with _locally(self.path), engine.change() as change:
                            for row in page.items:
                                _insert(change, table, row, columns)
                            self._commit(change, columns)
                with _locally(self.path), engine.change() as change:
                    change.execute(_FIRST_HEAD, {"head": found.head})
                    self._commit(change, columns)
            self.close()
            draft.replace(self.path)

    def _commit(self, change: Change, columns: Columns) -> None:
        at = self._clock().replace(microsecond=0)
        change.commit("follow", author=_AUTHOR, at=at, tables=[_STATE, *columns])

    def _open(self) -> DoltLiteEngine:
        if self._engine is None:
            if not self.path.is_file():
                raise NotFound(f"There is no copy in {self.path} .", hint="wl sync")
            self._engine = DoltLiteEngine(self.path)
        return self._engine

    def _note(self, head: str) -> None:
        """Remember that the copy was found to be up to date just now."""
        if self.head == head:
            os.utime(self.path)

    def _drop(self) -> None:
        """Forget a copy that cannot be brought up to date; the next one is taken anew."""
        self.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def _locally(path: Path) -> Iterator[None]:
    """Tell what fails here from what fails at the source."""
    try:
        yield
    except ReplicaError:
        raise
    except (WastelandError, ValueError, KeyError, TypeError, OSError) as error:
        reason = getattr(error, "message", "") or type(error).__name__
        raise ReplicaError(
            f"The copy in {path} cannot be kept: {reason.rstrip('.')}.", hint=f"rm {path}"
        ) from error


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Yield a path beside *path* to work at; what is left there goes in the end."""
    with _locally(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # With a leading dot, because no repository can be called that.
    draft = path.with_name(f".{path.name}-{os.urandom(4).hex()}")
    try:
        yield draft
    finally:
        for leftover in path.parent.glob(f"*{draft.name}*"):
            leftover.unlink(missing_ok=True)


def _pages(source: Source, table: str, head: str) -> Iterator[Page]:
    after: str | None = None
    while True:
        page = source.page(table, head, after)
        yield page
        if page.next is None or not page.items:
            return
        after = page.next


def _definitions(columns: Columns) -> Sequence[str]:
    """Return the tables of a copy: what was refused at the source is not refused here again."""
    made = [_MAKE_STATE]
    for name, cells in columns.items():
        table = TABLES[name]
        if table.key not in cells:
            raise KeyError(table.key)
        typed = (
            f"{quoted(cell)} {_KEY_TYPE if cell == table.key else _TYPES[table.kind(cell)]}"
            for cell in cells
        )
        made.append(f"CREATE TABLE {quoted(name)} ({', '.join(typed)})")
        if set(table.column_names) <= set(cells):
            made += table.index_sql()
    return made


def _columns(engine: Engine) -> Columns:
    return {name: cells for name, cells in engine.tables().items() if name in TABLES}


def _put(change: Change, one: Changed, columns: Columns) -> None:
    """Make a row what it is at the source, whatever it was here."""
    table = quoted(one.table)
    if one.table not in columns:
        raise KeyError(one.table)
    change.run(
        f"DELETE FROM {table} WHERE {quoted(TABLES[one.table].key)} = :key", {"key": one.key}
    )
    if one.row is not None:
        _insert(change, one.table, one.row, columns)


def _insert(change: Change, table: str, row: Row, columns: Columns) -> None:
    if not set(row) <= set(columns[table]):
        raise KeyError(table)
    names = tuple(row)
    marks = ", ".join(f":p{number}" for number in range(len(names)))
    listed = ", ".join(map(quoted, names))
    values = {f"p{number}": _cell(row[name]) for number, name in enumerate(names)}
    change.execute(f"INSERT INTO {quoted(table)} ({listed}) VALUES ({marks})", values)


def _cell(value: object) -> Value:
    """
    Return what a source says that a cell holds.

    Raises:
        TypeError, ValueError: No cell holds that.
    """
    if value is None or isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    value.encode()  # halves of characters cannot be stored
    return value
