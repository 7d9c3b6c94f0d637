"""
The list of a database's refs, as it travels between two copies.

    07, default branch, branches (name, commit, working set), tags (name, commit, tagger, e-mail,
    time, message), remotes, branches of remotes, sequences

Text and lists begin with their length, four bytes, little-endian. What follows the tags is a
database's own affair. We send it empty, because remotes hold addresses and paths of this machine,
and they must come back empty. Sequences (the highest number given in each table with numbered
rows) come back with what the client counted; each copy counts for itself.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, TypeVar

from ...protocol.errors import Invalid
from ...protocol.lean import dataclass

LIMIT_BYTES: Final = 2 * 1024 * 1024
"""How long a list may be: some twenty thousand branches."""

NOTHING: Final = bytes(12)
"""No remotes, no branches of them, no sequences."""

_NO_REMOTES: Final = bytes(8)
_FORMAT: Final = 7
_HASH_BYTES: Final = 20
_NO_HASH: Final = bytes(_HASH_BYTES)
_NAME_LIMIT: Final = 1024
_MESSAGE_LIMIT: Final = 64 * 1024
_COUNT: Final = struct.Struct("<I")
_TIME: Final = struct.Struct("<q")

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Head:
    """
    A branch.

    Attributes:
        commit: Hash, hex.
        working: Hash of what is uncommitted there; zeros for nothing.
    """

    name: str
    commit: str
    working: str = _NO_HASH.hex()


@dataclass(frozen=True, slots=True)
class Tag:
    """
    A tag.

    Attributes:
        at: Seconds since 1970, UTC.
    """

    name: str
    commit: str
    tagger: str
    email: str
    at: int
    message: str


@dataclass(frozen=True, slots=True)
class Refs:
    """
    All refs of a database.

    Attributes:
        default: The default branch.
        rest: Everything after the tags, unread.
    """

    default: str
    heads: tuple[Head, ...]
    tags: tuple[Tag, ...] = ()
    rest: bytes = NOTHING

    @property
    def names_remotes(self) -> bool:
        """Whether there are remotes, or branches of them."""
        return self.rest[: len(_NO_REMOTES)] != _NO_REMOTES

    def commits(self) -> dict[str, str]:
        """Return the commit of each branch."""
        return {head.name: head.commit for head in self.heads}


def read_refs(blob: bytes) -> Refs:
    """
    Return the refs in *blob*.

    Raises:
        Invalid: It is no list of refs, is cut short, is too long or names a branch twice.
    """
    if len(blob) > LIMIT_BYTES or blob[:1] != bytes([_FORMAT]):
        raise _malformed("its length or format")
    reader = _Reader(blob, 1)
    default = reader.text(_NAME_LIMIT)
    heads = reader.items(_head, size=_COUNT.size + 2 * _HASH_BYTES)
    tags = reader.items(_tag, size=4 * _COUNT.size + _HASH_BYTES + _TIME.size)
    for names in ([head.name for head in heads], [tag.name for tag in tags]):
        if len(set(names)) != len(names):
            raise _malformed("a name that is there twice")
    return Refs(default, heads, tags, reader.rest())


def write_refs(refs: Refs) -> bytes:
    """Return the list as it travels."""
    parts = [bytes([_FORMAT]), _text(refs.default), _COUNT.pack(len(refs.heads))]
    parts += [
        _text(head.name) + bytes.fromhex(head.commit) + bytes.fromhex(head.working)
        for head in refs.heads
    ]
    parts.append(_COUNT.pack(len(refs.tags)))
    parts += [
        _text(tag.name)
        + bytes.fromhex(tag.commit)
        + _text(tag.tagger)
        + _text(tag.email)
        + _TIME.pack(tag.at)
        + _text(tag.message)
        for tag in refs.tags
    ]
    return b"".join([*parts, refs.rest])


def _head(reader: _Reader) -> Head:
    return Head(reader.text(_NAME_LIMIT), reader.hash(), reader.hash())


def _tag(reader: _Reader) -> Tag:
    return Tag(
        name=reader.text(_NAME_LIMIT),
        commit=reader.hash(),
        tagger=reader.text(_NAME_LIMIT),
        email=reader.text(_NAME_LIMIT),
        at=_TIME.unpack(reader.take(_TIME.size))[0],
        message=reader.text(_MESSAGE_LIMIT),
    )


def _text(text: str) -> bytes:
    data = text.encode()
    return _COUNT.pack(len(data)) + data


class _Reader:
    """Reads on through a list; whatever does not fit raises Invalid."""

    def __init__(self, blob: bytes, at: int) -> None:
        self._blob = blob
        self._at = at

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._blob):
            raise _malformed("an end that comes too early")
        data, self._at = self._blob[self._at : end], end
        return data

    def count(self) -> int:
        return int(_COUNT.unpack(self.take(_COUNT.size))[0])

    def hash(self) -> str:
        return self.take(_HASH_BYTES).hex()

    def text(self, limit: int) -> str:
        size = self.count()
        if size > limit:
            raise _malformed("a text that is too long")
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise _malformed("a text that is not UTF-8") from error

    def items(self, read: Callable[[_Reader], _Item], *, size: int) -> tuple[_Item, ...]:
        """Return a list whose items take *size* bytes at least."""
        count = self.count()
        if count * size > len(self._blob) - self._at:
            raise _malformed("a number that is too great")
        return tuple(read(self) for _ in range(count))

    def rest(self) -> bytes:
        return self.take(len(self._blob) - self._at)


def _malformed(what: str) -> Invalid:
    return Invalid(f"The list of refs cannot be read: {what}.", field="refs")
