"""The main job at a hub that ``wl serve`` runs as a process of its own, from two other homes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from typing import IO, Any

import pytest

import wasteland
from cli.conftest import environment
from wasteland.cli.context import normalized
from wasteland.cli.main import run
from wasteland.engines.dolt.server import Server

PATIENCE_S = 60.0
EVIDENCE = "https://example.org/relay/pull/12"

Wl = Callable[..., Any]


@pytest.fixture(params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def engine(request: pytest.FixtureRequest) -> str:
    """Return what the hub keeps new repositories on."""
    if request.param == "dolt":
        request.getfixturevalue("dolt_program")
    return str(request.param)


@pytest.fixture
def url(tmp_path: Path, engine: str) -> Iterator[str]:
    """Serve a fresh directory until the test has ended, and return the hub's address."""
    command = ["serve", "--port", "0", "--engine", engine, "--admin", "root", "--json"]
    with (tmp_path / "hub.log").open("wb") as log, _started(tmp_path, command, log) as hub:
        try:
            yield _first_words(hub)["url"]
        finally:
            hub.send_signal(signal.SIGTERM)
            code = hub.wait(PATIENCE_S)
            if engine == "dolt":
                databases = tmp_path / "root" / "host" / ".dolt-databases"
                Server.attach(databases, program=os.environ.get("WL_DOLT")).stop()
    assert 0 == code, (tmp_path / "hub.log").read_text()


@pytest.fixture
def wl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Wl:
    """Return a function that runs ``wl`` in somebody's home and returns what its JSON says."""

    def call(who: str, *arguments: str, typed: str = "", code: int = 0) -> Any:
        form = [] if arguments[-1].startswith("--json") else ["--json"]
        with monkeypatch.context() as patch:
            for name, value in home_of(tmp_path, who).items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.StringIO(typed))
            capsys.readouterr()
            ended = run(normalized([*arguments, *form]))
        out, err = capsys.readouterr()
        assert code == ended, err
        return json.loads(err if code else out)

    return call


def home_of(root: Path, who: str) -> dict[str, str]:
    """Return the environment of somebody's shell; each has a host of their own."""
    return {**environment(root, who), "WL_HOST": str(root / who / "host")}


def _started(root: Path, arguments: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in ("PATH", "WL_DOLT") if name in os.environ}
    source = {"PYTHONPATH": str(Path(wasteland.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "wasteland.cli", *arguments],
        env={**kept, **home_of(root, "root"), **source},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
    )


def _first_words(hub: subprocess.Popen[bytes]) -> dict[str, str]:
    """Return what the hub prints once it can be reached."""
    assert hub.stdout
    text = b""
    watchdog = Timer(PATIENCE_S, hub.kill)
    watchdog.start()
    try:
        while not text.endswith(b"}\n"):
            line = hub.stdout.readline()
            assert line, "the hub ended"
            text += line
    finally:
        watchdog.cancel()
    found: dict[str, str] = json.loads(text)
    return found


def test_the_main_job_is_done_from_two_other_homes(url: str, wl: Wl, engine: str) -> None:
    """Each step has its receipt, with the commit that main stands at then."""
    for who in ("mia", "ada", "ben"):
        wl("root", "hub", "user", "add", who)
        token = wl("root", "hub", "token", "create", who, "--scope", "write")["token"]
        assert who == wl(who, "login", url, "--token", typed=token)["account"]
    wl("mia", "create", f"{url}/mia/board", "--name", "Mia's board")
    for who in ("ada", "ben"):
        assert "merged" == wl(who, "join", f"{url}/mia/board")["registration"]["state"]

    posted = wl("mia", "post", "--title", "Add retry logic")
    item = posted["id"]
    claimed = wl("ada", "claim", item)
    lost = wl("ben", "claim", item, code=5)
    done = wl("ada", "done", item, "--evidence", EVIDENCE)
    accepted = wl("mia", "accept", item, "--quality", "good")

    receipts = [posted, claimed, done, accepted]
    assert ["open", "claimed", "in_review", "completed"] == [
        receipt["after"]["status"] for receipt in receipts
    ]
    assert 4 == len({receipt["commit"] or receipt["pull"] for receipt in receipts})
    assert "ada" == lost["error"]["holder"]
    assert [{"id": item, "status": "completed"}] == wl(
        "ben", "browse", "--status", "completed", "--json=id,status"
    )


def test_a_clone_is_refused_where_there_is_none_to_be_had(url: str, wl: Wl, engine: str) -> None:
    """Before anything is registered; over HTTP one takes part in it all the same."""
    for who in ("mia", "ada"):
        wl("root", "hub", "user", "add", who)
        token = wl("root", "hub", "token", "create", who, "--scope", "write")["token"]
        wl(who, "login", url, "--token", typed=token)
    wl("mia", "create", f"{url}/mia/board", "--name", "Mia's board")

    if engine == "doltlite":
        assert "A clone is kept" in wl("ada", "join", f"{url}/mia/board", "--clone")["note"]
        return
    refused = wl("ada", "join", f"{url}/mia/board", "--clone", code=1)["error"]
    assert f"wl join {url}/mia/board works over HTTP" == refused["hint"]
    assert [] == wl("ada", "list")
