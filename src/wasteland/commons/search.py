"""
Ranked full-text search over the board, from a local index that follows main.

The index is a file of ours outside the commons: nothing is added to anybody's tables. It knows
the commit that it was built at and is brought up to date by the row diff, so a search after a
claim costs one row.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..engines.base import Engine
from ..protocol.errors import Invalid, NotFound
from ..protocol.lean import dataclass
from ..protocol.records import WantedItem
from ..protocol.schema import Row
from . import queries
from .session import MAIN, Session

_COLUMNS = ("id", "title", "description", "tags", "project", "type")
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS state (head TEXT NOT NULL)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS items USING fts5("
    "id UNINDEXED, title, description, tags, project, type, tokenize = 'porter unicode61')",
    "CREATE TABLE IF NOT EXISTS places (id TEXT PRIMARY KEY, place INTEGER NOT NULL)",
)
# A word in the title says more than one in the description.
_FIND = (
    "SELECT id, snippet(items, 2, '', '', '…', 12) AS excerpt FROM items WHERE items MATCH ? "
    "ORDER BY bm25(items, 0.0, 8.0, 2.0, 4.0, 3.0, 1.0) LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """An item found, with the passage of its description that fits."""

    item: WantedItem
    excerpt: str


class Search(Session):
    """The operation that finds items by words."""

    index_dir: Path | None = None

    def search(
        self, words: str, *, status: str = "all", limit: int = 20
    ) -> list[Hit]:
        """
        Return items that hold all *words*, best first.

        Args:
            words: Free text; ``"a phrase"``, ``pre*`` and ``-without`` are understood.
            status: A stored word, or "all".
        Raises:
            Invalid: No word to search for.
        """
        match = _match(words)
        self.refresh()
        engine = self.engine
        with _index(self._index_path()) as index:
            _follow(index, engine)
            found = index.execute(_FIND, (match, limit if status == "all" else 1000)).fetchall()
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
    for number, piece in enumerate(text.split('"')):
        words = [piece] if number % 2 else piece.split()
        for word in filter(None, (w.strip() for w in words)):
            target = excluded if word.startswith("-") and len(word) > 1 else parts
            bare = word.lstrip("-").rstrip("*")
            if any(char.isalnum() for char in bare):
                star = "*" if word.endswith("*") else ""
                target.append(f'"{bare}"{star}')
    if not parts:
        raise Invalid("Give a word to search for.", field="words", value=text)
    return " ".join(parts) + "".join(f" NOT {word}" for word in excluded)


def _index(path: Path | None) -> sqlite3.Connection:
    if path:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    index = sqlite3.connect(path or ":memory:", timeout=30)
    for statement in _SCHEMA:
        index.execute(statement)
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
