"""Hosts on which something has happened, for the tests of what looks after a whole directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from commons.casts import EVIDENCE, REPO, Cast, Clock
from wasteland.commons.creation import create_commons
from wasteland.engines.base import Engine
from wasteland.engines.dolt.server import Server
from wasteland.hosts.local import LocalHost


@contextmanager
def stage(
    root: Path, *, engine: str = "doltlite", dolt: str | None = None, clock: Clock | None = None
) -> Iterator[Cast]:
    """Make a host in *root* with acme/board and the rigs max, ada, ben and eve."""
    clock = clock or Clock()
    with LocalHost(root, clock=clock, dolt=dolt) as host:
        create_commons(host, REPO, handle="max", engine=engine)
        cast = Cast(host, clock)
        for rig in (cast.ada, cast.ben, cast.eve):
            rig.register()
        yield cast


@contextmanager
def servers(*roots: Path, dolt: str | None) -> Iterator[None]:
    """Stop the Dolt servers of these hosts in the end."""
    try:
        yield
    finally:
        for root in roots:
            if (root / ".dolt-databases").is_dir():
                Server.attach(root / ".dolt-databases", program=dolt).stop()


def play(cast: Cast) -> tuple[str, str, str]:
    """Let an item be accepted, one wait for review and one be claimed; return their ids."""
    accepted = cast.submitted()
    cast.max.accept(accepted, quality="good", message='He said "ünï" ✓')
    waiting = cast.submitted()
    cast.host.comment(REPO, "2", author="ada", body="looks fine")
    return accepted, waiting, cast.claimed()


def today() -> Clock:
    """Return a clock that stands at the present second."""
    clock = Clock()
    clock.at = datetime.now(UTC).replace(microsecond=0)
    return clock


def tale(engine: Engine) -> list[tuple[object, ...]]:
    """Return what main's log says, newest first, without the commit that the engine made."""
    commits = engine.log()[:-1]
    return [(commit.author, commit.email, commit.at, commit.message) for commit in commits]


def finish(cast: Cast, item: str) -> None:
    """Accept what waits for review of *item*, as its maintainer."""
    cast.max.accept(item, quality="good")


__all__ = [
    "EVIDENCE",
    "REPO",
    "Cast",
    "Clock",
    "finish",
    "play",
    "servers",
    "stage",
    "tale",
    "today",
]
