"""The server of a data directory: found there or started, used by many, stopped by us alone."""

from __future__ import annotations

import json
import multiprocessing
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import pymysql
import pytest

from engines.dolt.fixture import attach
from wasteland.engines.dolt import process, supervisor
from wasteland.engines.dolt.datadir import DataDir, State
from wasteland.engines.dolt.engine import DoltEngine
from wasteland.engines.dolt.ports import free_port
from wasteland.engines.dolt.process import Process, identify
from wasteland.engines.dolt.program import check_version, find_program
from wasteland.engines.dolt.server import Server
from wasteland.protocol.errors import NotFound, Unavailable, Unsupported

pytestmark = pytest.mark.dolt


def attached_pid(data_dir: Path) -> int:
    """Return the server's process id, as another process finds it."""
    return attach(data_dir).pid


def wait_for_end(pid: int) -> None:
    """Return when the process has ended, which need not be a child of ours."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([watch], [], [], 60)
        assert ended, f"process {pid} still runs"
    finally:
        os.close(watch)


def tables_seen_by_raw_dolt(program: str, directory: Path, sql: str) -> str:
    """Return what ``dolt sql`` prints in *directory*."""
    command = [program, "sql", "-r", "csv", "-q", sql]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout


@contextmanager
def started_by_hand(program: str, data_dir: Path) -> Iterator[int]:
    """Start a server as a person would, without any record of ours; give its process id."""
    directory = DataDir(data_dir)
    directory.prepare()
    port = free_port()
    supervisor._write_config(directory, port, None)
    child = supervisor._spawn(directory, program)
    assert supervisor._is_ready(child, directory, port)
    try:
        yield child.pid
        assert child.poll() is None
    finally:
        child.terminate()
        child.wait()


# --- one server for each directory


def test_the_next_command_finds_the_server_that_runs(server: Server) -> None:
    again = attach(server.data_dir)

    assert (again.pid, again.port, again.is_ours) == (server.pid, server.port, True)


def test_a_server_outlives_the_process_that_started_it(program: str, data_dir: Path) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pid = pool.submit(attached_pid, data_dir).result()

    assert attach(data_dir).pid == pid


def test_processes_that_attach_at_once_share_one_server(program: str, data_dir: Path) -> None:
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
        pids = set(pool.map(attached_pid, [data_dir] * 8))

    assert pids == {attach(data_dir).pid}


def test_two_directories_have_two_servers(server: Server, tmp_path: Path) -> None:
    other = attach(tmp_path / "other")

    try:
        assert (other.pid != server.pid, other.port != server.port) == (True, True)
    finally:
        other.stop()


def test_a_moved_directory_keeps_its_server(server: Server, tmp_path: Path) -> None:
    server.data_dir.rename(tmp_path / "moved")
    moved = attach(tmp_path / "moved")

    try:
        assert (moved.pid, moved.is_ours) == (server.pid, True)
    finally:
        moved.stop()


# --- what is not believed


def test_an_info_file_of_a_dead_process_is_not_believed(program: str, data_dir: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    (data_dir / ".dolt").mkdir(parents=True)
    (data_dir / ".dolt" / "sql-server.info").write_text(f"{ended.pid}:1:secret")

    server = attach(data_dir)

    assert server.pid != ended.pid
    assert identify(server.pid) is not None


@pytest.mark.parametrize("text", ["", "1:2", "a:b:c", "\0"])
def test_an_info_file_that_makes_no_sense_is_not_believed(
    program: str, data_dir: Path, text: str
) -> None:
    (data_dir / ".dolt").mkdir(parents=True)
    (data_dir / ".dolt" / "sql-server.info").write_text(text)

    assert attach(data_dir).is_ours


def test_a_copied_directory_does_not_adopt_the_server_of_the_original(
    server: Server, tmp_path: Path
) -> None:
    shutil.copytree(server.data_dir, tmp_path / "copy")

    copy = attach(tmp_path / "copy")

    try:
        assert copy.pid != server.pid
        assert attach(server.data_dir).pid == server.pid
    finally:
        copy.stop()
    assert identify(server.pid) is not None


def test_a_server_with_another_password_is_not_adopted(server: Server) -> None:
    info = server.data_dir / ".dolt" / "sql-server.info"
    info.write_text(f"{server.pid}:{server.port}:not-the-password")

    fresh = attach(server.data_dir)

    assert fresh.pid != server.pid
    os.kill(server.pid, signal.SIGKILL)
    wait_for_end(server.pid)


# --- stopping


def test_stop_ends_the_server_and_its_supervisor(server: Server) -> None:
    state = DataDir(server.data_dir).state()
    assert state is not None

    assert server.stop() is True
    assert (state.server.is_alive, state.supervisor.is_alive) == (False, False)
    assert server.stop() is False


def test_a_server_that_somebody_else_started_is_used_and_never_stopped(
    program: str, data_dir: Path
) -> None:
    with started_by_hand(program, data_dir) as pid:
        server = attach(data_dir)

        assert (server.pid, server.is_ours, server.stop()) == (pid, False, False)
        with server.connect() as session:
            assert session.open


def test_stop_leaves_a_process_alone_that_has_inherited_a_number(data_dir: Path) -> None:
    directory = DataDir(data_dir)
    directory.prepare()
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        former = Process(bystander.pid, "long ago")
        directory.write_state(State(former, former, directory.identity))

        assert Server.stop(_server_of(directory)) is True
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_ends_with_its_supervisor(server: Server) -> None:
    state = DataDir(server.data_dir).state()
    assert state is not None

    os.kill(state.supervisor.pid, signal.SIGKILL)

    wait_for_end(server.pid)


def test_a_server_that_nobody_uses_ends_by_itself(program: str, data_dir: Path) -> None:
    server = Server.attach(data_dir, program=program, idle_s=0.2)

    wait_for_end(server.pid)

    assert attach(data_dir).pid != server.pid


def test_a_server_with_a_connection_is_in_use(server: Server) -> None:
    directory = DataDir(server.data_dir)

    with server.connect():
        in_use = supervisor._is_idle(directory, 0.0)

    assert (in_use, supervisor._is_idle(directory, 3600.0)) == (False, False)


def test_a_server_whose_directory_is_gone_ends(program: str, data_dir: Path) -> None:
    server = Server.attach(data_dir, program=program, idle_s=1.0)

    with server.connect():  # in use, and still
        shutil.rmtree(data_dir)
        wait_for_end(server.pid)


def test_a_server_whose_directory_was_replaced_ends(program: str, data_dir: Path) -> None:
    former = Server.attach(data_dir, program=program)
    state = DataDir(data_dir).state()
    assert state
    shutil.rmtree(data_dir)
    data_dir.mkdir()

    wait_for_end(former.pid)
    wait_for_end(state.supervisor.pid)
    assert [] == list(data_dir.iterdir())


def test_connecting_to_a_server_that_has_ended_starts_it_again(server: Server) -> None:
    engine = DoltEngine.create(server, "commons")
    head = engine.head()
    former = server.pid

    attach(server.data_dir).stop()

    assert engine.head() == head
    assert (server.pid != former, server.is_ours) == (True, True)


# --- who may come in


def test_root_has_no_way_in_without_a_password(server: Server) -> None:
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        pymysql.connect(host="127.0.0.1", port=server.port, user="root")


def test_the_password_is_the_owners_alone(server: Server) -> None:
    info = server.data_dir / ".dolt" / "sql-server.info"

    assert stat.S_IMODE(info.stat().st_mode) == 0o600
    assert stat.S_IMODE((server.data_dir / ".wasteland").stat().st_mode) == 0o700
    assert info.read_text().split(":")[2].strip() not in repr(vars(server))


def test_sql_reads_no_files(server: Server, tmp_path: Path) -> None:
    (tmp_path / "private").write_text("words")

    with server.connect() as session, session.cursor() as cursor:
        cursor.execute("SELECT LOAD_FILE(%s)", (str(tmp_path / "private"),))
        assert cursor.fetchall() == ((None,),)


def test_raw_dolt_works_beside_the_server(program: str, server: Server) -> None:
    with DoltEngine.create(server, "commons") as engine:
        at = engine.log()[0].at
        ddl = ["CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (7)"]
        engine.run_ddl(ddl, "t", author="a", at=at)

    found = tables_seen_by_raw_dolt(program, server.data_dir, "SELECT id FROM commons.t")
    assert found.split() == ["id", "7"]


def test_raw_dolt_finds_no_port_before_one_is_opened(server: Server) -> None:
    with pytest.raises(Unsupported):
        server.remote_url("commons")


def test_a_server_that_somebody_else_started_is_not_restarted_for_a_port(
    program: str, data_dir: Path
) -> None:
    with started_by_hand(program, data_dir):
        server = attach(data_dir)

        with pytest.raises(Unsupported):
            server.open_remotes()


def test_the_port_for_raw_dolt_stays_over_a_restart_until_it_is_closed(
    program: str, server: Server
) -> None:
    server.open_remotes()
    url = server.remote_url("commons")
    server.stop()

    again = Server.attach(server.data_dir, program=program)
    assert url == again.remote_url("commons")
    assert again.close_remotes()
    with pytest.raises(Unsupported):
        again.remote_url("commons")
    assert not again.close_remotes()


def test_a_taken_port_for_raw_dolt_does_not_keep_the_server_from_starting(
    program: str, server: Server
) -> None:
    server.open_remotes()
    url = server.remote_url("commons")
    server.stop()
    with socket.create_server(("127.0.0.1", urlsplit(url).port or 0)):
        elsewhere = Server.attach(server.data_dir, program=program)
        assert url != elsewhere.remote_url("commons")


def test_a_server_with_a_port_for_raw_dolt_is_never_ended_for_being_unused(
    program: str, server: Server
) -> None:
    server.open_remotes()
    server.stop()

    Server.attach(server.data_dir, program=program, idle_s=0.2)

    state = DataDir(server.data_dir).state()
    assert state is not None
    assert "inf" == process._command(state.supervisor.pid).split()[-1]


def test_a_missing_database_is_not_found(server: Server) -> None:
    with pytest.raises(NotFound):
        server.connect("nothing")


# --- programs that do not do


def test_a_missing_program_is_unsupported_and_says_where_to_get_it(data_dir: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        Server.attach(data_dir, program="no-such-dolt")

    assert "https://" in caught.value.hint


def test_a_program_that_does_not_start_is_unavailable(data_dir: Path) -> None:
    with pytest.raises(Unavailable):
        Server.attach(data_dir, program=find_program("false"))


@pytest.mark.parametrize("version", ["1.83.0", "0.50.17", "unknown"])
def test_an_old_version_is_unsupported(version: str) -> None:
    with pytest.raises(Unsupported):
        check_version(version)


@pytest.mark.parametrize("version", ["1.83.1", "1.88.1", "2.0.0"])
def test_a_newer_version_will_do(version: str) -> None:
    check_version(version)


def test_a_state_that_cannot_be_read_is_none(data_dir: Path) -> None:
    directory = DataDir(data_dir)
    directory.prepare()
    file = data_dir / ".wasteland" / "server.json"
    process = asdict(Process(1, "x"))

    for text in ("", "[]", "{}", json.dumps({"server": process, "supervisor": 1})):
        file.write_text(text)
        assert directory.state() is None


def _server_of(directory: DataDir) -> Server:
    """Return a server object that was never attached: stopping needs the directory alone."""
    server = object.__new__(Server)
    server._directory = directory
    return server
