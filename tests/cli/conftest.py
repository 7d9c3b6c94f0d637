"""A commons with a maintainer and two rigs, and ``wl`` run in this process as one of them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from wasteland import settings
from wasteland.cli.context import normalized
from wasteland.cli.main import run
from wasteland.commons import memberships
from wasteland.commons.creation import create_commons
from wasteland.commons.memberships import Membership
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost

REPO = RepoName.parse("acme/board")
SEATS = {"max": Seat("max", "acme"), "ada": Seat("ada", "ada"), "bob": Seat("bob", "bob")}


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


Wl = Callable[..., Ran]
Shown = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a directory with a host and a home for max (maintainer), ada and bob."""
    with LocalHost(tmp_path / "host") as host:
        create_commons(host, REPO, handle="max")
        for name, seat in SEATS.items():
            if name != "max":
                Commons(host, REPO, seat).register(display_name=name.title())
            config = settings.load(environment(tmp_path, name)).config
            place = str(tmp_path / "host")
            memberships.save(config, Membership(REPO, name, seat.account, "host", place))
    return tmp_path


@pytest.fixture
def wl(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Wl:
    """Return a function that runs ``wl`` as a rig, ada by default."""

    def call(*arguments: str, rig: str = "ada") -> Ran:
        for name, value in environment(home, rig).items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = run(normalized(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def shown() -> Shown:
    """Return a function that prints a page without colour, 80 columns wide."""

    def print_(page: RenderableType, width: int = 80) -> str:
        file = io.StringIO()
        screen = Console(file=file, width=width, color_system=None, highlight=False, markup=False)
        screen.print(page, crop=False)
        return re.sub(r" +$", "", file.getvalue(), flags=re.MULTILINE)

    return print_


def environment(root: Path, rig: str) -> dict[str, str]:
    """Return the environment of a rig's shell."""
    home = root / rig
    names = {
        "CONFIG": ".config",
        "DATA": ".local/share",
        "STATE": ".local/state",
        "CACHE": ".cache",
    }
    paths = {f"XDG_{name}_HOME": str(home / path) for name, path in names.items()}
    unset = {"WL_WASTELAND": "", "NO_COLOR": "", "FORCE_COLOR": "", "CLICOLOR_FORCE": ""}
    return {"HOME": str(home), "WL_HOST": str(root / "host"), **paths, **unset}
