"""
The bodies of the seven routes: lists of hashes, chunks, and the request to move refs.

Everything here was sent by a stranger: what is counted is counted against the bytes that are
there, and what does not fit raises Invalid.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

from ...engines.doltlite.chunks import HASH_BYTES
from ...protocol.errors import Invalid
from ...protocol.lean import dataclass
from .refs import Refs, read_refs

HASHES_LIMIT: Final = 1_000_000
CHUNKS_LIMIT: Final = 100_000
MISSING: Final = b"\xff\xff\xff\xff"

_SIZE_SENT: Final = struct.Struct("<I")
_SIZE_GIVEN: Final = struct.Struct(">I")
_NAME_SIZE: Final = struct.Struct("<H")


@dataclass(frozen=True, slots=True)
class Wish:
    """
    A request to move refs.

    Attributes:
        is_forced: Whether the client said so; what it said it would move is not kept.
        seen: Hash of the list of refs that it saw.
        refs: All refs as they are to be.
    """

    is_forced: bool
    seen: bytes
    refs: Refs


def read_hashes(body: bytes) -> list[bytes]:
    """
    Return the hashes that are asked for.

    Raises:
        Invalid: They are no hashes, or too many, or one is there twice.
    """
    count, odd = divmod(len(body), HASH_BYTES)
    if odd or count > HASHES_LIMIT:
        raise Invalid("The list of hashes cannot be read.", field="hashes")
    return [body[at : at + HASH_BYTES] for at in range(0, len(body), HASH_BYTES)]


def given(chunk: bytes | None) -> bytes:
    """Return a chunk as it goes to the client, or what says that there is none."""
    return MISSING if chunk is None else _SIZE_GIVEN.pack(len(chunk)) + chunk


def find_chunks(body: BinaryIO, size: int) -> dict[bytes, tuple[int, int]]:
    """
    Return where in *body* each chunk lies, as start and length.

    Args:
        body: Of *size* bytes: hash, length and data, again and again.
    Raises:
        Invalid: It ends in the middle of a chunk, or holds too many.
    """
    found: dict[bytes, tuple[int, int]] = {}
    at = 0
    while at < size:
        body.seek(at)
        head = body.read(HASH_BYTES + _SIZE_SENT.size)
        if len(head) < HASH_BYTES + _SIZE_SENT.size or len(found) >= CHUNKS_LIMIT:
            raise Invalid("The chunks cannot be read: too many, or cut short.", field="chunks")
        start = at + len(head)
        (length,) = _SIZE_SENT.unpack_from(head, HASH_BYTES)
        at = start + length
        if at > size:
            raise Invalid("The chunks cannot be read: one is cut short.", field="chunks")
        found[head[:HASH_BYTES]] = (start, length)
    return found


def read_wish(body: bytes) -> Wish:
    """
    Return what a request to move refs asks.

    Raises:
        Invalid: It cannot be read.
    """
    if len(body) < _NAME_SIZE.size:
        raise Invalid("The request to move refs is cut short.", field="refs")
    # The name of the ref is the client's word only; what moves is seen in the list.
    at = _NAME_SIZE.size + _NAME_SIZE.unpack_from(body)[0]
    seen = body[at + 1 : at + 1 + HASH_BYTES]
    if len(seen) < HASH_BYTES:
        raise Invalid("The request to move refs is cut short.", field="refs")
    return Wish(body[at] == 1, seen, read_refs(body[at + 1 + HASH_BYTES :]))
