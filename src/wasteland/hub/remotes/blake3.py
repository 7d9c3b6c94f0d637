"""
BLAKE3, cut to the twenty bytes by which DoltLite names a chunk.

Needed for one thing only: whether the list of refs that a client saw is still the present one.
Nothing that must resist an attacker rests on it; a chunk's hash is checked by the engine that
takes it in. A list of a hundred kilobytes takes a tenth of a second.

Source: the BLAKE3 paper, 2021-11-05, section 2.
"""

from __future__ import annotations

import struct
from typing import Final

DIGEST_BYTES: Final = 20

_IV: Final = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
_PERMUTATION: Final = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_COLUMNS_THEN_DIAGONALS: Final = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_BLOCK, _CHUNK, _ROUNDS = 64, 1024, 7
_MASK: Final = 0xFFFFFFFF

_Words = tuple[int, ...]
_Node = tuple[_Words, _Words, int, int, int]  # chaining value, block, counter, length, flags


def digest(data: bytes) -> bytes:
    """Return the first twenty bytes of the BLAKE3 hash of *data*."""
    key, block, counter, length, flags = _tree(data, 0)
    words = _compress(key, block, counter, length, flags | _ROOT)
    return struct.pack("<8I", *words)[:DIGEST_BYTES]


def _tree(data: bytes, first: int) -> _Node:
    """Return the top node over *data*, whose first chunk has the number *first*."""
    if len(data) <= _CHUNK:
        return _leaf(data, first)
    # The left side holds the greatest power of two of whole chunks that leaves something over.
    left = 1 << (((len(data) - 1) // _CHUNK).bit_length() - 1)
    cut = left * _CHUNK
    children = _compress(*_tree(data[:cut], first)) + _compress(*_tree(data[cut:], first + left))
    return _IV, children, 0, _BLOCK, _PARENT


def _leaf(data: bytes, number: int) -> _Node:
    value: _Words = _IV
    flags = _CHUNK_START
    at = 0
    while len(data) - at > _BLOCK:
        value = _compress(value, _words(data[at : at + _BLOCK]), number, _BLOCK, flags)
        flags = 0
        at += _BLOCK
    return value, _words(data[at:]), number, len(data) - at, flags | _CHUNK_END


def _words(block: bytes) -> _Words:
    return struct.unpack("<16I", block.ljust(_BLOCK, b"\0"))


def _compress(key: _Words, block: _Words, counter: int, length: int, flags: int) -> _Words:
    v = [*key, *_IV[:4], counter & _MASK, counter >> 32, length, flags]
    for turn in range(_ROUNDS):
        if turn:
            block = tuple(block[i] for i in _PERMUTATION)
        words = iter(block)
        for places in _COLUMNS_THEN_DIAGONALS:
            _mix(v, places, next(words), next(words))
    return tuple(low ^ high for low, high in zip(v[:8], v[8:], strict=True))


def _mix(v: list[int], places: tuple[int, int, int, int], x: int, y: int) -> None:
    a, b, c, d = places
    p, q, r, s = v[a], v[b], v[c], v[d]
    p = (p + q + x) & _MASK
    s ^= p
    s = s >> 16 | (s << 16 & _MASK)
    r = (r + s) & _MASK
    q ^= r
    q = q >> 12 | (q << 20 & _MASK)
    p = (p + q + y) & _MASK
    s ^= p
    s = s >> 8 | (s << 24 & _MASK)
    r = (r + s) & _MASK
    q ^= r
    v[a], v[b], v[c], v[d] = p, q >> 7 | (q << 25 & _MASK), r, s
