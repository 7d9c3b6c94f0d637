"""
Databases of a hub for the contract suite.

Main of a commons moves through the hub's gate alone. So what the suite arranges on main, and what
another program would do to it, happens behind HTTP; reads, branches and their changes go through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from engines.dolthub.hubs import LiveHub
from engines.laboratory import Lab
from wasteland.engines.base import MAIN, Change, Engine
from wasteland.engines.dolthub.engine import DoltHubEngine
from wasteland.engines.dolthub.http import Http
from wasteland.hosts.base import RepoName

OWNER = "org"


class BehindEngine(DoltHubEngine):
    """A hosted database whose main the hub's operator writes."""

    def __init__(self, http: Http, name: str, behind: Engine) -> None:
        super().__init__(http, OWNER, name)
        self._behind = behind

    @contextmanager
    def change(self, branch: str = MAIN) -> Iterator[Change]:
        inner = self._behind.change(branch) if branch == MAIN else super().change(branch)
        with inner as change:
            yield change

    def run_ddl(self, statements: Sequence[str], message: str, *, author: str, at: datetime) -> str:
        return self._behind.run_ddl(statements, message, author=author, at=at)


class DoltHubLab(Lab):
    """Makes databases on a hub of its own."""

    def __init__(self, place: Path) -> None:
        self.live = LiveHub(place / "hub")
        self._http = self.live.client(OWNER)

    def create(self, name: str) -> Engine:
        self.live.hub.host.create(RepoName(OWNER, name))
        return self._engine(name)

    def clone(self, source: Engine, name: str) -> Engine:
        raise NotImplementedError("a hosted database has no remotes")

    def remote_url(self, name: str) -> str:
        raise NotImplementedError("a hosted database has no remotes")

    def missing_url(self) -> str:
        raise NotImplementedError("a hosted database has no remotes")

    def opener(self, engine: Engine) -> Callable[[], Engine]:
        return lambda: self._engine(Path(engine.location).name)

    def scribble(self, engine: Engine, sql: str) -> None:
        raise NotImplementedError("nobody leaves rows uncommitted behind a hub")

    def tag(self, engine: Engine, name: str) -> None:
        engine.create_tag(name, MAIN, message="", author="")

    def close(self) -> None:
        self._http.close()
        self.live.close()

    def _engine(self, name: str) -> Engine:
        return BehindEngine(self._http, name, self.live.hub.host.engine(RepoName(OWNER, name)))


def make(place: Path) -> Lab:
    """Return a lab whose hub is in *place*."""
    return DoltHubLab(place)
