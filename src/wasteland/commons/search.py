"""
Ranked full-text search over the board, from a local index that follows main.

The index is a file of ours outside the commons: nothing is added to anybody's tables. It knows
the commit that it was built at and is brought up to date by the row diff, so a search after a
claim costs one row.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import ClassVar

from ..engines.base import Engine
from ..protocol.errors import Invalid, NotFound
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import WantedItem
from ..protocol.schema import Row
from . import queries
from .session import MAIN, Session

_COLUMNS = ("id", "title", "description", "tags", "project", "type")
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS state (head TEXT NOT NULL)",
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS items USING fts5(
        id UNINDEXED, title, description, tags, project, type, tokenize = 'porter unicode61'
    )
    """,
    "CREATE TABLE IF NOT EXISTS places (id TEXT PRIMARY KEY, place INTEGER NOT NULL)",
)
# A minus, then a phrase or a word, then a star.
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))(\*?)')
_MOST = 1000
_LONGEST = 1000
# A word in the title says more than one in the description.
_FIND = (
    "SELECT id, snippet(items, 2, '', '', '…', 12) AS excerpt FROM items WHERE items MATCH ? "
    "ORDER BY bm25(items, 0.0, 8.0, 2.0, 4.0, 3.0, 1.0) LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """An item found, with the passage of its description that fits."""

    flattened: ClassVar[str] = "item"

    item: WantedItem
    excerpt: str


class Search(Session):
    """The operation that finds items by words."""

    index_dir: Path | None = None

    def search(self, words: str, *, status: str = "all", limit: int = 20) -> list[Hit]:
        """
        Return items that hold all *words*, best first.

        Args:
            words: Free text; ``"a phrase"``, ``pre*`` and ``-without`` are understood.
            status: A stored word, or "all".
        Raises:
            Invalid: No word to search for.
        """
        match = _match(words)
        if not 1 <= limit <= _MOST:
            raise Invalid(f"--limit is 1 to {_MOST}, not {limit}.", field="limit", value=limit)
        self.refresh()
        found = _found(self._index_path(), self.engine, match, limit if status == "all" else _MOST)
        query = self.main()
        hits: list[Hit] = []
        for item_id, excerpt in found:
            item = queries.one(query, WantedItem, item_id)
            if item and status in {"all", item.status}:
                hits.append(Hit(item, excerpt or ""))
        return hits[:limit]

    def _index_path(self) -> Path | None:
        if self.index_dir is None:
            return None
        place = hashlib.sha256(self.engine.location.encode()).hexdigest()[:16]
        return self.index_dir / f"{self.repo.owner}-{self.repo.name}-{place}.idx"


def _match(text: str) -> str:
    """Return the FTS5 expression of what a user typed; nothing of it is syntax."""
    parts: list[str] = []
    excluded: list[str] = []
    for minus, phrase, word, star in _TERM.findall(_readable(text)):
        bare = phrase.strip() or word.lstrip("-").rstrip("*")
        if any(char.isalnum() for char in bare):
            beginning = "*" if star or word.endswith("*") else ""
            (excluded if minus else parts).append(f'"{bare}"{beginning}')
    if not parts:
        raise Invalid("Give a word to search for.", field="words", value=visible(text))
    return " ".join(parts) + "".join(f" NOT {word}" for word in excluded)


def _readable(text: str) -> str:
    """Return *text* without what no index holds: NUL, and halves of characters."""
    if len(text) > _LONGEST:
        raise Invalid(f"Search for {_LONGEST} characters at most.", field="words")
    return text.encode("utf-8", "ignore").decode().replace("\0", " ")


def _found(path: Path | None, engine: Engine, match: str, limit: int) -> list[tuple[str, str]]:
    """Ask the index, brought up to main; one that cannot be read is made anew."""
    try:
        return _ask(path, engine, match, limit)
    except sqlite3.DatabaseError:
        if path is None:
            raise
    try:
        path.unlink(missing_ok=True)
        return _ask(path, engine, match, limit)
    except (sqlite3.DatabaseError, OSError):
        # The cache cannot be kept; the answer is worth the time all the same.
        return _ask(None, engine, match, limit)


def _ask(path: Path | None, engine: Engine, match: str, limit: int) -> list[tuple[str, str]]:
    with closing(_index(path)) as index:
        _follow(index, engine)
        return index.execute(_FIND, (match, limit)).fetchall()


def _index(path: Path | None) -> sqlite3.Connection:
    if path:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    index = sqlite3.connect(path or ":memory:", timeout=30)
    try:
        for statement in _SCHEMA:
            index.execute(statement)
    except sqlite3.Error:
        index.close()
        raise
    return index


def _follow(index: sqlite3.Connection, engine: Engine) -> None:
    """Bring the index to main's head: by row diff from where it stands, else anew."""
    head = engine.head()
    known = index.execute("SELECT head FROM state").fetchone()
    if known and known[0] == head:
        return
    try:
        changes = engine.diff(known[0], head, tables=["wanted"]) if known else None
    except NotFound:
        changes = None
    with index:
        if changes is None:
            index.execute("DELETE FROM items")
            index.execute("DELETE FROM places")
            _insert(index, engine.stream("SELECT * FROM `wanted`", ref=MAIN))
        else:
            for change in changes:
                _forget(index, change.key)
            _insert(index, (change.after for change in changes if change.after))
        index.execute("DELETE FROM state")
        index.execute("INSERT INTO state VALUES (?)", (head,))


def _insert(index: sqlite3.Connection, rows: Iterable[Row]) -> None:
    for row in rows:
        values = list(_texts(row))
        done = index.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", values)
        index.execute("INSERT INTO places VALUES (?, ?)", (values[0], done.lastrowid))


def _texts(row: Row) -> Iterator[str]:
    for column in _COLUMNS:
        value = row.get(column)
        yield "" if value is None else str(value)


def _forget(index: sqlite3.Connection, item_id: str) -> None:
    place = index.execute("SELECT place FROM places WHERE id = ?", (item_id,)).fetchone()
    if place:
        index.execute("DELETE FROM items WHERE rowid = ?", place)
        index.execute("DELETE FROM places WHERE id = ?", (item_id,))
