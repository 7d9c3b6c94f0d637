"""What differs between two commits, and who changed what when, asked in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from ...protocol.diff import RowChange
from ...protocol.errors import EngineError, Forbidden, NotFound, Unsupported
from ...protocol.names import visible
from ...protocol.schema import TABLES, Row, Value
from ..authors import shown_email
from ..base import MAIN, Commit, RowVersion, Tag
from ..refusals import began_later
from ..sql import quoted
from .database import Database
from .literals import literal, render
from .paging import in_order, pages
from .values import is_true

_SUMMARY: Final = (
    "SELECT from_table_name, to_table_name, data_change, schema_change "
    "FROM dolt_diff_summary(:base, :head)"
)
_LOG: Final = "SELECT commit_hash, committer, email, date, message FROM dolt_log(:span)"
_LOG_UNTIL: Final = "SELECT commit_hash FROM dolt_log(:head) WHERE date < :until"
_ANCESTORS: Final = "SELECT commit_hash, parent_hash FROM dolt_commit_ancestors"
_TAGS: Final = "SELECT tag_name, tag_hash, tagger, date, message FROM dolt_tags ORDER BY tag_name"
_VERSION_COLUMNS: Final = ("commit_hash", "committer", "commit_date")
# The database's own tables; their rows are no rows of the commons.
_OWN: Final = "dolt_"


def changed_rows(
    database: Database, base: str, head: str, tables: Sequence[str] | None
) -> list[RowChange]:
    """Return the net row changes from commit *base* to commit *head*, by table and key."""
    changes = [
        _change(table, row)
        for table, has_rows, _ in _summary(database, base, head)
        if has_rows and not table.startswith(_OWN) and (tables is None or table in tables)
        for row in _diff(database, base, head, table)
    ]
    return sorted(changes, key=lambda change: (change.table, change.key))


def count_changed(database: Database, base: str, head: str, table: str) -> int:
    """Return how many rows of *table* differ between two commits."""
    places = f"{literal(base)}, {literal(head)}, {literal(table)}"
    sql = f"SELECT COUNT(*) AS n FROM dolt_diff({places})"
    return int(database.read(sql, head).rows[0]["n"] or 0)


def changed_schemas(database: Database, base: str, head: str) -> list[str]:
    """Return the names of the tables whose definition differs."""
    return sorted({name for name, _, is_new in _summary(database, base, head) if is_new})


def read_log(database: Database, head: str, *, after: str, limit: int | None) -> list[Commit]:
    """
    Return commits, newest first.

    Args:
        head: Hash of the newest.
        after: Hash; it and its ancestors are left out; "" for the whole history.
        limit: How many at most; None for all.
    """
    sql = render(_LOG, {"span": f"{after}..{head}" if after else head})
    return [_commit(row) for page in in_order(database, sql, head, limit=limit) for row in page]


def read_tags(database: Database) -> list[Tag]:
    """Return the tags by name."""
    return [
        Tag(
            str(row["tag_name"]),
            str(row["tag_hash"]),
            str(row["tagger"]),
            _read_date(row["date"]),
            str(row["message"] or ""),
        )
        for page in in_order(database, _TAGS, MAIN)
        for row in page
    ]


def commit_until(database: Database, head: str, when: datetime) -> str:
    """
    Return the newest commit in the history of *head* that is not younger than *when*.

    Raises:
        NotFound: The history begins later.
    """
    until = when.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    values = {"head": head, "until": f"{until:%Y-%m-%d %H:%M:%S}"}
    for page in in_order(database, render(_LOG_UNTIL, values), head, limit=1):
        return str(page[0]["commit_hash"])
    raise began_later(head, when)


def row_versions(database: Database, table: str, key: str, head: str) -> list[RowVersion]:
    """
    Return what the history of *head* holds of one row, newest first.

    Raises:
        Unsupported: The host does not show ``dolt_history_<table>``, or the table is none of ours.
    """
    if table not in TABLES:
        raise Unsupported(f"The history of {table} cannot be asked of this host.", table=table)
    name, column = quoted(f"dolt_history_{table}"), quoted(TABLES[table].key)
    sql = render(f"SELECT * FROM {name} WHERE {column} = :key", {"key": key})
    try:
        found = [row for page in pages(database, sql, head) for row in page]
    except (NotFound, Forbidden) as error:
        raise Unsupported(f"{database.location} does not show the versions of a row.") from error
    versions = {version.commit: version for version in map(_version, found)}
    parents = _parents(database, head) if versions else {}
    return [
        versions[commit.hash]
        for commit in (read_log(database, head, after="", limit=None) if versions else ())
        if commit.hash in versions and _has_changed(versions, commit.hash, parents)
    ]


def _has_changed(
    versions: dict[str, RowVersion], commit: str, parents: dict[str, list[str]]
) -> bool:
    """Return whether *commit* left the row as none of its parents had it."""
    row = versions[commit].row
    before = [versions[name] for name in parents.get(commit, []) if name in versions]
    return all(version.row != row for version in before)


def _parents(database: Database, head: str) -> dict[str, list[str]]:
    parents: dict[str, list[str]] = {}
    for page in pages(database, _ANCESTORS, head):
        for row in page:
            parents.setdefault(str(row["commit_hash"]), []).append(str(row["parent_hash"]))
    return parents


def _summary(database: Database, base: str, head: str) -> list[tuple[str, bool, bool]]:
    sql = render(_SUMMARY, {"base": base, "head": head})
    return [
        (
            str(row["to_table_name"] or row["from_table_name"]),
            is_true(row["data_change"]),
            is_true(row["schema_change"]),
        )
        for row in database.read(sql, head).rows
    ]


def _diff(database: Database, base: str, head: str, table: str) -> Iterator[dict[str, Value]]:
    places = f"{literal(base)}, {literal(head)}, {literal(table)}"
    sql = f"SELECT * FROM dolt_diff({places})"
    first = database.read(sql, head)
    if not first.is_cut:
        yield from first.rows
        return
    for page in pages(database, sql, head):
        yield from page


def _change(table: str, row: dict[str, Value]) -> RowChange:
    kind = row["diff_type"]
    return RowChange(
        table,
        before=None if kind == "added" else _side(row, "from_"),
        after=None if kind == "removed" else _side(row, "to_"),
    )


def _side(row: dict[str, Value], side: str) -> Row:
    ignored = {f"{side}commit", f"{side}commit_date"}
    return {
        name.removeprefix(side): value
        for name, value in row.items()
        if name.startswith(side) and name not in ignored
    }


def _version(row: dict[str, Value]) -> RowVersion:
    stored = {name: value for name, value in row.items() if name not in _VERSION_COLUMNS}
    commit, author, date = (row.get(name) for name in _VERSION_COLUMNS)
    return RowVersion(str(commit), str(author), _read_date(date), stored)


def _commit(row: dict[str, Value]) -> Commit:
    return Commit(
        hash=str(row["commit_hash"]),
        author=str(row["committer"]),
        email=shown_email(str(row["email"] or "")),
        at=_read_date(row["date"]),
        message=str(row["message"]),
    )


def _read_date(text: Value) -> datetime:
    try:
        return datetime.fromisoformat(str(text)[:19]).replace(tzinfo=UTC)
    except ValueError as error:
        raise EngineError(f"The host states no date of a commit: {visible(str(text))}.") from error
