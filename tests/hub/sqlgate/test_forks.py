"""On Dolt, where forks are branches of one database, each repository sees its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.sqlgate.databases import BOB, FAR, NEAR, NOW, Cells, Database, database
from wasteland.hub.sqlgate import check_read

MIRA = "fork/mi_ra/"
pytestmark = pytest.mark.dolt


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, dolt_program: str) -> Iterator[Database]:
    """Return a commons with two forks, whose owners differ where LIKE has a wildcard."""
    with database("dolt", tmp_path_factory.mktemp("network")) as made:
        for name in (f"{MIRA}wl/mira/w-1", f"{MIRA}topic", "fork/mixra/wl/mira/w-2"):
            made.engine.create_branch(name, NEAR)
        yield made


def _stored(name: str) -> str:
    return name if name == "main" else MIRA + name


def _as_fork(made: Database, sql: str) -> list[Cells]:
    read = check_read(sql, dialect="dolt", now=NOW, ref_map=_stored, branch_prefix=MIRA)
    return made.run(read.sql)[1]


def test_a_fork_lists_its_branches_by_their_own_names(network: Database) -> None:
    sql = "SELECT name FROM dolt_branches ORDER BY name"

    assert [("main",), ("topic",), ("wl/mira/w-1",)] == _as_fork(network, sql)


def test_a_fork_finds_a_branch_by_its_own_name(network: Database) -> None:
    sql = "SELECT b.name FROM dolt_branches AS b WHERE b.name LIKE 'wl/mira/w\\-%'"

    assert [("wl/mira/w-1",)] == _as_fork(network, sql)
    assert [] == _as_fork(network, f"SELECT name FROM dolt_branches WHERE name LIKE '{MIRA}%'")


def test_a_fork_reads_its_branches_by_their_own_names(network: Database) -> None:
    assert [("w-1",)] == _as_fork(
        network, "SELECT to_id FROM dolt_diff('main', 'wl/mira/w-1', 'wanted')"
    )
    assert [("claimed",)] == _as_fork(
        network, "SELECT status FROM wanted AS OF 'topic' WHERE id = 'w-1'"
    )
    assert [("Claim w-1",)] == _as_fork(network, "SELECT message FROM dolt_log('topic') LIMIT 1")


def test_the_upstream_lists_no_branch_of_a_fork(network: Database) -> None:
    _, rows = network.read("SELECT name FROM dolt_branches ORDER BY name")

    assert [("main",), (NEAR,), (FAR,), (BOB,)] == rows


def test_the_history_does_not_tell_the_branches_of_forks(network: Database) -> None:
    for sql in ("SELECT * FROM dolt_log", f"SELECT * FROM dolt_log('{NEAR}')"):
        names, rows = network.read(sql)

        assert ["commit_hash", "committer", "email", "date", "message"] == names
        assert "fork/" not in repr(rows)
