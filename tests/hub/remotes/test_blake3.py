"""Our BLAKE3 against published values, and against the library's own."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.remotes import bodies
from wasteland.engines.doltlite.chunks import ChunkServer, ChunkStore
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.remotes import blake3


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9"),
        (b"abc", "6437b3ac38465133ffb63b75273a8db548c55846"),
    ],
)
def test_published_values(data: bytes, expected: str) -> None:
    assert expected == blake3.digest(data).hex()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ChunkStore]:
    DoltLiteEngine.create(tmp_path / "a.db").close()
    with closing(ChunkServer()) as server:
        yield server.store(tmp_path / "a.db")


_SIZES = (1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 5000, 8192, 8193, 31_744, 70_001)


@pytest.mark.parametrize("size", _SIZES)
def test_the_library_takes_a_chunk_under_our_hash_and_no_other(
    store: ChunkStore, size: int
) -> None:
    data = bytes(number % 251 for number in range(size))
    digest = blake3.digest(data)

    assert 200 == _send(store, bodies.chunks({digest: data}))
    assert 400 == _send(store, bodies.chunks({digest: data + b"x"}))


def _send(store: ChunkStore, body: bytes) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", store._port, 20)) as wire:
        wire.request("POST", f"/{store._name}/chunks", body)
        return wire.getresponse().status
