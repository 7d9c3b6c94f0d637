"""Reading for strangers: a user of its own, killed at the deadline, cut when too large."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.dolt.fixture import DoltLab, attach, shared_server
from engines.laboratory import AT, SCHEMA, post
from wasteland.engines.dolt import readers, supervisor
from wasteland.engines.dolt.datadir import DataDir
from wasteland.engines.dolt.engine import DoltEngine
from wasteland.engines.dolt.readers import OutOfRoom, OutOfTime, check_reading, reading
from wasteland.engines.dolt.server import Server
from wasteland.protocol.errors import EngineError, Invalid, Unsupported

MIB = 1 << 20


@pytest.fixture
def board(tmp_path: Path, dolt_program: str) -> Iterator[DoltEngine]:
    """Return a database with a few items."""
    lab = DoltLab(tmp_path)
    made = lab.create("readers")
    made.run_ddl(SCHEMA, "schema", author="root", at=AT)
    post(made, "w-1", "w-2")
    assert isinstance(made, DoltEngine)
    yield made
    lab.close()


def rows(engine: DoltEngine, sql: str, *, seconds: float = 30, limit_bytes: int = MIB) -> Any:
    """Return all rows of a statement on main."""
    server, place = engine.place()
    deadline = time.monotonic() + seconds
    with reading(server, place, sql, deadline=deadline, limit_bytes=limit_bytes) as cursor:
        return cursor.fetchall()


# --- the user


@pytest.mark.dolt
def test_cells_are_text_as_the_server_spells_them(board: DoltEngine) -> None:
    found = rows(board, "SELECT id, priority, 1.50, NULL, x'ff' FROM wanted ORDER BY id LIMIT 1")

    assert [("w-1", "2", "1.50", None, b"\xff")] == found


@pytest.mark.dolt
def test_a_statement_runs_as_a_user_who_may_only_select_there(board: DoltEngine) -> None:
    """Grants of that one database, and no others."""
    rows(board, "SELECT 1")
    user = readers._user(board.database)
    with shared_server().connect() as session, session.cursor() as cursor:
        cursor.execute(f"SHOW GRANTS FOR '{user}'@'127.0.0.1'")
        grants = {str(grant).split(" TO ")[0] for (grant,) in cursor.fetchall()}

    assert {"GRANT USAGE ON *.*", f"GRANT SELECT ON `{board.database}`.*"} == grants


@pytest.mark.dolt
def test_the_password_is_stored_nowhere_and_not_told(
    board: DoltEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not where the server refuses to make the user."""
    server = shared_server()
    password = readers._password(server, readers._user(board.database))
    with server.connect() as session, session.cursor() as cursor:
        cursor.execute("DROP USER IF EXISTS %s@'127.0.0.1'", (readers._user(board.database),))
    monkeypatch.setattr(readers, "_CREATE", "CREATE NONSENSE %s %s")
    with pytest.raises(Unsupported) as caught:
        rows(board, "SELECT 1")

    errors = [caught.value, caught.value.__cause__, caught.value.facts]
    assert not [error for error in errors if password in repr(error)]
    written = [path for path in server.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in written if password.encode() in path.read_bytes()]


@pytest.mark.dolt
def test_a_server_that_began_anew_has_a_new_password(server: Server) -> None:
    """Whoever read the old one has nothing; the reader finds its way by itself."""
    engine = DoltEngine.create(server, "board")
    before = rows(engine, "SELECT 1"), readers._password(server, "x")
    attach(server.data_dir).stop()
    attach(server.data_dir)
    after = rows(engine, "SELECT 1"), readers._password(server, "x")

    assert [("1",)] == before[0] == after[0]
    assert before[1] != after[1]


@pytest.mark.dolt
def test_no_lock_or_setting_outlives_its_statement(board: DoltEngine) -> None:
    """Each statement has a connection of its own."""
    (first,), (second,) = (rows(board, "SELECT CONNECTION_ID()") for _ in range(2))

    assert first != second


@pytest.mark.dolt
def test_a_place_that_is_gone_is_an_error(board: DoltEngine) -> None:
    server, _ = board.place()
    place = f"{board.database}/nothing"
    with (
        pytest.raises(EngineError),
        reading(server, place, "SELECT 1", deadline=time.monotonic() + 30, limit_bytes=MIB),
    ):
        pass


# --- its limits


@pytest.mark.dolt
def test_a_statement_that_is_late_is_killed(
    board: DoltEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the server too, which would go on for a minute."""
    monkeypatch.setattr(readers, "check_reading", lambda _: None)
    with pytest.raises(OutOfTime):
        rows(board, "SELECT SLEEP(60)", seconds=0.2)

    sleeping = "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(60)'"
    assert any(not board.read(sleeping) for _ in range(1000))


@pytest.mark.dolt
def test_an_answer_that_is_too_large_is_not_read(
    board: DoltEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cell can be larger than this process's memory."""
    monkeypatch.setattr(readers, "check_reading", lambda _: None)
    with pytest.raises(OutOfRoom):
        rows(board, "SELECT REPEAT('x', 4000000)")


@pytest.mark.dolt
def test_rows_that_nobody_reads_do_not_hold_the_connection(board: DoltEngine) -> None:
    """Leaving early ends the statement; the driver would read all the rest."""
    server, place = board.place()
    sql = "SELECT a.id FROM wanted a, wanted b, wanted c, wanted d"
    with reading(server, place, sql, deadline=time.monotonic() + 30, limit_bytes=MIB) as cursor:
        first = cursor.fetchone()

    assert first in {("w-1",), ("w-2",)}
    assert 16 == len(rows(board, sql))


@pytest.mark.dolt
def test_a_statement_that_breaks_the_connection_is_at_fault_itself(board: DoltEngine) -> None:
    """The server goes on, and is not said to be away."""
    with pytest.raises(EngineError) as caught:
        rows(board, "SELECT DEFAULT(title) FROM wanted")

    assert "engine" == caught.value.code
    assert [("1",)] == rows(board, "SELECT 1")


def test_the_server_may_touch_no_files(tmp_path: Path) -> None:
    """LOAD_FILE and INTO OUTFILE look in a folder that is never made."""
    directory = DataDir(tmp_path)
    directory.prepare()
    supervisor._write_config(directory, 1, None)

    place = json.loads(directory.config.read_text())["system_variables"]["secure_file_priv"]
    assert not Path(place).exists()


# --- its text


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "(SELECT 1) UNION (SELECT 2)",
        "with x AS (SELECT 1) SELECT * FROM x",
        "SHOW TABLES",
        "SELECT 'information_schema @ -- /* sleep(1)'",
        "SELECT 'it''s \\' @x', \"@y\"",
        "SELECT id AS `a@b` FROM wanted",
        "SELECT `space`, repeated, mysleep FROM wanted",
        "SELECT 1 - -1",
    ],
)
def test_text_that_only_reads_passes(sql: str) -> None:
    check_reading(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SET GLOBAL max_connections = 1",
        "CALL dolt_gc()",
        "SHOW GRANTS",
        "SELECTED 1",
        "",
        "SELECT 1 -- x",
        "SELECT 1 # x",
        "SELECT /*! 1 */",
        "SELECT '\\' OR ', @x",
        "SELECT '' '' @x",
        "SELECT `a``b`, @x",
        "SELECT * FROM `information_schema`.tables",
        'SELECT "a\\" ", @x',
        "SELECT `sleep`(1)",
        "SELECT Get_Lock ('x', 1)",
    ],
)
def test_text_that_does_more_is_refused(sql: str) -> None:
    """What a reader of the text and the server may see differently counts as more."""
    with pytest.raises(Invalid):
        check_reading(sql)
