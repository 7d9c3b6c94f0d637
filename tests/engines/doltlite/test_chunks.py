"""Chunks of a file by their hashes, from the library's own server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from wasteland.engines.doltlite.chunks import ChunkServer
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.protocol.errors import NotFound

_ABSENT = b"x" * 20


@pytest.fixture
def server() -> Iterator[ChunkServer]:
    with closing(ChunkServer()) as made:
        yield made


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DoltLiteEngine]:
    with DoltLiteEngine.create(tmp_path / "a.db") as made:
        yield made


def test_chunks_are_told_and_given_in_the_order_asked(
    server: ChunkServer, engine: DoltLiteEngine
) -> None:
    head = bytes.fromhex(engine.head())
    store = server.store(engine.path)

    missing, commit, again = store.get([_ABSENT, head, _ABSENT])

    assert [False, True, False] == store.has([_ABSENT, head, _ABSENT])
    assert (None, None) == (missing, again)
    assert commit
    assert ([], []) == (store.has([]), list(store.get([])))


def test_what_is_written_later_is_there(server: ChunkServer, engine: DoltLiteEngine) -> None:
    store = server.store(engine.path)
    store.has([_ABSENT])
    engine.create_branch("work")
    engine.gc()

    assert [True] == store.has([bytes.fromhex(engine.head("work"))])


def test_a_missing_file_is_not_made(server: ChunkServer, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        server.store(tmp_path / "absent.db")

    assert [] == list(tmp_path.iterdir())


def test_a_closed_server_starts_again(server: ChunkServer, engine: DoltLiteEngine) -> None:
    head = bytes.fromhex(engine.head())
    server.store(engine.path)
    server.close()
    server.close()

    assert [True] == server.store(engine.path).has([head])


def test_files_are_served_under_names_that_cannot_be_guessed(
    server: ChunkServer, engine: DoltLiteEngine
) -> None:
    """Anybody on the machine can ask the port; nobody else can list the names."""
    store = server.store(engine.path)

    assert server._directory is not None
    assert 0o700 == server._directory.stat().st_mode & 0o777
    assert 32 == len(store._name.removesuffix(".db"))
    assert store._name == server.store(engine.path)._name
