"""Hosts to run the contract suite on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from hosts.boards import BOARD, NOON, fill
from wasteland.engines.dolt.server import Server
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import Host, HostAbility
from wasteland.hosts.local import LocalHost
from wasteland.hosts.plain import PlainHost


@contextmanager
def _local(directory: Path) -> Iterator[Host]:
    with LocalHost(directory / "host", clock=lambda: NOON) as host:
        fill(host.create(BOARD))
        yield host


@contextmanager
def _plain(directory: Path) -> Iterator[Host]:
    remote = directory / "remote.db"
    with DoltLiteEngine.create(remote) as engine:
        fill(engine)
    clone = directory / "clone" / "board.db"
    with PlainHost.open(BOARD, clone, f"file://{remote}", clock=lambda: NOON) as host:
        yield host


@contextmanager
def _local_on_dolt(directory: Path, program: str) -> Iterator[Host]:
    with LocalHost(directory / "host", clock=lambda: NOON, dolt=program) as host:
        fill(host.create(BOARD, engine="dolt"))
        try:
            yield host
        finally:
            Server.attach(directory / "host" / ".dolt-databases", program=program).stop()


def _make(request: pytest.FixtureRequest, directory: Path) -> AbstractContextManager[Host]:
    if request.param == "local-dolt":
        return _local_on_dolt(directory, request.getfixturevalue("dolt_program"))
    return {"local": _local, "plain": _plain}[request.param](directory)


DOLT = pytest.param("local-dolt", marks=pytest.mark.dolt)


@pytest.fixture(params=["local", "plain", DOLT])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A host of each kind with the commons org/board, which has the open items w-1 to w-3."""
    with _make(request, tmp_path) as made:
        yield made


@pytest.fixture(params=["local", DOLT])
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """The same, of each kind whose abilities include forks and pull requests."""
    with _make(request, tmp_path) as made:
        assert {HostAbility.FORKS, HostAbility.PULL_REQUESTS} <= made.abilities
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalHost]:
    """A LocalHost with the commons org/board."""
    with LocalHost(tmp_path / "host", clock=lambda: NOON) as made:
        fill(made.create(BOARD))
        yield made
