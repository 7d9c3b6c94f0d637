"""Bodies as a client sends them, and as none would."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from wasteland.hub.remotes import blake3
from wasteland.hub.remotes.refs import Refs, write_refs


def chunks(sent: Mapping[bytes, bytes]) -> bytes:
    """Return chunks by hash as one body."""
    return b"".join(each + struct.pack("<I", len(chunk)) + chunk for each, chunk in sent.items())


def hashed(*sent: bytes) -> bytes:
    """Return chunks as one body, under their true hashes."""
    return chunks({blake3.digest(chunk): chunk for chunk in sent})


def wish(refs: Refs, seen: bytes, *, name: str = "b", force: bool = False) -> bytes:
    """Return the request to have *refs*; *seen* is the list that the client saw."""
    said = name.encode()
    head = struct.pack("<H", len(said)) + said + bytes([force])
    return head + blake3.digest(seen) + write_refs(refs)
