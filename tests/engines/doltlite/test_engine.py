"""What the embedded engine promises beyond the contract."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.laboratory import AT, SCHEMA, post, retitle, titles
from wasteland.engines.base import Ability
from wasteland.engines.doltlite import exceptions
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.engines.doltlite.errors import translate
from wasteland.protocol.errors import (
    Conflict,
    EngineError,
    Invalid,
    NotFound,
    Stale,
    Tampered,
    Unavailable,
    Unsupported,
    WastelandError,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "commons.db"


@pytest.fixture
def engine(path: Path) -> Iterator[DoltLiteEngine]:
    with closing(DoltLiteEngine.create(path)) as made:
        made.run_ddl(SCHEMA, "schema", author="root", at=AT)
        yield made


def lazy_clone(engine: DoltLiteEngine, path: Path) -> DoltLiteEngine:
    return DoltLiteEngine.clone(f"file://{engine.location}", path, lazy=True)


def test_it_can_do_everything() -> None:
    assert frozenset(Ability) == DoltLiteEngine.abilities


def test_a_file_that_exists_is_not_made_again(engine: DoltLiteEngine, path: Path) -> None:
    with pytest.raises(Conflict):
        DoltLiteEngine.create(path)
    with pytest.raises(Conflict):
        DoltLiteEngine.clone(f"file://{path}", path)

    assert engine.check() == []


def test_a_missing_file_is_not_found_and_not_made(path: Path) -> None:
    with pytest.raises(NotFound):
        DoltLiteEngine(path).head()

    assert not path.exists()


def test_a_clone_of_nothing_leaves_no_file(tmp_path: Path, path: Path) -> None:
    with pytest.raises(Unavailable):
        DoltLiteEngine.clone(f"file://{tmp_path}/nothing.db", path)

    assert not path.exists()


@pytest.mark.parametrize("name", ["a b", "50%25", "q?lazy_origin=0", "x#y", "me@home", "ü"])
def test_paths_with_signs_of_a_uri_are_paths(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with closing(DoltLiteEngine.create(folder / f"{name}.db")) as engine:
        engine.run_ddl(SCHEMA, "schema", author="root", at=AT)
        post(engine, "w-1")
        engine.create_branch("b")
        with closing(lazy_clone(engine, folder / "lazy.db")) as clone:
            assert titles(clone, "origin/b") == titles(engine, "b") == {"w-1": "Item w-1"}


def test_a_lazy_clone_is_small_and_shares_nothing_it_writes(
    engine: DoltLiteEngine, tmp_path: Path
) -> None:
    post(engine, *(f"w-{n}" for n in range(500)))
    with closing(lazy_clone(engine, tmp_path / "fork.db")) as fork:
        assert fork.size_bytes() * 10 < engine.size_bytes()
        fork.create_branch("wl/bob/w-1")
        retitle(fork, "w-1", "in the fork", branch="wl/bob/w-1")

        engine.add_remote("fork", f"file://{fork.location}")
        engine.fetch("fork", "wl/bob/w-1")

        assert fork.check() == []
    assert engine.branches("wl/") == []
    (change,) = engine.diff("main", "fork/wl/bob/w-1")
    assert change.cells == {"title": ("Item w-1", "in the fork")}


def test_a_lazy_clone_follows_its_origin(engine: DoltLiteEngine, tmp_path: Path) -> None:
    post(engine, "w-1")
    with closing(lazy_clone(engine, tmp_path / "fork.db")) as fork:
        before = fork.head()
        head = retitle(engine, "w-1", "upstream")
        engine.gc()

        fork.fetch("origin", "main")
        fork.fast_forward("main", "origin/main", expected=before)

        assert (head, {"w-1": "upstream"}) == (fork.head(), titles(fork))


def test_the_origin_of_a_lazy_clone_stays(engine: DoltLiteEngine, tmp_path: Path) -> None:
    with closing(lazy_clone(engine, tmp_path / "fork.db")) as fork:
        with pytest.raises(Unsupported):
            fork.remove_remote("origin")
        with pytest.raises(Unsupported):
            fork.add_remote("origin", "file:///elsewhere.db")


def test_a_lazy_clone_without_its_origin_is_unavailable(
    engine: DoltLiteEngine, tmp_path: Path
) -> None:
    post(engine, "w-1")
    path = tmp_path / "fork.db"
    lazy_clone(engine, path).close()
    with closing(DoltLiteEngine(path, timeout_s=0.05, lazy=True)) as fork:
        engine.close()
        engine.path.rename(tmp_path / "moved.db")

        with pytest.raises(Unavailable):
            titles(fork)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM wanted",
        "SELECT dolt_branch('b')",
        "SELECT dolt_commit('--allow-empty','-m','x')",
    ],
)
def test_a_read_cannot_write(
    engine: DoltLiteEngine, tmp_path: Path, sql: str, *, lazy: bool
) -> None:
    head = post(engine, "w-1")
    reader = lazy_clone(engine, tmp_path / "fork.db") if lazy else engine

    with closing(reader):
        with pytest.raises(WastelandError):
            reader.read(sql)
        assert (head, 1, []) == (reader.head(), len(reader.branches()), reader.dirty())


def test_more_branches_than_connections_are_kept_are_all_read(engine: DoltLiteEngine) -> None:
    names = [f"b{n}" for n in range(20)]
    for name in names:
        engine.create_branch(name)
        post(engine, f"w-{name}", branch=name)

    assert [[f"w-{name}"] for name in names] == [list(titles(engine, name)) for name in names]
    with engine.change("b0") as change:
        change.execute("DELETE FROM wanted")
        assert all(titles(engine, name) for name in names)
    assert len(engine._sessions._seats) <= 8


def test_a_writer_that_others_keep_waiting_is_unavailable(
    engine: DoltLiteEngine, path: Path
) -> None:
    hasty = DoltLiteEngine(path, timeout_s=0.05)

    with closing(hasty), engine.change():
        with pytest.raises(Unavailable), hasty.change():
            pass
        assert titles(hasty) == {}


def test_a_change_inside_a_change_is_unavailable_and_harms_neither(path: Path) -> None:
    DoltLiteEngine.create(path)
    engine = DoltLiteEngine(path, timeout_s=0.05)

    with closing(engine):
        engine.run_ddl(SCHEMA, "schema", author="root", at=AT)
        with engine.change() as outer:
            with pytest.raises(Unavailable), engine.change():
                pass
            outer.run("INSERT INTO _meta (`key`) VALUES ('a')")
            outer.commit("meta", author="ann", at=AT, tables=["_meta"])
        assert engine.read("SELECT `key` FROM _meta") == [{"key": "a"}]


def test_what_a_killed_garbage_collection_left_is_reported_and_cleaned(
    engine: DoltLiteEngine, path: Path
) -> None:
    leftover = path.with_name("commons.db-gc-tmp")
    leftover.write_bytes(b"half a copy")

    (problem,) = engine.check()
    assert str(leftover) in problem
    engine.gc()
    assert engine.check() == []
    assert not leftover.exists()


def test_a_damaged_file_is_tampered(engine: DoltLiteEngine, path: Path) -> None:
    post(engine, *(f"w-{n}" for n in range(200)))
    engine.gc()
    engine.close()
    damaged = bytearray(path.read_bytes())
    for offset in range(len(damaged) // 4, len(damaged) * 3 // 4):
        damaged[offset] ^= 0xFF
    path.write_bytes(damaged)

    with pytest.raises(Tampered):
        titles(engine)
    assert engine.check()


def test_a_table_that_others_made_on_a_branch_is_in_the_diff(
    engine: DoltLiteEngine, path: Path
) -> None:
    base = post(engine, "w-1")
    engine.diff(base, "main")
    with closing(DoltLiteEngine(path)) as other:
        other.create_branch("b")
        with other.change("b") as change:
            change.run("CREATE TABLE t (id TEXT PRIMARY KEY)")
            change.run("INSERT INTO t VALUES ('a')")
            change.commit("t", author="ann", at=AT, tables=["t"])

    assert [(c.table, c.after) for c in engine.diff("main", "b")] == [("t", {"id": "a"})]
    assert [(c.table, c.before) for c in engine.diff("b", "main")] == [("t", {"id": "a"})]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_writes_through_connections_of_its_own(engine: DoltLiteEngine) -> None:
    post(engine, "w-1")

    child = os.fork()
    if child == 0:
        try:
            retitle(engine, "w-1", "by the child")
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    assert titles(engine) == {"w-1": "by the child"}
    retitle(engine, "w-1", "by the parent")
    assert [commit.message for commit in engine.log(limit=2)] == ["retitle w-1"] * 2


def test_columns_named_like_the_diffs_own_are_not_confused(engine: DoltLiteEngine) -> None:
    base = engine.head()
    create = "CREATE TABLE t (`commit` TEXT PRIMARY KEY, commit_date TEXT, diff_type TEXT)"
    engine.run_ddl([create, "INSERT INTO t VALUES ('a', 'b', 'c')"], "t", author="root", at=AT)

    (change,) = engine.diff(base, "main")

    # The library itself numbers a name that meets one of its own.
    assert list((change.after or {}).items()) == [
        ("commit_1", "a"), ("commit_date_1", "b"), ("diff_type", "c"),
    ]  # fmt: skip


def test_views_and_triggers_are_schema_changes_without_rows(engine: DoltLiteEngine) -> None:
    base = engine.head()
    engine.run_ddl(["CREATE VIEW v AS SELECT 1 AS one"], "view", author="root", at=AT)

    assert engine.schema_changes(base, "main") == ["dolt_schemas"]
    assert engine.diff(base, "main") == []


# --- the driver's errors

SENTENCES = [
    (5, "database is locked", Unavailable),
    (517, "database is locked", Stale),
    (517, "cannot write: branch 'x' no longer exists", NotFound),
    (2067, "UNIQUE constraint failed: t.b", Conflict),
    (19, "not a fast-forward of the remote branch", Stale),
    (11, "database disk image is malformed", Tampered),
    (26, "file is not a database", Tampered),
    (18, "string or blob too big", Invalid),
    (13, "database or disk is full", Unavailable),
    (8, "attempt to write a readonly database", Unavailable),
    (10, "disk I/O error", Unavailable),
    (9, "interrupted", Unavailable),
    (14, "unable to open database file", Unavailable),
    (14, 'branch or revision "x" not found', NotFound),
    (14, "failed to open remote", Unavailable),
    (1, "could not connect to remote", Unavailable),
    (1, "remote request failed", Unavailable),
    (1, 'near "selec": syntax error', EngineError),
]


@pytest.mark.parametrize(("code", "sentence", "kind"), SENTENCES)
def test_each_error_of_the_driver_has_one_meaning(
    code: int, sentence: str, kind: type[WastelandError]
) -> None:
    error = translate(exceptions.from_result(code, sentence), "/c.db")

    assert (kind, sentence) == (
        type(error),
        error.facts.get("reason", error.facts.get("constraint")),
    )
