"""
A copy of a commons' main on this machine, so that reads answer without its hub.

It is a database file of this user's, brought up to date by the rows that changed; the head that
it is a copy of is committed with them, so it never says more or less than it holds. Nothing is
ever written from it to the hub, and it may be deleted at any time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from ..engines.base import MAIN, Change
from ..engines.doltlite.engine import DoltLiteEngine
from ..engines.sql import insert_sql, quoted
from ..hosts.base import RepoName
from ..hosts.reading import ReadingHost
from ..protocol.errors import EngineError, NotFound, Unavailable, WastelandError
from ..protocol.schema import TABLES, Kind, Row, Value
from .following import Changed, Changes, Source
from .queries import Query
from .session import Seat, Session

S = TypeVar("S", bound=Session)
T = TypeVar("T")

_STATE: Final = "_replica"
_STATE_SQL: Final = f"CREATE TABLE `{_STATE}` (`name` VARCHAR(64) NOT NULL PRIMARY KEY, `value` TEXT)"
_HEAD: Final = f"SELECT `value` FROM `{_STATE}` WHERE `name` = 'head'"
_SET_HEAD: Final = f"UPDATE `{_STATE}` SET `value` = :head WHERE `name` = 'head' AND `value` = :known"
_FIRST_HEAD: Final = f"INSERT INTO `{_STATE}` (`name`, `value`) VALUES ('head', :head)"
_TYPES: Final = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "INT",
    Kind.REAL: "FLOAT",
    Kind.FLAG: "TINYINT(1)",
    Kind.JSON: "JSON",
    Kind.TIME: "TIMESTAMP",
}
_AUTHOR: Final = "wasteland"
_TRIES: Final = 3


class ReplicaError(EngineError):
    """The copy on this machine cannot be read or written; the hub knows better."""


class Replica:
    """
    The copy of one commons.

    Attributes:
        path: Its file; made at the first ``refresh``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine: DoltLiteEngine | None = None

    def close(self) -> None:
        """Close the file; using it afterwards opens it again."""
        if self._engine:
            self._engine.close()
        self._engine = None

    @property
    def head(self) -> str:
        """The commit that this is a copy of; "" where there is none that can be read."""
        if not self.path.is_file():
            return ""
        try:
            return _head(self._open().read)
        except WastelandError:
            return ""

    @property
    def seen_at(self) -> datetime | None:
        """When its source last said that this is its main; None where there is no copy."""
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def refresh(self, source: Source) -> int:
        """
        Bring the copy up to date; return how many pull requests are open at the source.

        Raises:
            ReplicaError: It cannot be kept here.
            WastelandError: As the source refuses, or because it cannot be reached.
        """
        for _ in range(_TRIES):
            known = self.head
            found = source.changes(known)
            if not found.is_whole or not known:
                self._take(source, found)
            elif found.head != known and not self._apply(known, found):
                continue  # another process was quicker
            os.utime(self.path)
            return found.pending
        raise ReplicaError(f"{self.path} is written by others all the time.")

    def session(self, kind: type[S], repo: RepoName, seat: Seat, *, place: str, mode: str) -> S:
        """Return a seat at the copy, as a session of class *kind* that only reads."""
        return kind(ReadingHost(repo, self._open(), place), repo, seat, mode=mode)

    # --- following

    def _apply(self, known: str, found: Changes) -> bool:
        """Repeat what changed since *known*; return whether this is still where the copy was."""
        try:
            with self._open().change() as change:
                columns = _columns(change)
                if change.run(_SET_HEAD, {"head": found.head, "known": known}) != 1:
                    return False
                for one in found.rows:
                    _put(change, one, columns)
                _commit(change, found.head, columns)
        except (WastelandError, KeyError, ValueError) as error:
            self._drop()
            raise _unusable(self.path, error) from error
        return True

    def _take(self, source: Source, found: Changes) -> None:
        """Make the copy anew beside the old one, and put it in its place."""
        if found.is_whole:
            found = source.changes("")
        with _draft(self.path) as draft:
            local: Callable[..., Any] = _guarded(self.path)
            with local(DoltLiteEngine.create, draft) as engine:
                _fill(engine, source, found, local)
            draft.chmod(0o600)
            self.close()
            draft.replace(self.path)

    def _open(self) -> DoltLiteEngine:
        if self._engine is None:
            if not self.path.is_file():
                raise NotFound(f"There is no copy in {self.path} .", hint="wl sync")
            self._engine = DoltLiteEngine(self.path)
        return self._engine

    def _drop(self) -> None:
        """Forget a copy that cannot be brought up to date; the next one is taken anew."""
        self.close()
        self.path.unlink(missing_ok=True)
