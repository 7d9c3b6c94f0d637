"""A hub behind a real socket, and the shells of people who work there."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import pytest
import uvicorn

from cli.conftest import Ran, environment
from hub.desks import Desk, open_desk
from wasteland.cli.complete import completer
from wasteland.cli.context import normalized
from wasteland.cli.main import run
from wasteland.commons.operations import Param
from wasteland.hub.app import create_app

_TURNS: Final = 6000
"""Of a hundredth of a second: how long a hub may take to start."""


class Away:
    """
    A hub behind a real socket, and the shells of people who work there.

    Attributes:
        desk: The hub.
        url: Its address.
        stop: Ends it; its port is closed then.
    """

    def __init__(self, desk: Desk, root: Path, call: Callable[..., Ran]) -> None:
        self.desk = desk
        self.root = root
        self.wl = call
        self._server: uvicorn.Server | None = None
        self._port = 0
        self.start()

    def start(self) -> None:
        """Serve, on the port of the first time."""
        config = uvicorn.Config(
            create_app(self.desk.hub), port=self._port, log_level="critical", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        for _ in range(_TURNS):
            if self._server.started or not self._thread.is_alive():
                break
            self._thread.join(0.01)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """End it."""
        if self._server:
            self._server.should_exit = True
            self._thread.join(30)
        self._server = None

    def joined(self, rig: str, account: str = "") -> Away:
        """Sign a rig in and join the board as it."""
        token = self.desk.tokens.get(account) or self.desk.account(rig)
        assert 0 == self.wl("login", self.url, "--token", rig=rig, typed=token).code
        handle = ("--handle", rig) if account else ()
        assert 0 == self.wl("join", f"{self.url}/acme/board", *handle, rig=rig).code
        return self

    def posted(self, title: str = "Fix it") -> str:
        """Post as the commons' owner; return the item's id."""
        return self.desk.post(title)


@contextmanager
def open_away(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Away]:
    """Yield a hub with a board that nobody has joined; it is ended afterwards."""

    def call(*arguments: str, rig: str = "ada", typed: str = "") -> Ran:
        for name, value in environment(root, rig).items():
            monkeypatch.setenv(name, value)
        for name in ("DOLTHUB_TOKEN", "DOLTHUB_API_TOKEN", "WL_HUB"):
            monkeypatch.delenv(name, raising=False)
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdin", io.StringIO(typed))
            capsys.readouterr()
            code = run(normalized(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    with open_desk(root / "far") as desk:
        found = Away(desk, root, call)
        try:
            yield found
        finally:
            found.stop()


def completed(away: Away, source: str, typed: str) -> list[tuple[str, str]]:
    """Return what ada's shell offers: values, and what is said of them."""
    away.wl("version")  # sets the environment of ada's shell
    complete = completer(Param(source=source))
    assert complete is not None
    context = click.Context(click.Command("claim"))
    items = complete(context, click.Argument(["id"]), typed)
    return [(str(found.value), str(found.help)) for found in items]
