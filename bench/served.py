"""A hub as a process of its own, and the least client of it, for the benches."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boards import REPO

from wasteland.engines.dolt.server import Server
from wasteland.hosts.base import RepoName

UNAVAILABLE = 503
PATIENCE, AGAIN_S = 5, 0.2
IDLE_S = 2.0  # the server lets go of a connection that is silent for 5

API = f"/api/v1/commons/{REPO}"
V1 = "/api/v1alpha1"


@dataclass
class Answer:
    """
    What a hub said.

    Attributes:
        seconds: From the request's first byte to the answer's last.
        put_off: How often the hub had said to come again before.
    """

    status: int
    body: Any
    seconds: float
    put_off: int = 0

    @property
    def is_good(self) -> bool:
        """Whether the request succeeded."""
        return 200 <= self.status < 300


class Client:
    """One kept connection; a broken one is opened anew by the next request."""

    def __init__(self, port: int, token: str = "", *, timeout_s: float = 120.0) -> None:
        self.token = token
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        self._used_at = 0.0

    def send(self, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
        """
        Send a request and return the answer.

        Raises:
            OSError, http.client.HTTPException: The connection broke.
        """
        headers = {"authorization": f"token {self.token}"} if self.token else {}
        headers |= {"idempotency-key": key} if key else {}
        data = None if body is None else json.dumps(body).encode()
        headers |= {"content-type": "application/json"} if data else {}
        start = time.perf_counter()
        if start - self._used_at > IDLE_S:
            self._link.close()
        try:
            self._link.request(method, path, data, headers)
            response = self._link.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self._link.close()
            raise
        self._used_at = time.perf_counter()
        spent = self._used_at - start
        kind = response.headers.get("content-type", "")
        return Answer(response.status, json.loads(text) if "json" in kind else text, spent)

    def insist(self, method: str, path: str, body: object, *, key: str) -> Answer:
        """Send a request, and again with its key while the hub says to come again."""
        answer = self.send(method, path, body, key=key)
        while answer.status == UNAVAILABLE and answer.put_off < PATIENCE:
            time.sleep(AGAIN_S)
            again = self.send(method, path, body, key=key)
            again.seconds += answer.seconds
            again.put_off = answer.put_off + 1
            answer = again
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


@dataclass
class Served:
    """
    A running hub.

    Attributes:
        ready_s: From the start of the process until ``/readyz`` said ready.
        ready_cpu_s: Processor time until then, which says the same on a busy machine.
    """

    process: subprocess.Popen[bytes]
    port: int = 0
    ready_s: float = 0.0
    ready_cpu_s: float = 0.0
    log: list[bytes] = field(default_factory=list)

    def kill(self) -> None:
        """Let the process end without a warning, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def complaints(self) -> list[str]:
        """Return the ends of the last tracebacks on its standard error."""
        lines = b"".join(self.log).decode(errors="replace").split("Traceback")
        return ["\n".join(part.splitlines()[-12:]) for part in lines[1:][-3:]]

    def rss_mb(self) -> float:
        """Return the memory of the hub and the processes that it started, in MB."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return round(sum(_status_kb(pid, "VmRSS") for pid in pids) / 1024, 1)

    def cpu_s(self) -> float:
        """Return the processor time of the hub's own process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(root: Path, engine: str = "doltlite", dolt: str | None = None) -> Served:
    """Start ``wl serve`` over a host's directory and wait until it is ready."""
    env = {**os.environ, "HOME": str(root), "WL_HOST": str(root), "WL_DOLT": dolt or ""}
    command = ["serve", "--port", "0", "--rate", "0", "--engine", engine, "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "wasteland.cli", *command],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    served = Served(process)
    assert process.stderr
    threading.Thread(target=_drain, args=(process.stderr, served.log), daemon=True).start()
    served.port = _port(served)
    client = Client(served.port)
    while not client.send("GET", "/readyz").is_good:
        time.sleep(0.01)
    served.ready_s = time.perf_counter() - began
    served.ready_cpu_s = served.cpu_s()
    client.close()
    return served


@contextmanager
def serving(root: Path, engine: str = "doltlite", dolt: str | None = None) -> Iterator[Served]:
    """Serve a host's directory for the length of a ``with`` block."""
    served = start(root, engine, dolt)
    try:
        yield served
    finally:
        served.process.terminate()
        served.process.wait(30)


@contextmanager
def stopping_dolt(root: Path, dolt: str | None) -> Iterator[None]:
    """End the Dolt server of a host, if it has one, after a ``with`` block."""
    try:
        yield
    finally:
        databases = root / ".dolt-databases"
        if databases.is_dir():
            Server.attach(databases, program=dolt).stop()


def claim_statement(rig: str, item: str) -> str:
    """Return the statement that claims an item, as the existing client writes it."""
    return (
        f"UPDATE wanted SET claimed_by='{rig}', status='claimed', updated_at=NOW() "
        f"WHERE id='{item}' AND status='open'"
    )


def write_path(repo: RepoName, branch: str, base: str = "main") -> str:
    """Return where statements for a branch are sent."""
    return f"{V1}/{repo}/write/{base.replace('/', '%2F')}/{branch.replace('/', '%2F')}"


def pull_body(source: RepoName, branch: str) -> dict[str, str]:
    """Return the body of a new pull request to the board."""
    return {
        "title": "offer",
        "description": "",
        "fromBranchOwnerName": source.owner,
        "fromBranchRepoName": source.name,
        "fromBranchName": branch,
        "toBranchOwnerName": REPO.owner,
        "toBranchRepoName": REPO.name,
        "toBranchName": "main",
    }


def _port(served: Served) -> int:
    """Return the port that the process names on its standard output."""
    out = served.process.stdout
    assert out
    text = b""
    while line := out.readline():
        text += line
        try:
            return int(json.loads(text)["url"].rpartition(":")[2])
        except ValueError:
            continue
    raise RuntimeError(f"the hub ended: {b''.join(served.log).decode()[-2000:]}")


def _drain(stream: Any, log: list[bytes]) -> None:
    log += stream


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    direct = [int(each) for each in text.split()]
    return [*direct, *(each for child in direct for each in _children(child))]


def _status_kb(pid: int, what: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return 0
    return int(status.partition(f"{what}:")[2].split()[0])
