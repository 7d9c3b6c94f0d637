"""
The small process that holds a Dolt server as its child, so that none is left behind.

Run as ``python -m wasteland.engines.dolt.supervisor`` by ``Server.attach``, which holds the data
directory's lock until the one line that says how the start went. The server is stopped when
nobody has used it for a while, when the data directory is gone, and with this process.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import pymysql

from ...protocol.errors import Unavailable, WastelandError
from .datadir import DataDir, State
from .ports import free_port
from .process import Process, identify
from .session import open_session

_ATTEMPTS: Final = 5
_START_TIMEOUT_S: Final = 60.0
_LOOK_S: Final = 1.0
_STOP_TIMEOUT_S: Final = 20.0
_PR_SET_PDEATHSIG: Final = 1

Child = subprocess.Popen[bytes]


def main() -> None:
    """Start the server, say so on standard output, and watch it until it ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("program")
    parser.add_argument("idle_s", type=float)
    args = parser.parse_args()
    if os.fork():  # whoever called us reaps this process; the other one belongs to nobody
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    directory = DataDir(args.data_dir)
    try:
        child = _start(directory, args.program)
    except (WastelandError, OSError) as error:
        _say({"error": str(error)})
        return
    try:
        _say({"pid": child.pid})
        _watch(child, directory, args.idle_s)
    finally:
        _end(child, directory)


def _say(answer: dict[str, object]) -> None:
    """Print the one line that the caller waits for, and let go of its pipe."""
    print(json.dumps(answer), flush=True)  # noqa: T201  this line is the protocol
    with Path(os.devnull).open("w") as null:
        os.dup2(null.fileno(), sys.stdout.fileno())


def _start(directory: DataDir, program: str) -> Child:
    remotes_port = directory.wanted_remotes_port
    for _ in range(_ATTEMPTS):
        port = free_port()
        _write_config(directory, port, remotes_port)
        child = _spawn(directory, program)
        if _is_ready(child, directory, port):
            _record(child, directory, remotes_port)
            return child
        _end(child, directory)
        if "already in use" not in directory.log_tail():  # else somebody was faster: other ports
            break
        remotes_port = remotes_port and free_port()
    raise Unavailable(
        f"The Dolt server of {directory.path} did not start: {directory.log_tail()}",
        hint=f"see {directory.log}",
    )


def _write_config(directory: DataDir, port: int, remotes_port: int | None) -> None:
    config: dict[str, object] = {
        "log_level": "warning",
        "listener": {"host": "127.0.0.1", "port": port},
        "data_dir": str(directory.path),
        # A folder that is never made: SQL reads and writes no files.
        "system_variables": {"secure_file_priv": str(directory.home / "no-files")},
    }
    if remotes_port is not None:
        config["remotesapi"] = {"port": remotes_port}
    # JSON is YAML, but for Dolt's own reading of the dollar sign.
    directory.config.write_text(json.dumps(config).replace("$", "$$"))


def _spawn(directory: DataDir, program: str) -> Child:
    settings = {
        "DOLT_ROOT_PATH": str(directory.home),  # the user's own configuration stays untouched
        "DOLT_DISABLE_EVENT_FLUSH": "1",
        "TZ": "UTC",
    }
    # Dolt's root has no password; without it, only the owner of this directory gets in.
    command = [program, "sql-server", "--config", str(directory.config)]
    command.append("--skip-root-user-initialization")
    with directory.log.open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=directory.path,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  this process has one thread
        )


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _is_ready(child: Child, directory: DataDir, port: int) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while child.poll() is None and time.monotonic() < deadline:
        info = directory.info()
        if info is not None and info.pid == child.pid and _accepts(port):
            return True
        time.sleep(0.005)
    return False


def _accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
        return True
    return False


def _record(child: Child, directory: DataDir, remotes_port: int | None) -> None:
    state = State(_named(child.pid), _named(os.getpid()), directory.identity, remotes_port)
    directory.write_state(state)


def _named(pid: int) -> Process:
    process = identify(pid)
    if process is None:
        raise Unavailable(f"The process {pid} ended while the Dolt server was starting.")
    return process


def _watch(child: Child, directory: DataDir, idle_s: float) -> None:
    place = directory.identity
    while True:
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=min(_LOOK_S, idle_s / 4))
            return
        if not _is_at(directory, place):
            return
        if _is_idle(directory, idle_s):
            # Under the lock nobody can be on the way in; ask once more before closing.
            with suppress(Unavailable), directory.lock():
                if _is_idle(directory, idle_s):
                    _end(child, directory)
                    return


def _is_at(directory: DataDir, place: str) -> bool:
    """Return whether the directory is still there, and no other one in its place."""
    try:
        return directory.identity == place
    except OSError:
        return False


def _is_idle(directory: DataDir, idle_s: float) -> bool:
    unused_s = directory.unused_s()
    if unused_s is None:
        return True
    if unused_s < idle_s:
        return False
    if _has_guests(directory):
        directory.touch()
        return False
    return True


def _has_guests(directory: DataDir) -> bool:
    """Return whether anybody but us is connected."""
    info = directory.info()
    if info is None:
        return False
    try:
        with open_session(info.port, info.secret) as session, session.cursor() as cursor:
            cursor.execute("SHOW PROCESSLIST")
            return len(cursor.fetchall()) > 1
    except pymysql.MySQLError:
        return False


def _end(child: Child, directory: DataDir) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    state = directory.state()
    if state is not None and state.server.pid == child.pid:
        directory.forget_state()


if __name__ == "__main__":
    main()
