"""What differs between two commits, and who changed what when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ...protocol.diff import RowChange
from ...protocol.errors import NotFound
from ...protocol.schema import TABLES, Row, Value
from ..base import Commit, RowVersion
from ..refusals import began_later
from ..sql import quoted
from .commits import changed_tables, read_commit, read_date
from .connections import fetch
from .signing_in import Session

_SUMMARY: Final = (
    "SELECT from_table_name, to_table_name, data_change, schema_change "
    "FROM dolt_diff_summary(%s, %s)"
)
_EACH: Final = "SELECT * FROM dolt_diff(%s, %s, %s)"
_COUNT: Final = "SELECT diff_type, COUNT(*) AS n FROM dolt_diff(%s, %s, %s) GROUP BY diff_type"
_LOG: Final = "SELECT commit_hash, committer, email, date, message FROM dolt_log(%s) LIMIT %s"
_LOG_UNTIL: Final = "SELECT commit_hash FROM dolt_log(%s) WHERE date < %s LIMIT 1"
_COMMITS: Final = "SELECT commit_hash FROM dolt_log"
_ANCESTORS: Final = "SELECT commit_hash, parent_hash FROM dolt_commit_ancestors"
_KEY_COLUMNS: Final = "SHOW KEYS FROM {} WHERE Key_name = 'PRIMARY'"
_ALL: Final = 2**63 - 1
_VERSION_COLUMNS: Final = ("commit_hash", "committer", "commit_date")
# The engine's own tables; their rows are no rows of the commons.
_OWN: Final = "dolt_"


def changed_rows(
    session: Session[Any], base: str, head: str, tables: Sequence[str] | None
) -> list[RowChange]:
    """Return the net row changes from commit *base* to commit *head*, by table and key."""
    names = _with_changed_rows(session, base, head)
    return _rows(session, base, head, names if tables is None else names.intersection(tables))


def counted_rows(session: Session[Any], base: str, head: str) -> dict[tuple[str, str], int]:
    """Return how many rows differ from *base* to *head*, by table and kind."""
    return {
        (table, str(row["diff_type"])): int(row["n"] or 0)
        for table in _with_changed_rows(session, base, head)
        for row in fetch(session, _COUNT, (base, head, table))
    }


def page_of_rows(
    session: Session[Any], base: str, head: str, table: str, *, skip: int, limit: int
) -> list[RowChange]:
    """Return net row changes of one table in the engine's order, without the first *skip*."""
    if table not in _with_changed_rows(session, base, head):
        return []
    rows = fetch(session, f"{_EACH} LIMIT %s OFFSET %s", (base, head, table, limit, skip))
    return [_change(table, row) for row in rows]


def uncommitted_rows(session: Session[Any]) -> list[RowChange]:
    """Return the row changes on the session's branch since its head, by table and key."""
    return _rows(session, "HEAD", "WORKING", changed_tables(session))


def changed_schemas(session: Session[Any], base: str, head: str) -> list[str]:
    """Return the names of the tables whose definition differs, indexes included."""
    return sorted({name for name, _, is_changed in _summary(session, base, head) if is_changed})


def read_log(session: Session[Any], commit: str, *, after: str, limit: int | None) -> list[Commit]:
    """
    Return commits, newest first.

    Args:
        session: On the database, at any ref.
        commit: Hash of the newest.
        after: Hash; it and its ancestors are left out; "" for the whole history.
        limit: How many at most; None for all.
    """
    span = f"{after}..{commit}" if after else commit
    rows = fetch(session, _LOG, (span, _ALL if limit is None else limit))
    return [read_commit(row) for row in rows]


def commit_until(session: Session[Any], commit: str, when: datetime) -> str:
    """
    Return the newest commit in the history of *commit* that is not younger than *when*.

    Raises:
        NotFound: The history begins later.
    """
    # The server keeps fractions of a second where the commit's date was not given.
    until = when.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    rows = fetch(session, _LOG_UNTIL, (commit, f"{until:%Y-%m-%d %H:%M:%S}"))
    if not rows:
        raise began_later(commit, when)
    return str(rows[0]["commit_hash"])


def row_versions(session: Session[Any], table: str, key: str) -> list[RowVersion]:
    """Return what the history of the session's place holds of one row, newest first."""
    column = TABLES[table].key if table in TABLES else _key_column(session, table)
    history = quoted(f"dolt_history_{table}")
    rows = fetch(session, f"SELECT * FROM {history} WHERE {quoted(column)} = %s", (key,))
    versions = {version.commit: version for version in map(_version, rows)}
    parents: dict[str, list[str]] = {}
    for row in fetch(session, _ANCESTORS):
        parents.setdefault(str(row["commit_hash"]), []).append(str(row["parent_hash"]))
    newest_first = [str(row["commit_hash"]) for row in fetch(session, _COMMITS)]
    return [
        versions[commit]
        for commit in newest_first
        if commit in versions and _has_changed(versions, commit, parents.get(commit, []))
    ]


def _has_changed(versions: dict[str, RowVersion], commit: str, parents: Sequence[str]) -> bool:
    """Return whether *commit* left the row as none of its parents had it."""
    row = versions[commit].row
    return all(parent not in versions or versions[parent].row != row for parent in parents)


def _summary(session: Session[Any], base: str, head: str) -> list[tuple[str, bool, bool]]:
    rows = fetch(session, _SUMMARY, (base, head))
    return [
        (
            str(row["to_table_name"] or row["from_table_name"]),
            bool(row["data_change"]),
            bool(row["schema_change"]),
        )
        for row in rows
    ]


def _with_changed_rows(session: Session[Any], base: str, head: str) -> set[str]:
    return {
        name
        for name, has_data_change, _ in _summary(session, base, head)
        if has_data_change and not name.startswith(_OWN)
    }


def _rows(
    session: Session[Any], base: str, head: str, tables: Sequence[str] | set[str]
) -> list[RowChange]:
    changes = [
        _change(table, row)
        for table in sorted(tables)
        if not table.startswith(_OWN)
        for row in fetch(session, _EACH, (base, head, table))
    ]
    return sorted(changes, key=_place)


def _place(change: RowChange) -> tuple[str, str]:
    return change.table, change.key if change.table in TABLES else ""


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
    commit, author, date = (row[name] for name in _VERSION_COLUMNS)
    return RowVersion(str(commit), str(author), read_date(date), stored)


def _key_column(session: Session[Any], table: str) -> str:
    rows = fetch(session, _KEY_COLUMNS.format(quoted(table)))
    if not rows:
        raise NotFound(f"Table {table} has no primary key.", table=table)
    return str(rows[0]["Column_name"])
