"""Dolt engines for the contract suite: databases of one server for each test process."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from engines.laboratory import Lab
from wasteland.engines.base import Engine
from wasteland.engines.dolt.engine import DoltEngine
from wasteland.engines.dolt.server import Server


def make(place: Path) -> Lab:
    """Return a lab; its databases are named after *place*."""
    return DoltLab(place)


@cache
def shared_server() -> Server:
    """Return the server of this test process, which ends with it."""
    data_dir = Path(tempfile.mkdtemp(prefix="wl-dolt-"))
    server = attach(data_dir)
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    atexit.register(server.stop)
    return server


def attach(data_dir: Path) -> Server:
    """Return the server of *data_dir*, with the program under test."""
    return Server.attach(data_dir, program=os.environ.get("WL_DOLT"), idle_s=120.0)


def open_engine(data_dir: Path, database: str) -> Engine:
    """Open a database again, in any process."""
    return DoltEngine(attach(data_dir), database)


class DoltLab(Lab):
    """Makes databases on the shared server and drops them."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._made: list[DoltEngine] = []

    def create(self, name: str) -> Engine:
        return self._keep(DoltEngine.create(shared_server(), self._named(name)))

    def clone(self, source: Engine, name: str) -> Engine:
        url = f"file://{source.location}/.dolt/noms"
        return self._keep(DoltEngine.clone(url, shared_server(), self._named(name)))

    def remote_url(self, name: str) -> str:
        return f"file://{self._place / name}"

    def missing_url(self) -> str:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{unused.getsockname()[1]}/nothing"

    def opener(self, engine: Engine) -> Callable[[], Engine]:
        return partial(open_engine, shared_server().data_dir, Path(engine.location).name)

    def scribble(self, engine: Engine, sql: str) -> None:
        self._run(engine, sql)

    def tag(self, engine: Engine, name: str) -> None:
        self._run(engine, f"CALL dolt_tag('{name}')")

    def close(self) -> None:
        for engine in self._made:
            engine.drop()

    def _keep(self, engine: DoltEngine) -> DoltEngine:
        self._made.append(engine)
        return engine

    def _named(self, name: str) -> str:
        taken = {path.name for path in shared_server().data_dir.iterdir()}
        number = 1
        while f"{name}-{number}" in taken:
            number += 1
        return f"{name}-{number}"

    @staticmethod
    def _run(engine: Engine, sql: str) -> None:
        with (
            shared_server().connect(Path(engine.location).name) as session,
            session.cursor() as cursor,
        ):
            cursor.execute(sql)
