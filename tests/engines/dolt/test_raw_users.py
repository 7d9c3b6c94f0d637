"""Raw dolt programs clone with one user and push with another; nobody else comes in."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pymysql
import pytest

from wasteland.engines.base import MAIN
from wasteland.engines.dolt.engine import DoltEngine
from wasteland.engines.dolt.raw_users import RawUser, Right, drop_raw_users, raw_user
from wasteland.engines.dolt.server import Server

pytestmark = pytest.mark.dolt

Raw = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(name="commons")
def make_commons(server: Server) -> DoltEngine:
    """Return a database whose server has a port for raw programs."""
    engine = DoltEngine.create(server, "commons")
    ddl = ["CREATE TABLE t (id INT PRIMARY KEY)"]
    engine.run_ddl(ddl, "t", author="a", at=engine.log()[0].at)
    server.open_remotes()
    return engine


@pytest.fixture(name="raw")
def run_raw_dolt(program: str, tmp_path: Path) -> Raw:
    """Return a function that runs dolt as somebody else would, with a user's password."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    base = {"DOLT_ROOT_PATH": str(home), "HOME": str(home), "PATH": os.environ["PATH"]}

    def run(*arguments: str, user: RawUser | None = None, place: Path = home) -> object:
        secret = {"DOLT_REMOTE_PASSWORD": user.password_file.read_text()} if user else {}
        command = [program, *arguments]
        return subprocess.run(
            command, cwd=place, env={**base, **secret}, capture_output=True, text=True, check=False
        )

    for name in ("user.name", "user.email"):
        run("config", "--global", "--add", name, "ada@example.org")
    return run  # type: ignore[return-value]


def clone(raw: Raw, server: Server, user: RawUser) -> Path:
    """Clone as *user* and return where."""
    url = server.remote_url("commons")
    done = raw("clone", "--user", user.name, url, "copy", user=user)
    assert done.returncode == 0, done.stderr
    return Path(server.data_dir).parent / "elsewhere" / "copy"


def commit_in(raw: Raw, place: Path, branch: str) -> None:
    """Add a row on a new branch of a clone."""
    raw("checkout", "-b", branch, place=place)
    raw("sql", "-q", "INSERT INTO t VALUES (1)", place=place)
    raw("commit", "-A", "-m", "more", place=place)


def push(raw: Raw, place: Path, branch: str, user: RawUser) -> subprocess.CompletedProcess[str]:
    """Push a branch as *user*."""
    return raw("push", "--user", user.name, "origin", branch, user=user, place=place)


def test_the_reader_clones_and_cannot_push(server: Server, commons: DoltEngine, raw: Raw) -> None:
    reader = raw_user(server, Right.READ)
    place = clone(raw, server, reader)
    commit_in(raw, place, "wl/ada/x")

    refused = push(raw, place, "wl/ada/x", reader)

    assert refused.returncode != 0
    assert [MAIN] == [branch.name for branch in commons.branches()]


def test_the_pusher_pushes_branches(server: Server, commons: DoltEngine, raw: Raw) -> None:
    pusher = raw_user(server, Right.PUSH)
    place = clone(raw, server, pusher)
    commit_in(raw, place, "wl/ada/x")

    assert 0 == push(raw, place, "wl/ada/x", pusher).returncode

    assert [MAIN, "wl/ada/x"] == [branch.name for branch in commons.branches()]
    assert [{"id": 1}] == commons.read("SELECT id FROM t", ref="wl/ada/x")


def test_the_reader_runs_no_sql(server: Server, commons: DoltEngine) -> None:
    reader = raw_user(server, Right.READ)
    session = pymysql.connect(
        host="127.0.0.1",
        port=server.port,
        user=reader.name,
        password=reader.password_file.read_text(),
    )

    with session, session.cursor() as cursor, pytest.raises(pymysql.MySQLError, match="denied"):
        cursor.execute("SELECT * FROM commons.t")


def test_nobody_clones_without_a_password(server: Server, commons: DoltEngine, raw: Raw) -> None:
    assert 0 != raw("clone", server.remote_url("commons"), "copy").returncode


def test_a_user_from_another_address_is_refused(
    server: Server, commons: DoltEngine, raw: Raw
) -> None:
    """Dolt listens on every interface, so an address of this machine's own stands for another."""
    outside = outside_address()
    if not outside:
        pytest.skip("this machine has no address but loopback")
    reader = raw_user(server, Right.READ)
    url = server.remote_url("commons").replace("127.0.0.1", outside)

    refused = raw("clone", "--user", reader.name, url, "copy", user=reader)

    assert "Authorization Failure" in refused.stderr


def test_the_password_is_its_owners_alone_and_stays_until_the_users_are_dropped(
    server: Server,
) -> None:
    first = raw_user(server, Right.READ)
    password = first.password_file.read_text()

    assert 0o600 == stat.S_IMODE(first.password_file.stat().st_mode)
    assert password == raw_user(server, Right.READ).password_file.read_text()

    drop_raw_users(server)
    assert not first.password_file.exists()
    assert password != raw_user(server, Right.READ).password_file.read_text()


def outside_address() -> str:
    """Return an IPv4 address of this machine that is not loopback, "" if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a way there, and sends nothing
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return "" if address.startswith("127.") else address
