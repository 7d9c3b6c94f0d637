"""Everything that existing clients send runs, and gives the same on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.sqlgate.databases import Database, Rows, canonical, database
from hub.sqlgate.shapes import READS, WRITES, Read
from wasteland.protocol.schema import TABLES, Value, canonical_row

_ORDERED = "ORDER BY"


def _rows(read: Read, rows: Rows) -> list[tuple[object, ...]]:
    found = [canonical(row) for row in rows]
    return found if _ORDERED in read.sql else sorted(found, key=repr)


@pytest.mark.parametrize("read", READS, ids=lambda read: read.sql[:60])
def test_a_query_of_a_client_gives_its_rows(doltlite: Database, read: Read) -> None:
    _, rows = doltlite.read(read.sql)

    if read.expected is not None:
        assert _rows(read, read.expected) == _rows(read, rows)


@pytest.mark.dolt
@pytest.mark.parametrize("read", READS, ids=lambda read: read.sql[:60])
def test_a_query_gives_the_same_columns_and_rows_on_both_engines(
    doltlite: Database, dolt: Database, read: Read
) -> None:
    names, rows = doltlite.read(read.sql)
    dolt_names, dolt_rows = dolt.read(read.sql)

    assert names == dolt_names
    assert _rows(read, rows) == _rows(read, dolt_rows)


@pytest.fixture(params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "dolt":
        request.getfixturevalue("dolt_program")
    with database(str(request.param), tmp_path) as made:
        yield made


def _cells(made: Database, table: str) -> list[dict[str, Value]]:
    """Return the uncommitted rows of a table in canonical spelling."""
    names, rows = made.run(f"SELECT * FROM `{table}`")
    found = [canonical_row(table, dict(zip(names, row, strict=True))) for row in rows]
    return sorted(found, key=repr)


def test_the_writes_of_a_client_leave_the_rows_that_they_say(fresh: Database) -> None:
    for sql in WRITES:
        fresh.write(sql)

    items = {row["id"]: row for row in _cells(fresh, "wanted")}
    assert (items["w-9"]["title"], items["w-9"]["description"]) == (
        "It's \\ 100% _x_ \u00e9",
        "a\nb -- /* ; */",
    )
    assert ("completed", "bob") == (items["w-1"]["status"], items["w-1"]["claimed_by"])
    assert "http://x/?a&b='2'" == items["w-1"]["evidence_url"]
    assert ("n\\n", "%\\_") == (items["w-2"]["title"], items["w-2"]["description"])
    assert ["c-9"] == [row["id"] for row in _cells(fresh, "completions")]
    rigs = {
        row["handle"]: (row["trust_level"], row["display_name"]) for row in _cells(fresh, "rigs")
    }
    assert {"ann": (3, "Ann"), "bob": (2, "BOB"), "cy": (2, "Cy!")} == rigs


@pytest.mark.dolt
def test_the_writes_of_a_client_leave_equal_rows_on_both_engines(
    tmp_path: Path, dolt_program: str
) -> None:
    left: dict[str, dict[str, list[dict[str, Value]]]] = {}
    for dialect in ("doltlite", "dolt"):
        with database(dialect, tmp_path) as made:
            for sql in WRITES:
                made.write(sql)
            left[dialect] = {table: _cells(made, table) for table in TABLES}

    assert left["doltlite"] == left["dolt"]
