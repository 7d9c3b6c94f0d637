"""Hostile statements on Dolt, straight at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engines.dolt.fixture import DoltLab, shared_server
from engines.laboratory import AT, SCHEMA, post
from hub.sandbox import hostile
from hub.sandbox.boards import SECRET, files, fill, honest, texts
from wasteland.engines.base import Engine
from wasteland.hub.sandbox import Sandbox, place_of

pytestmark = pytest.mark.dolt

_USERS = "SELECT user, host FROM mysql.user WHERE user NOT LIKE 'wl_select_%' ORDER BY user"
_SETTINGS = (
    "SELECT @@global.max_connections, @@global.read_only, @@global.secure_file_priv,"
    " @@global.dolt_transaction_commit"
)
_SERVER_STATE = (_USERS, _SETTINGS, "SHOW DATABASES")
_RUNNING = (
    "SELECT id FROM information_schema.processlist"
    " WHERE user LIKE 'wl_select_%' AND command = 'Query'"
)
_BOARD_STATE = (
    "SELECT name, hash, dirty FROM dolt_branches ORDER BY name",
    "SELECT tag_name FROM dolt_tags",
    "SELECT name FROM dolt_remotes",
)


@dataclass
class Attacked:
    """A board, somebody else's on the same server, a directory, and the sandbox."""

    board: Engine
    other: Engine
    directory: Path
    sandbox: Sandbox

    def running(self) -> tuple[object, ...]:
        """Return what the server runs for readers."""
        with shared_server().connect() as session, session.cursor() as cursor:
            cursor.execute(_RUNNING)
            return tuple(cursor.fetchall())

    def state(self) -> list[object]:
        """Return what must be the same afterwards."""
        with shared_server().connect() as session, session.cursor() as cursor:
            seen: list[object] = [files(self.directory)]
            for sql in _SERVER_STATE:
                cursor.execute(sql)
                seen.append(cursor.fetchall())
        return [*seen, *(e.read(sql) for e in (self.board, self.other) for sql in _BOARD_STATE)]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, dolt_program: str) -> Iterator[Attacked]:
    directory = tmp_path_factory.mktemp("canary")
    lab = DoltLab(directory)
    board, other = lab.create("board"), lab.create("victim")
    fill(board)
    other.run_ddl(SCHEMA, "schema", author="root", at=AT)
    post(other, "secret", title=SECRET)
    sandbox = Sandbox(workers=1, deadline_s=1.5)
    yield Attacked(board, other, directory, sandbox)
    sandbox.close()
    lab.close()


@pytest.mark.parametrize("text", hostile.FOR_DOLT, ids=lambda text: text[:60])
def test_a_hostile_statement_does_nothing(attacked: Attacked, text: str) -> None:
    """No row, no write, no file, no setting, no word of another database; honest queries go on."""
    before = attacked.state()
    sql = text.replace("{canary}", str(attacked.directory))
    sql = sql.replace("{other}", Path(attacked.other.location).name)

    result = attacked.sandbox.read(place_of(attacked.board), sql)

    assert result.status in {"error", "timeout"}
    assert ([], False) == (result.rows, SECRET in texts(result))
    assert before == attacked.state()
    assert [("w-1", "Item w-1")] == honest(attacked.sandbox, attacked.board)


def test_an_endless_query_is_killed_on_the_server_too(attacked: Attacked) -> None:
    """Else the server would go on for minutes after its answer is no longer wanted."""
    result = attacked.sandbox.read(place_of(attacked.board), hostile.ENDLESS)

    assert ("timeout", []) == (result.status, result.rows)
    assert any(not attacked.running() for _ in range(1000))
    assert [("w-1", "Item w-1")] == honest(attacked.sandbox, attacked.board)
