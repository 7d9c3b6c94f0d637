"""
Where a query reads: which file or database, and at which commit.

Main is read by its name, so that a connection to it can be kept; everything else is read at the
commit that it names now.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...engines.base import MAIN, Engine
from ...engines.dolt.engine import DoltEngine
from ...engines.dolt.server import Server
from ...engines.doltlite.engine import DoltLiteEngine
from ...hosts.forks import ForkEngine
from ...protocol.errors import NotFound, Unsupported


@dataclass(frozen=True, slots=True)
class FilePlace:
    """
    A ref of a DoltLite file.

    Attributes:
        path: Absolute.
        ref: ``main`` or a commit.
        lazy: The file is a lazy clone.
    """

    path: str
    ref: str
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """
    A ref of a database of a Dolt server.

    Attributes:
        place: ``database/ref``.
    """

    server: Server
    place: str


Place = FilePlace | ServerPlace


def place_of(engine: Engine, ref: str = MAIN, *, with_refs: bool = False) -> Place:
    """
    Return where *ref* (branch, tag, commit) of *engine* is read now.

    Args:
        with_refs: The query asks for other refs too; a fork's are in its own file.
    Raises:
        NotFound: There is no such ref.
        Unsupported: The engine is of no kind that the sandbox reads.
    """
    if isinstance(engine, ForkEngine):
        return _of_fork(engine, ref, with_refs=with_refs)
    if isinstance(engine, DoltLiteEngine):
        return FilePlace(engine.location, _commit_unless_main(engine, ref))
    if isinstance(engine, DoltEngine):
        return ServerPlace(*engine.place(ref))
    raise Unsupported(f"Queries cannot be run on a {type(engine).__name__}.")


def _of_fork(fork: ForkEngine, ref: str, *, with_refs: bool) -> Place:
    """Read upstream what upstream has too: the fork's file then need not be there, nor be asked."""
    commit = fork.head(ref)
    if with_refs and fork.path.is_file():
        fork.follow()
        return FilePlace(fork.location, MAIN if ref == MAIN else commit, lazy=True)
    if ref == MAIN and commit == fork.upstream.head():
        return place_of(fork.upstream)
    try:
        return place_of(fork.upstream, commit)
    except NotFound:
        return FilePlace(fork.location, commit, lazy=True)


def _commit_unless_main(engine: Engine, ref: str) -> str:
    return MAIN if ref == MAIN else engine.head(ref)
