"""Hosts to run the contract suite on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
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
def _local_on_dolt(directory: Path) -> Iterator[Host]:
    program = os.environ.get("WL_DOLT") or shutil.which("dolt")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no dolt program on PATH or named by WL_DOLT, and CI must run these tests")
        pytest.skip("no dolt program on PATH or named by WL_DOLT")
    with LocalHost(directory / "host", clock=lambda: NOON, dolt=program) as host:
        fill(host.create(BOARD, engine="dolt"))
        try:
            yield host
        finally:
            Server.attach(directory / "host" / ".dolt-databases", program=program).stop()


MAKERS: dict[str, Callable[[Path], AbstractContextManager[Host]]] = {
    "local": _local,
    "plain": _plain,
    "local-dolt": _local_on_dolt,
}


DOLT = pytest.param("local-dolt", marks=pytest.mark.dolt)


@pytest.fixture(params=["local", "plain", DOLT])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A host of each kind with the commons org/board, which has the open items w-1 to w-3."""
    with MAKERS[request.param](tmp_path) as made:
        yield made


@pytest.fixture(params=["local", DOLT])
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """The same, of each kind whose abilities include forks and pull requests."""
    with MAKERS[request.param](tmp_path) as made:
        assert {HostAbility.FORKS, HostAbility.PULL_REQUESTS} <= made.abilities
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalHost]:
    """A LocalHost with the commons org/board."""
    with LocalHost(tmp_path / "host", clock=lambda: NOON) as made:
        fill(made.create(BOARD))
        yield made
