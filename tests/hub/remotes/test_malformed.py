"""
Commits whose chunks are true to their hashes and broken inside.

A chunk of a real push is damaged, and every chunk that names it is changed to name what it became,
up to the commit. The engine reads such things from any stranger.
"""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from hub.remotes import bodies, hubs
from hub.remotes.hubs import ANN, BOARD, Hub, title, write
from wasteland.engines.base import MAIN
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.remotes import blake3
from wasteland.hub.remotes.refs import Head, Refs, read_refs
from wasteland.hub.remotes.wire import find_chunks
from wasteland.protocol.errors import WastelandError

_SEEDS = 24
_ODD = (0, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

_Chunks = dict[bytes, bytes]


def test_a_damaged_commit_is_refused_or_harms_its_own_branch_only(tmp_path: Path) -> None:
    with hubs.hub(tmp_path) as hub:
        sent, head = _push(hub)
        refused = 0
        for seed in range(_SEEDS):
            chance = random.Random(seed)  # noqa: S311  the same damage each time
            chunks, commit = _damaged(chance, sent, head)
            refused += not _land(hub, chunks, commit)

            assert [] == hub.board.check()
            assert "theirs" == title(hub.board, MAIN)
            hub.board.delete_branch("ann/w")
            hub.board.gc()

        assert 0 < refused
        clone = hub.clone(BOARD, ANN)
        assert "theirs" == title(clone, MAIN)


def _push(hub: Hub) -> tuple[_Chunks, bytes]:
    """Return the chunks of a real push to *hub*, undone again, and its commit."""
    write(hub.board, MAIN, "theirs")
    clone = hub.clone(BOARD, ANN)
    head = write(clone, "ann/w", "mine", item="w-2")
    sent: _Chunks = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wasteland.hub.remotes.quarantine.Waiting.drop_landed", lambda *_: None)
        clone.push("origin", "ann/w")
    for body in hub.files.parent.rglob("*.chunks"):
        with body.open("rb") as file:
            places = find_chunks(file, body.stat().st_size)
        data = body.read_bytes()
        sent |= {each: data[start : start + size] for each, (start, size) in places.items()}
        body.unlink()
    hub.board.delete_branch("ann/w")
    assert isinstance(hub.board, DoltLiteEngine)
    return sent, bytes.fromhex(head)


def _damaged(chance: random.Random, sent: _Chunks, head: bytes) -> tuple[_Chunks, bytes]:
    chunks = dict(sent)
    target = chance.choice(list(chunks))
    waiting = [(target, _damage(chance, chunks[target]))]
    while waiting:
        old, data = waiting.pop()
        new = blake3.digest(data)
        chunks.pop(old, None)
        chunks[new] = data
        head = new if old == head else head
        if new != old:
            others = [(each, chunk) for each, chunk in chunks.items() if each != new]
            waiting += [(each, chunk.replace(old, new)) for each, chunk in others if old in chunk]
    return chunks, head


def _damage(chance: random.Random, chunk: bytes) -> bytes:
    data = bytearray(chunk)
    at = chance.randrange(len(data))
    kind = chance.randrange(4)
    if kind == 0:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        data[at:at] = chance.randbytes(8)
    else:
        data[at : at + 4] = struct.pack(chance.choice("<>") + "I", chance.choice(_ODD))
    return bytes(data)


def _land(hub: Hub, chunks: _Chunks, commit: bytes) -> bool:
    """Send and ask as a client would; return whether the branch was made."""
    seen = hub.ask("GET", hub.route(BOARD, "refs", ANN))[1]
    refs = read_refs(seen)
    wished = Refs(refs.default, (*refs.heads, Head("ann/w", commit.hex())))
    assert 200 == hub.ask("POST", hub.route(BOARD, "chunks", ANN), bodies.chunks(chunks))[0]
    status, _ = hub.ask("PUT", hub.route(BOARD, "refs-if", ANN), bodies.wish(wished, seen))
    assert status in {200, 422}
    if status == 200:
        with suppress(WastelandError):  # its owner's affair
            hub.board.diff(MAIN, "ann/w")
    return status == 200
