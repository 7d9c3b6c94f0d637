"""What is special to Dolt: other programs on the same server, forks as branches, lost servers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.dolt.fixture import DoltLab, open_engine, shared_server
from engines.laboratory import AT, INSERT_WANTED, SCHEMA, post, retitle, titles, wanted
from wasteland.engines.base import MAIN, Ability, Engine
from wasteland.engines.dolt.engine import DoltEngine
from wasteland.engines.sql import insert_sql
from wasteland.protocol.errors import (
    Conflict,
    EngineError,
    Invalid,
    NotFound,
    Stale,
    Unavailable,
    Unsupported,
    WastelandError,
)
from wasteland.protocol.schema import LEASES

pytestmark = pytest.mark.dolt

CLAIM = "UPDATE wanted SET status = 'claimed', claimed_by = :rig WHERE id = :id AND status = 'open'"
CLAIM_ROW = {"rig": "ann", "id": "w-1"}
OURS = "UPDATE wanted SET title = 'ours' WHERE id = 'w-1'"
LEASE = insert_sql(LEASES, LEASES.column_names)


@pytest.fixture
def lab(program: str, tmp_path: Path) -> Iterator[DoltLab]:
    """Make databases and drop them."""
    made = DoltLab(tmp_path)
    yield made
    made.close()


@pytest.fixture
def engine(lab: DoltLab) -> DoltEngine:
    """Return an engine on a database with the whole schema and one open item."""
    made = lab.create("commons")
    assert isinstance(made, DoltEngine)
    made.run_ddl(SCHEMA, "schema", author="root", at=AT)
    post(made, "w-1")
    return made


def other_program(engine: DoltEngine, *statements: str, branch: str = MAIN) -> None:
    """Run SQL as a program does that knows nothing of us."""
    with (
        shared_server().connect(f"{engine.database}/{branch}") as session,
        session.cursor() as cursor,
    ):
        for statement in statements:
            cursor.execute(statement)


def lease(token: str) -> dict[str, str]:
    """Return a lease on w-1."""
    return {
        "wanted_id": "w-1",
        "holder": "ann",
        "token": token,
        "expires_at": "2026-02-02 00:00:00",
    }


# --- other programs that write


def test_a_commit_of_another_program_in_between_makes_a_change_stale(engine: DoltEngine) -> None:
    commit = "CALL dolt_commit('-am', 'theirs')"

    with engine.change() as change:
        change.execute(OURS)
        other_program(engine, "UPDATE wanted SET project = 'theirs'", commit)
        with pytest.raises(Stale) as caught:
            change.commit("ours", author="ann", at=AT, tables=["wanted"])

    assert caught.value.facts["expected"] == engine.log()[1].hash
    assert [row["title"] for row in engine.read("SELECT title FROM wanted")] == ["Item w-1"]
    assert engine.dirty() == []


def test_equal_claims_of_two_programs_are_told_apart_by_their_tokens(engine: DoltEngine) -> None:
    """Dolt itself refuses the second token, even where nobody looks at the head."""
    theirs = "INSERT INTO wlx_leases VALUES ('w-1', 'ann', 'theirs', '2026-02-02')"

    with engine.change() as change:
        change.execute(CLAIM, CLAIM_ROW)
        change.execute(LEASE, lease("ours"))
        other_program(engine, theirs)
        with pytest.raises(Stale):
            change.commit("claim", author="ann", at=AT, tables=["wanted", "wlx_leases"])

    assert [row["token"] for row in engine.read("SELECT token FROM wlx_leases")] == ["theirs"]


def test_rows_that_another_program_left_are_not_swept_into_a_commit(engine: DoltEngine) -> None:
    with engine.change() as change:
        change.execute(OURS)
        other_program(engine, "UPDATE wanted SET project = 'theirs'")
        base = change.head
        change.commit("ours", author="ann", at=AT, tables=["wanted"])

    (row,) = engine.diff(base, "main")
    assert row.cells == {"title": ("Item w-1", "ours")}
    assert engine.dirty() == ["wanted"]


def test_a_branch_that_another_program_deletes_is_not_found(engine: DoltEngine) -> None:
    engine.create_branch("side")
    assert titles(engine, "side") == {"w-1": "Item w-1"}

    other_program(engine, "CALL dolt_branch('-D', 'side')")

    with pytest.raises(NotFound):
        titles(engine, "side")
    with pytest.raises(NotFound), engine.change("side"):
        pass


def test_a_branch_made_anew_by_another_program_is_read_as_it_is(engine: DoltEngine) -> None:
    engine.create_branch("side")
    titles(engine, "side")
    head = retitle(engine, "w-1", "new")

    other_program(engine, "CALL dolt_branch('-f', 'side', 'main')")

    assert (titles(engine, "side"), engine.head("side")) == ({"w-1": "new"}, head)


def test_a_writer_waits_no_longer_than_it_was_told_to(engine: DoltEngine) -> None:
    hasty = DoltEngine(shared_server(), engine.database, timeout_s=0)

    with engine.change(), pytest.raises(Unavailable), hasty.change():
        pass
    with hasty.change() as change:
        assert change.head == engine.head()
    hasty.close()


def test_writers_of_two_branches_do_not_wait_for_each_other(engine: DoltEngine) -> None:
    engine.create_branch("side")
    hasty = DoltEngine(shared_server(), engine.database, timeout_s=0)

    with engine.change(), hasty.change("side") as change:
        change.execute("UPDATE wanted SET title = 'side'")
        change.commit("side", author="bob", at=AT, tables=["wanted"])

    assert titles(engine, "side") == {"w-1": "side"}
    hasty.close()


# --- a fork as a view


def test_a_fork_reads_its_parents_main_as_it_moves(engine: DoltEngine) -> None:
    fork = DoltEngine(shared_server(), engine.database, branch_prefix="fork/ann/")
    assert fork.head() == engine.head()

    head = retitle(engine, "w-1", "new")

    assert (fork.head(), titles(fork)) == (head, {"w-1": "new"})
    assert [branch.name for branch in fork.branches()] == ["main"]


def test_a_fork_sees_and_writes_its_own_branches_alone(engine: DoltEngine) -> None:
    ann, bob = (
        DoltEngine(shared_server(), engine.database, branch_prefix=f"fork/{owner}/")
        for owner in ("ann", "bob")
    )
    ann.create_branch("wl/w-1")
    bob.create_branch("wl/w-1")
    head = retitle(ann, "w-1", "ann's", branch="wl/w-1")

    assert (titles(ann, "wl/w-1"), titles(bob, "wl/w-1"), titles(engine)) == (
        {"w-1": "ann's"},
        {"w-1": "Item w-1"},
        {"w-1": "Item w-1"},
    )
    assert [branch.name for branch in ann.branches()] == ["main", "wl/w-1"]
    assert engine.head("fork/ann/wl/w-1") == head
    for ref in ("fork/bob/wl/w-1", "bob/wl/w-1", "../bob/wl/w-1"):
        with pytest.raises(NotFound):
            ann.head(ref)
        with pytest.raises(NotFound):
            ann.read("SELECT 1 AS one", ref=ref)


def test_a_forks_commit_is_read_and_merged_from_the_parent(engine: DoltEngine) -> None:
    fork = DoltEngine(shared_server(), engine.database, branch_prefix="fork/ann/")
    fork.create_branch("x")
    base, head = engine.head(), retitle(fork, "w-1", "ann's", branch="x")

    assert engine.fast_forward("main", head, expected=base) == head
    assert fork.merge_base("x", "main") == head
    fork.delete_branch("x")
    assert [branch.name for branch in engine.branches("fork/")] == []


def test_a_fork_knows_the_ancestors_of_branches_and_commits(engine: DoltEngine) -> None:
    fork = DoltEngine(shared_server(), engine.database, branch_prefix="fork/ann/")
    fork.create_branch("x")
    before, head = fork.head("x"), retitle(fork, "w-1", "ann's", branch="x")

    assert [before] * 3 == [fork.head(ref) for ref in ("x~1", "x^", f"{head}~1")]
    assert engine.head("main~1") == fork.head("main~1")
    assert titles(fork, ref=f"{head}~1") == titles(fork, ref=before)
    assert ["w-1"] == [row.key for row in fork.diff(f"{head}~1", head)]


def test_a_forks_main_is_never_written(engine: DoltEngine) -> None:
    fork = DoltEngine(shared_server(), engine.database, branch_prefix="fork/ann/")
    head = engine.head()

    with pytest.raises(Unsupported), fork.change():
        pass
    with pytest.raises(Unsupported):
        fork.move_branch("main", head)
    with pytest.raises(Unsupported):
        fork.fast_forward("main", head, expected=head)
    with pytest.raises(Unsupported):
        fork.merge(head, author="ann", at=AT, message="m")
    with pytest.raises(Unsupported):
        fork.run_ddl(["CREATE TABLE t (id INT PRIMARY KEY)"], "t", author="ann", at=AT)
    with pytest.raises(WastelandError):
        fork.delete_branch("main")


def test_hidden_branches_are_not_listed_but_read(engine: DoltEngine) -> None:
    fork = DoltEngine(shared_server(), engine.database, branch_prefix="fork/ann/")
    fork.create_branch("x")
    parent = DoltEngine(shared_server(), engine.database, hidden_prefix="fork/")

    assert ["main"] == [branch.name for branch in parent.branches()]
    assert fork.head("x") == parent.head("fork/ann/x")


def test_a_fork_has_no_remotes_and_says_so(engine: DoltEngine) -> None:
    fork = DoltEngine(shared_server(), engine.database, branch_prefix="fork/ann/")

    assert Ability.PUSH not in fork.abilities
    assert fork.remotes() == []
    with pytest.raises(Unsupported):
        fork.push("origin", "x")
    with pytest.raises(Unsupported):
        fork.gc()


# --- values and statements


def test_json_null_is_read_as_null(engine: DoltEngine) -> None:
    """Dolt's own merge writes JSON null where NULL was."""
    other_program(engine, "UPDATE wanted SET tags = 'null'", "CALL dolt_commit('-am', 'null')")

    assert engine.read("SELECT tags FROM wanted") == [{"tags": None}]
    assert engine.diff("main~1", "main")[0].cells == {}


def test_numbers_of_every_kind_are_numbers(engine: DoltEngine) -> None:
    sql = "SELECT 2.00 AS whole, 0.5 AS part, 1.5e0 AS real_, TRUE AS flag, COUNT(*) AS n"

    (row,) = engine.read(f"{sql} FROM wanted")

    assert row == {"whole": 2, "part": 0.5, "real_": 1.5, "flag": 1, "n": 1}
    assert [type(value) for value in row.values()] == [int, float, float, int, int]


def test_text_too_long_for_its_column_is_refused_not_cut(engine: DoltEngine) -> None:
    with pytest.raises(Invalid), engine.change() as change:
        change.execute(INSERT_WANTED, wanted("w-2", project="x" * 65))

    assert list(titles(engine)) == ["w-1"]


@pytest.mark.parametrize(
    "sql",
    ["CALL dolt_reset('--hard', 'HEAD~1')", "UPDATE wanted SET title = 'x'", "DROP TABLE rigs"],
)
def test_reading_writes_nothing(engine: DoltEngine, sql: str) -> None:
    head = engine.head()

    with pytest.raises(Invalid):
        engine.read(sql)
    assert (engine.head(), engine.dirty()) == (head, [])


def test_schema_statements_that_fail_leave_nothing(engine: DoltEngine) -> None:
    head = engine.head()
    ddl = ["CREATE TABLE extra (id INT PRIMARY KEY)", "CREATE TABLE rigs (id INT PRIMARY KEY)"]

    with pytest.raises(WastelandError):
        engine.run_ddl(ddl, "extra", author="root", at=AT)

    assert (engine.head(), engine.dirty(), "extra" in engine.tables()) == (head, [], False)


def test_a_stream_that_is_left_early_holds_nothing_up(engine: DoltEngine) -> None:
    post(engine, *(f"w-{number}" for number in range(2, 40)))
    rows = engine.stream("SELECT a.id FROM wanted a, wanted b, wanted c ORDER BY a.id")

    assert next(rows) == {"id": "w-1"}
    rows.close()  # type: ignore[attr-defined]  # a generator

    assert len(titles(engine)) == 39


# --- processes


def test_a_child_process_after_a_fork_uses_connections_of_its_own(engine: DoltEngine) -> None:
    head = engine.head()
    with engine.change() as change:
        child = os.fork()
        if child == 0:
            os._exit(_answers_of_child(engine, change.query, head))
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert engine.head() == head


def _answers_of_child(engine: Engine, query: object, head: str) -> int:
    """Return 0 if the child could read, and could not go on with its parent's change."""
    assert callable(query)
    try:
        query("SELECT 1 AS one")
    except EngineError:
        return 0 if engine.head() == head else 2
    return 1


def test_another_process_sees_a_commit_at_once(engine: DoltEngine) -> None:
    other = open_engine(shared_server().data_dir, engine.database)
    assert titles(other) == {"w-1": "Item w-1"}

    retitle(engine, "w-1", "new")

    assert titles(other) == {"w-1": "new"}
    other.close()


def test_raw_dolt_reads_the_history_that_we_wrote(program: str, engine: DoltEngine) -> None:
    retitle(engine, "w-1", "new")

    command = [program, "log", "--oneline", "-n", "1"]
    done = subprocess.run(command, cwd=engine.location, capture_output=True, text=True, check=True)
    assert "retitle w-1" in done.stdout


def test_a_database_that_exists_is_not_made_again(engine: DoltEngine) -> None:
    with pytest.raises(Conflict):
        DoltEngine.create(shared_server(), engine.database)


def test_a_database_that_does_not_exist_is_not_found(program: str) -> None:
    with pytest.raises(NotFound):
        DoltEngine(shared_server(), "nothing").head()


def test_a_database_that_was_dropped_is_gone(program: str) -> None:
    engine = DoltEngine.create(shared_server(), "to-be-dropped")

    engine.drop()

    with pytest.raises(NotFound):
        engine.head()
    with pytest.raises(NotFound):
        engine.drop()


def test_a_fork_cannot_drop_its_parents_database(engine: DoltEngine) -> None:
    fork = DoltEngine(shared_server(), engine.database, branch_prefix="fork/ann/")

    with pytest.raises(Unsupported):
        fork.drop()
