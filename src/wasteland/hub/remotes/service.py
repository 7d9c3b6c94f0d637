"""What the seven routes do, without HTTP: bytes in, bytes out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from ...engines.doltlite.chunks import ChunkServer
from ...hosts.queue import Queue
from ...protocol.errors import Forbidden, Invalid, LimitReached, Unauthenticated
from ...protocol.lean import dataclass
from .chunks import Chunks, Union
from .desk import Access
from .landing import land, present_refs
from .quarantine import Quarantine, Waiting
from .refs import write_refs
from .wire import given, read_hashes, read_wish

_MB: Final = 1024 * 1024
_IN_MEMORY: Final = 4 * _MB
_PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much one caller may ask of a hub.

    Attributes:
        chunks_bytes: One body of chunks.
        waiting_bytes: What one account may send for one repository before a branch moves.
        repository_bytes: A repository that is bigger takes no pushes.
        transfers: How many requests with chunks, and pushes, are worked on at a time; others wait,
            and the hub's other routes do not wait for them.
    """

    chunks_bytes: int = 64 * _MB
    waiting_bytes: int = 256 * _MB
    repository_bytes: int = 8 * 1024 * _MB
    transfers: int = 12


class Service:
    """
    Serves the repositories that accesses name.

    Attributes:
        limits: What is refused.
    """

    def __init__(self, directory: Path, limits: Limits) -> None:
        """
        Use *directory* for what waits and for the turns of those who push.

        Several processes of one hub share it.
        """
        self.limits = limits
        self._turns = directory / "turns"
        self._quarantine = Quarantine(directory / "sent", limit_bytes=limits.waiting_bytes)
        self._server = ChunkServer()

    def close(self) -> None:
        """Stop the chunk server."""
        self._server.close()

    def refs(self, access: Access) -> bytes:
        """Return the list of refs."""
        return write_refs(present_refs(access.engine()))

    def root(self, access: Access) -> bytes:
        """Return the commit of the default branch."""
        return bytes.fromhex(access.engine().head())

    def has_chunks(self, access: Access, body: bytes) -> bytes:
        """Return a byte for each hash: 1 if the repository or the sender's own bodies have it."""
        places = [*self._stores(access)]
        if access.account and access.may_push:
            places.append(self._waiting(access).index())
        return bytes(Union(places).has(read_hashes(body)))

    @contextmanager
    def get_chunks(self, access: Access, body: bytes) -> Iterator[IO[bytes]]:
        """
        Yield a file with the chunks.

        Raises:
            Invalid: A hash is asked for twice, by which a small request would make a big answer.
        """
        hashes = read_hashes(body)
        if len(set(hashes)) != len(hashes):
            raise Invalid("A hash is asked for twice.", field="hashes")
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as answer:
            for chunk in Union(self._stores(access)).get(hashes):
                answer.write(given(chunk))
            yield answer

    def draft(self, access: Access) -> Path:
        """
        Return where a body of chunks may be written.

        Raises:
            Unauthenticated: Nobody is signed in.
            Forbidden: The caller may send nothing.
            LimitReached: The repository is too big already.
        """
        self._refuse_guests(access)
        size = access.engine().size_bytes()
        if size > self.limits.repository_bytes:
            raise LimitReached(
                f"{access.repo} holds {size // _MB} MB, and this hub allows "
                f"{self.limits.repository_bytes // _MB}.",
                hint="ask who keeps this hub",
                limit=self.limits.repository_bytes,
                count=size,
            )
        self._quarantine.sweep()
        return self._waiting(access).draft()

    def keep_chunks(self, access: Access, draft: Path) -> None:
        """Keep the chunks in *draft*, for a push to come."""
        self._waiting(access).keep(draft)

    def move_refs(self, access: Access, body: bytes) -> None:
        """Move branches as asked, and tell."""
        self._refuse_guests(access)
        wish = read_wish(body)
        waiting = self._waiting(access)
        chunks = Union([waiting.index(), *self._stores(access)])
        moves = land(access, wish, chunks, self._turn(access))
        # A fork may have become a file just now.
        landed = replace(access, engine_path=Path(access.engine().location))
        waiting.drop_landed(Union(self._stores(landed)).has)
        for move in moves:
            access.on_push(move.branch, move.old, move.new)

    def finish(self, access: Access) -> None:
        """Do nothing: what moved is on disk before its mover hears of it."""
        self._refuse_guests(access)

    def _stores(self, access: Access) -> Sequence[Chunks]:
        paths = [access.engine_path, access.upstream_path]
        return [self._server.store(path) for path in paths if path and path.is_file()]

    def _waiting(self, access: Access) -> Waiting:
        return self._quarantine.of(access.repo, access.account)

    def _turn(self, access: Access) -> Queue:
        key = hashlib.sha256(str(access.repo).encode()).hexdigest()
        return Queue(self._turns / key, f"{access.repo}", timeout_s=_PATIENCE_S)

    def _refuse_guests(self, access: Access) -> None:
        if not access.account:
            raise Unauthenticated("Whoever pushes signs in.", hint="wl login")
        if not access.may_push:
            raise Forbidden(
                f"{access.account} may not push to {access.repo}.",
                hint="push to a fork of your own",
            )
