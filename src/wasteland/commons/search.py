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
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import ClassVar, TypeVar

from ..engines.base import Engine
from ..protocol.errors import Invalid, NotFound
from ..protocol.lean import dataclass
from ..protocol.names import visible
from ..protocol.records import Status, WantedItem
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
_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 8
_MOST_WEIGHED = 50
_SHORTEST = 3  # of words that tell titles apart
_LIKE = 0.34
_MOST_ALIKE = 24
_UNFINISHED = {Status.OPEN, Status.CLAIMED, Status.IN_REVIEW}
_OF_ID = re.compile(r"w-[0-9a-z]*\Z")
_MOST = 1000
_LONGEST = 1000
# A word in the title says more than one in the description.
_FIND = (
    "SELECT id, snippet(items, 2, '', '', '…', 12) AS excerpt FROM items WHERE items MATCH ? "
    "ORDER BY bm25(items, 0.0, 8.0, 2.0, 4.0, 3.0, 1.0) LIMIT ?"
)

_NEWEST = "SELECT id, title FROM items WHERE items MATCH ? ORDER BY rowid DESC LIMIT ?"
_IDS = "SELECT id FROM places WHERE id >= ? AND id < ? ORDER BY id LIMIT 8"
T = TypeVar("T")


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

    def keep_index(self) -> None:
        """Bring the index up to main's head, so that the next search need not."""
        if path := self._index_path():
            _asked(path, self.engine, lambda _: None)

    def suggest(self, text: str, *, limit: int = 8) -> list[WantedItem]:
        """
        Return items for what somebody is typing, likeliest first: quick at any size.

        Each word is the beginning of one in title, tags or project; the text may be that of an id.
        Of very many items that fit, the newest are weighed.

        Raises:
            Invalid: More characters than anybody searches for.
        """
        beginnings = _beginnings(text)
        if not beginnings:
            return []
        self.refresh()
        path = self._index_path()
        found = _asked(path, self.engine, lambda index: _suggested(index, text.strip(), beginnings))
        query = self.main()
        items = (queries.one(query, WantedItem, item_id) for item_id in found[:limit])
        return [item for item in items if item]

    def similar(self, title: str, *, limit: int = 5) -> list[WantedItem]:
        """
        Return unfinished items whose titles say much the same, likest first.

        Quick at any size: of very many that share a word the newest are weighed.
        """
        words = _telling(title)
        if not words:
            return []
        self.refresh()
        path = self._index_path()
        found = _asked(path, self.engine, lambda index: _alike(index, words))
        query = self.main()
        items = (queries.one(query, WantedItem, item_id) for item_id in found[:_MOST_ALIKE])
        return [item for item in items if item and item.state in _UNFINISHED][:limit]

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


def _beginnings(text: str) -> str:
    """Return the FTS5 expression of words that are being typed, "" for none."""
    words = _WORD.findall(_readable(text))[:_MOST_WORDS]
    return "{title tags project} : " + " ".join(f'"{word}"*' for word in words) if words else ""


def _suggested(index: sqlite3.Connection, text: str, beginnings: str) -> list[str]:
    """Return ids of items, those first whose title begins as the text does."""
    if _OF_ID.match(text):
        return [row[0] for row in index.execute(_IDS, (text, text + chr(0x10FFFF)))]
    rows = index.execute(_NEWEST, (beginnings, _MOST_WEIGHED)).fetchall()
    typed = text.casefold()
    rows.sort(key=lambda row: _distance(row[1].casefold(), typed))
    return [row[0] for row in rows]


def _telling(title: str) -> frozenset[str]:
    """Return the words of a title that tell it from others, folded."""
    words = (word.casefold() for word in _WORD.findall(_readable(title[:_LONGEST])))
    return frozenset(sorted({word for word in words if len(word) >= _SHORTEST})[: 2 * _MOST_WORDS])


def _alike(index: sqlite3.Connection, words: frozenset[str]) -> list[str]:
    """Return ids of items that share much of *words*, the likest first."""
    titled = "{title} : "
    every = titled + " ".join(f'"{word}"' for word in sorted(words))
    some = titled + "(" + " OR ".join(f'"{word}"' for word in sorted(words)) + ")"
    rows = {
        row
        for match in (every, some)
        for row in index.execute(_NEWEST, (match, 4 * _MOST_WEIGHED)).fetchall()
    }
    weighed = sorted((_likeness(words, _telling(title)), item_id) for item_id, title in rows)
    return [item_id for likeness, item_id in reversed(weighed) if likeness >= _LIKE]


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much two sets of words have in common, 0 to 1."""
    return len(one & other) / len(one | other) if other else 0.0


def _distance(title: str, typed: str) -> int:
    """Return how far a title is from what is typed: its beginning, in it, its words."""
    if title.startswith(typed):
        return 0
    return 1 if typed in title else 2


def _found(path: Path | None, engine: Engine, match: str, limit: int) -> list[tuple[str, str]]:
    return _asked(path, engine, lambda index: index.execute(_FIND, (match, limit)).fetchall())


def _asked(path: Path | None, engine: Engine, ask: Callable[[sqlite3.Connection], T]) -> T:
    """Ask the index, brought up to main; one that cannot be read is made anew."""
    try:
        return _ask(path, engine, ask)
    except sqlite3.DatabaseError:
        if path is None:
            raise
    try:
        path.unlink(missing_ok=True)
        return _ask(path, engine, ask)
    except (sqlite3.DatabaseError, OSError):
        # The cache cannot be kept; the answer is worth the time all the same.
        return _ask(None, engine, ask)


def _ask(path: Path | None, engine: Engine, ask: Callable[[sqlite3.Connection], T]) -> T:
    with closing(_index(path)) as index:
        _follow(index, engine)
        return ask(index)


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
