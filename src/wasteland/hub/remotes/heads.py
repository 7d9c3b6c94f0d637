"""Pull requests whose branch lives on another remote: bringing that branch here."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from ...engines.base import Engine
from ...engines.dolt.far import FarEngine
from ...engines.refusals import check_name
from ...protocol.errors import NotFound, Tampered, Unavailable, Unsupported
from .addresses import check_address
from .budget import Budget, HeadLimits
from .forwarding import forwarded
from .staging import staged

_DIGITS: Final = 16
_AT_A_TIME: Final = 4
_places = threading.BoundedSemaphore(_AT_A_TIME)


@contextmanager
def fetched_head(
    engine: Engine,
    url: str,
    branch: str,
    allow: Sequence[str],
    *,
    source: str = "",
    program: str | None = None,
    limits: HeadLimits | None = None,
) -> Iterator[str]:
    """
    Fetch a branch of the remote at *url* and yield its commit, which *engine* holds for the block.

    No branch is made, and nothing is kept after the block but what the caller made of it; nor is
    the URL, which may hold a token. The engine itself never calls the remote. One caller at a time
    for each branch: ask under the host's ``turn``.

    Args:
        engine: Of the database that is to hold it.
        allow: What the operator allows to fetch from; see ``check_address``.
        source: Whose branch it is to be, where several share the database.
        program: The ``dolt`` that looks at what a Dolt remote sent; None for the one on PATH.
        limits: What the remote may take.
    Raises:
        Forbidden: The operator has not allowed that remote, or it refuses.
        Invalid: The URL or the name of the branch is malformed.
        LimitReached: It sends too much.
        NotFound: The remote has no such branch.
        Unavailable: It cannot be reached, takes too long, or does not send whole commits.
        Unsupported: The database is on a Dolt server that cannot read the hub's files.
    """
    check_name(branch)
    check_address(url, allow)
    remote = f"head-{_digest(f'{source} {branch} {url}')}"
    with _place(), _near(engine, url, branch, program, Budget(limits or HeadLimits())) as near:
        engine.add_remote(remote, near)
        try:
            yield _fetched(engine, remote, branch)
        finally:
            engine.remove_remote(remote)


def _near(
    engine: Engine, url: str, branch: str, program: str | None, budget: Budget
) -> AbstractContextManager[str]:
    """Lend a URL for *engine* that leads to no other machine."""
    if isinstance(engine, FarEngine):
        raise Unsupported(
            "A branch of another remote cannot be offered here: the Dolt server of this "
            "repository is elsewhere, and cannot read what the hub has fetched and checked.",
            hint="write the branch of your fork over the REST API",
        )
    if engine.dialect.name == "dolt":
        return staged(url, branch, program=program, budget=budget)
    return nullcontext(url) if url.startswith("file:") else forwarded(url, budget)


@contextmanager
def _place() -> Iterator[None]:
    """Keep slow remotes from taking all the hub's threads."""
    if not _places.acquire(blocking=False):
        raise Unavailable(
            f"This hub fetches from {_AT_A_TIME} remotes already.", hint="repeat the command"
        )
    try:
        yield
    finally:
        _places.release()


def _fetched(engine: Engine, remote: str, branch: str) -> str:
    try:
        engine.fetch(remote, branch)
    except Tampered as error:  # what came, and not what is here
        raise Unavailable(
            "What the remote sent is not whole.", hint="push again, and repeat the command"
        ) from error
    for found in engine.remote_branches(remote, branch):
        if found.name == branch:
            return found.head
    raise NotFound(f"The remote has no branch {branch} .", ref=branch)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
