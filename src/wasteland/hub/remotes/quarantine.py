"""
What was sent and has not landed yet: chunks on disk, apart from every database.

They are seen by their sender alone. The engine takes over what a branch that moves really needs,
and checks it; what nobody landed goes after a while. So a push that is refused, or that breaks
off, leaves nothing in the repository.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from ...hosts.base import RepoName
from ...protocol.errors import LimitReached, Tampered
from .wire import find_chunks

LIFETIME_S: Final = 15 * 60.0
"""How long chunks wait; a push asks for its refs to move seconds after it has sent them."""

_SUFFIX: Final = ".chunks"


class Quarantine:
    """
    A directory of what waits.

    Attributes:
        directory: Made, for its owner only, when first needed.
        limit_bytes: How much one account may have waiting for one repository.
    """

    def __init__(
        self, directory: Path, *, limit_bytes: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.directory = directory
        self.limit_bytes = limit_bytes
        self._clock = clock

    def of(self, repo: RepoName, account: str) -> Waiting:
        """Return what *account* has sent for *repo*."""
        key = hashlib.sha256(f"{repo}\0{account}".encode()).hexdigest()
        return Waiting(self.directory / key, self.limit_bytes)

    def sweep(self) -> None:
        """Drop what is too old."""
        oldest = self._clock() - LIFETIME_S
        for folder in _entries(self.directory):
            # Whatever is touched or dropped meanwhile by another process is none of our affair.
            with suppress(OSError):
                if folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder, ignore_errors=True)


class Waiting:
    """Chunks that one account has sent for one repository."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    def size_bytes(self) -> int:
        """Return how much waits."""
        return sum(_size(body) for body in self._bodies())

    def draft(self) -> Path:
        """Return where to write a body that comes in; ``keep`` makes it count."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder / os.urandom(8).hex()

    def keep(self, draft: Path) -> None:
        """
        Keep the chunks of a body that has come in whole.

        Raises:
            Invalid: It is no list of chunks.
            LimitReached: Too much waits already.
        """
        with draft.open("rb") as body:
            find_chunks(body, _size(draft))
        waiting = self.size_bytes() + _size(draft)
        if waiting > self._limit_bytes:
            raise LimitReached(
                "Too much was sent before any branch moved.",
                hint=f"push less at once, or again in {LIFETIME_S / 60:.0f} minutes",
                limit=self._limit_bytes,
                count=waiting,
            )
        draft.rename(draft.with_suffix(_SUFFIX))

    def index(self) -> Sent:
        """Return the chunks as they wait now."""
        sent = Sent()
        for body in self._bodies():
            with suppress(FileNotFoundError), body.open("rb") as chunks:
                sent.add(body, find_chunks(chunks, _size(body)))
        return sent

    def drop_landed(self, has: Callable[[Sequence[bytes]], list[bool]]) -> None:
        """Drop the bodies of which the repository, as *has* says, holds everything by now."""
        for body in self._bodies():
            with suppress(FileNotFoundError):
                with body.open("rb") as chunks:
                    hashes = list(find_chunks(chunks, _size(body)))
                if all(has(hashes)):
                    body.unlink()
        with suppress(OSError):
            self._folder.rmdir()

    def _bodies(self) -> list[Path]:
        return [entry for entry in _entries(self._folder) if entry.suffix == _SUFFIX]


class Sent:
    """Chunks that wait, by their hashes; not one of them is checked yet."""

    def __init__(self) -> None:
        self._places: dict[bytes, tuple[Path, int, int]] = {}

    def add(self, body: Path, chunks: dict[bytes, tuple[int, int]]) -> None:
        """Add the chunks of *body*, each with start and length."""
        for each, (start, length) in chunks.items():
            self._places.setdefault(each, (body, start, length))

    def has(self, hashes: Sequence[bytes]) -> list[bool]:
        """Return for each hash whether its chunk waits here."""
        return [each in self._places for each in hashes]

    def get(self, hashes: Sequence[bytes]) -> Iterator[bytes | None]:
        """Yield the chunk of each hash, None for one that does not wait here."""
        for each in hashes:
            place = self._places.get(each)
            yield None if place is None else _read(*place)


def _read(body: Path, start: int, length: int) -> bytes:
    try:
        with body.open("rb") as chunks:
            return _read_at(chunks, start, length)
    except FileNotFoundError as error:
        raise Tampered("What was sent is gone already.", hint="push again") from error


def _read_at(chunks: BinaryIO, start: int, length: int) -> bytes:
    chunks.seek(start)
    return chunks.read(length)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
