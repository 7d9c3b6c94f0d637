"""A commons that Dolt keeps in a git repository, joined by the addresses that people write."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commons.casts import NOON, REPO, RIGS, refusal, write_rows
from wasteland import settings as user_settings
from wasteland.commons import joining, workspace
from wasteland.commons.sdk import Commons
from wasteland.engines.dolt.engine import DoltEngine
from wasteland.engines.dolt.server import Server
from wasteland.protocol.schema import COMMONS_TABLES
from wasteland.settings import Settings

pytestmark = pytest.mark.dolt

FAKE_SSH = """#!/bin/sh
# Runs the command that it is given for another machine here: ssh [-p PORT] TARGET COMMAND
for last; do :; done
exec sh -c "$last"
"""


@pytest.fixture(name="server")
def elsewhere(tmp_path: Path, dolt_program: str) -> Iterator[Server]:
    """A server of somebody else's, with a commons."""
    server = Server.attach(tmp_path / "theirs", program=dolt_program)
    with DoltEngine.create(server, "board") as engine:
        ddl = [table.create_sql() for table in COMMONS_TABLES]
        engine.run_ddl(ddl, "schema", author="go", at=NOON)
        write_rows(engine, "_meta", [{"key": "schema_version", "value": "1.2"}])
        write_rows(engine, "rigs", RIGS)
        write_rows(engine, "wanted", [{"id": "w-1", "title": "One", "status": "open"}])
    yield server
    server.stop()


@pytest.fixture(name="home")
def at_home(tmp_path: Path, dolt_program: str) -> Iterator[Settings]:
    """The directories of ada."""
    home = replace(user_settings.load({"HOME": str(tmp_path / "ada")}), dolt=dolt_program)
    yield home
    for state in home.data.rglob(".wasteland/server.json"):
        Server.attach(state.parents[1], program=dolt_program).stop()


def claimed(home: Settings) -> tuple[str, str]:
    """Claim the item of a joined commons; return the receipt's state and the item's holder."""
    with workspace.open_commons(home, "", Commons) as ada:
        receipt = ada.claim("w-1")
        return receipt.state, str(ada.show("w-1").item.claimed_by)


def test_a_git_repository_is_joined_by_its_path(
    tmp_path: Path, server: Server, home: Settings
) -> None:
    repository = bare_repository(tmp_path)
    with DoltEngine(server, "board") as engine:
        engine.add_remote("public", f"git+file://{repository}")
        engine.push("public", "main")

    joined = joining.join(home, str(repository), handle="ada", name=str(REPO))

    assert None is joined.registration
    assert ("pending", "ada") == claimed(home)


def test_a_git_repository_behind_ssh_is_joined(
    tmp_path: Path, server: Server, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = bare_repository(tmp_path)
    with DoltEngine(server, "board") as engine:
        engine.add_remote("public", f"git+file://{repository}")
        engine.push("public", "main")
    ssh = tmp_path / "ssh"
    ssh.write_text(FAKE_SSH)
    ssh.chmod(0o700)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))

    joining.join(home, f"git@example.org:{repository}", handle="ada", name=str(REPO))

    assert ("pending", "ada") == claimed(home)


def test_a_machine_that_ssh_does_not_reach_is_named(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", "false")

    error = refusal(lambda: joining.join(home, "git@example.org:acme/board.git", handle="ada"))

    assert ("unavailable", True) == (error.code, "@example.org/./acme/board.git" in error.message)


def bare_repository(place: Path) -> Path:
    """Return a bare git repository with one commit, which Dolt asks for."""
    if shutil.which("git") is None:
        pytest.skip("no git program on PATH")
    bare, work = place / "board.git", place / "work"
    for command in (
        ["git", "init", "-q", "--bare", str(bare)],
        ["git", "init", "-q", str(work)],
        ["git", "-C", str(work), "commit", "-q", "--allow-empty", "-m", "first"],
        ["git", "-C", str(work), "push", "-q", str(bare), "HEAD:main"],
    ):
        who = {
            f"GIT_{role}_{part}": "go"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        }
        subprocess.run(command, check=True, env={**os.environ, **who})
    return bare
