"""Embedded engines for the contract suite."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from engines.laboratory import Lab
from wasteland.engines.base import Engine
from wasteland.engines.doltlite import driver
from wasteland.engines.doltlite.engine import DoltLiteEngine


class DoltLiteLab(Lab):
    """One file for each database."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._made: list[Engine] = []

    def create(self, name: str) -> Engine:
        return self._keep(DoltLiteEngine.create(self.place / f"{name}.db"))

    def clone(self, source: Engine, name: str) -> Engine:
        url = f"file://{source.location}"
        return self._keep(DoltLiteEngine.clone(url, self.place / f"{name}.db"))

    def remote_url(self, name: str) -> str:
        return f"file://{self.place / name}.db"

    def missing_url(self) -> str:
        return "http://127.0.0.1:9/nothing.db"

    def opener(self, engine: Engine) -> Callable[[], Engine]:
        return functools.partial(DoltLiteEngine, Path(engine.location))

    def scribble(self, engine: Engine, sql: str) -> None:
        with driver.connect(engine.location) as connection:
            connection.execute(sql)

    def tag(self, engine: Engine, name: str) -> None:
        with driver.connect(engine.location) as connection:
            connection.execute("SELECT dolt_tag(:name)", {"name": name}).fetchall()

    def close(self) -> None:
        for engine in self._made:
            engine.close()

    def _keep(self, engine: DoltLiteEngine) -> DoltLiteEngine:
        self._made.append(engine)
        return engine


def make(place: Path) -> Lab:
    """Return a lab whose files are in *place*."""
    return DoltLiteLab(place)
