"""The host's own store."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hosts.boards import BOARD, NOON
from wasteland.hosts.base import PullState, RepoName
from wasteland.hosts.state import Repository, State
from wasteland.protocol.errors import EngineError, Unavailable, Unsupported


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "host.db")
    made.repositories.add(Repository(BOARD, "doltlite"), at=NOON)
    return made


def test_only_the_owner_may_read_the_file(state: State, tmp_path: Path) -> None:
    for path in tmp_path.iterdir():
        assert 0o600 == stat.S_IMODE(path.stat().st_mode), path


def test_a_second_repository_of_a_name_is_not_recorded(state: State) -> None:
    assert not state.repositories.add(Repository(BOARD, "dolt"), at=NOON)

    assert Repository(BOARD, "doltlite") == state.repositories.find(BOARD)


def test_what_was_written_is_there_after_closing(state: State) -> None:
    state.close()

    assert [BOARD] == state.repositories.commons()


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "host.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(Unsupported, match="newer"):
        State(path)

    assert [] == connection.execute("SELECT * FROM sqlite_schema").fetchall()


def test_a_file_that_is_no_database_is_an_engine_error(tmp_path: Path) -> None:
    path = tmp_path / "host.db"
    path.write_bytes(b"no database at all" * 100)

    with pytest.raises(EngineError, match=str(path)):
        State(path)


def test_deleting_a_repository_deletes_what_belongs_to_it(state: State) -> None:
    state.journal.begin(BOARD, "op-1", actor="alice", digest="d", at=NOON)
    state.journal.renew(BOARD, "w-1", "token", NOON, at=NOON)

    state.repositories.remove(BOARD)
    state.repositories.add(Repository(BOARD, "doltlite"), at=NOON)

    assert state.journal.find(BOARD, "op-1") is None
    assert {} == state.journal.renewals(BOARD)


def test_unfinished_operations_are_listed_oldest_first(state: State) -> None:
    for op_id in ("op-2", "op-1", "op-3"):
        state.journal.begin(BOARD, op_id, actor="alice", digest="d", at=NOON)
    state.journal.finish(BOARD, "op-1", {})

    assert ["op-2", "op-3"] == [operation.id for operation in state.journal.unfinished(BOARD)]


def test_renewals_that_are_past_are_forgotten_at_the_next_one(state: State) -> None:
    hour = timedelta(hours=1)
    state.journal.renew(BOARD, "w-1", "token", NOON + hour, at=NOON)
    state.journal.renew(BOARD, "w-2", "token", NOON + 3 * hour, at=NOON + 2 * hour)

    assert {"w-2": ("token", NOON + 3 * hour)} == state.journal.renewals(BOARD)


def test_reading_waits_for_no_writer(state: State) -> None:
    with ThreadPoolExecutor(1) as pool, state._file.transaction() as connection:
        connection.execute("DELETE FROM repositories")

        assert [BOARD] == pool.submit(state.repositories.commons).result(timeout=30)


def test_what_only_reads_cannot_write(state: State) -> None:
    with pytest.raises(Unavailable, match="readonly"):
        state._file.read("DELETE FROM repositories RETURNING *")

    assert [BOARD] == state.repositories.commons()


def test_a_child_made_by_fork_opens_the_file_anew(state: State) -> None:
    child = os.fork()
    if child == 0:
        other = Repository(RepoName("child", "board"), "doltlite")
        os._exit(0 if state.repositories.add(other, at=NOON) else 1)
    _, status = os.waitpid(child, 0)

    assert 0 == os.waitstatus_to_exitcode(status)
    assert [RepoName("child", "board"), BOARD] == state.repositories.commons()


def test_what_is_written_after_another_process_has_closed_the_file_is_there(
    state: State, tmp_path: Path
) -> None:
    """It takes the log of writes away with it, if it finds no lock of ours on the file."""
    state.repositories.commons()  # by the connection that reads, the second one
    reading = f"sqlite3.connect({str(state._file.path)!r}).execute('SELECT COUNT(*) FROM pulls')"
    subprocess.run([sys.executable, "-c", f"import sqlite3; {reading}"], check=True, timeout=60)

    state.repositories.add(Repository(RepoName("late", "board"), "doltlite"), at=NOON)

    assert (tmp_path / "host.db-wal").exists()
    assert RepoName("late", "board") in State(tmp_path / "host.db").repositories.commons()


def _plans(state: State, *, of: Callable[[], object]) -> str:
    """Return how SQLite runs the statements of a call."""
    plans: list[str] = []
    read = state._file.read

    def explained(sql: str, parameters: Any = ()) -> list[sqlite3.Row]:
        plans.extend(row["detail"] for row in read(f"EXPLAIN QUERY PLAN {sql}", parameters))
        return read(sql, parameters)

    state._file.read = explained  # type: ignore[method-assign]
    of()
    return " ".join(plans)


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("pulls_author", lambda s: s.pulls.of(BOARD, state=PullState.OPEN, author="ada")),
        ("pulls_state", lambda s: s.pulls.count_open(BOARD)),
        ("pulls_state", lambda s: s.pulls.page(BOARD, state=PullState.OPEN, limit=9)),
        ("pulls_open_item", lambda s: s.pulls.open_about(BOARD, "w-1")),
        ("pulls_open_branch", lambda s: s.pulls.open_of(BOARD, BOARD, "wl/ada/w-1")),
        ("pulls_branch", lambda s: s.pulls.newest_of(BOARD, BOARD, "wl/ada/w-1")),
        ("repositories_parent", lambda s: s.repositories.count_forks(BOARD)),
        ("repositories_name", lambda s: s.repositories.alike(BOARD)),
        ("repositories_name", lambda s: s.repositories.owners_alike("ACME")),
    ],
)
def test_what_is_asked_often_is_read_off_an_index(
    state: State, index: str, ask: Callable[[State], object]
) -> None:
    plan = _plans(state, of=lambda: ask(state))

    assert index in plan
    assert "SCAN" not in plan


def test_owners_are_told_alike_whatever_the_case(state: State) -> None:
    for name in ("Acme/x", "acme/y", "acme-2/x", "acm/x"):
        state.repositories.add(Repository(RepoName.parse(name), "doltlite"), at=NOON)

    assert {"Acme", "acme"} == state.repositories.owners_alike("ACME") - {BOARD.owner} | {"acme"}
