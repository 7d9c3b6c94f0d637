"""A commons of our own with three rigs, and one behind a plain remote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commons.casts import REPO, Cast, Clock, Clone, build_remote
from wasteland.commons.creation import create_commons
from wasteland.engines.dolt.server import Server
from wasteland.hosts.local import LocalHost


@pytest.fixture
def clock() -> Clock:
    """The host's clock, moved by hand."""
    return Clock()


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[LocalHost]:
    """A LocalHost with the commons acme/board, whose maintainer is max; its engine is a param."""
    engine = getattr(request, "param", "doltlite")
    dolt = request.getfixturevalue("dolt_program") if engine == "dolt" else None
    with LocalHost(tmp_path / "host", clock=clock, dolt=dolt) as made:
        create_commons(made, REPO, handle="max", engine=engine)
        try:
            yield made
        finally:
            if dolt:
                Server.attach(made.root / ".dolt-databases", program=dolt).stop()


@pytest.fixture
def cast(host: LocalHost, clock: Clock) -> Cast:
    """Sessions of max (trust 3), and of ada, ben and eve (trust 1), on a pr-mode commons."""
    cast = Cast(host, clock)
    for rig in (cast.ada, cast.ben, cast.eve):
        rig.register()
    return cast


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A DoltLite file with a v1.2 commons of another tool: no policy, no tables of ours."""
    return build_remote(tmp_path / "remote" / "acme" / "board.db")


@pytest.fixture
def ada_clone(tmp_path: Path, remote: Path, clock: Clock) -> Iterator[Clone]:
    """Ada at her clone of ``remote``."""
    with Clone(tmp_path / "ada", remote, clock) as clone:
        yield clone


@pytest.fixture
def ben_clone(tmp_path: Path, remote: Path, clock: Clock) -> Iterator[Clone]:
    """Ben at his clone of ``remote``."""
    with Clone(tmp_path / "ben", remote, clock) as clone:
        yield clone
