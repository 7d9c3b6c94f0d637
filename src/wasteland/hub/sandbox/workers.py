"""Worker processes: started when they are needed, killed when they are late, lent in order."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final

from ...protocol.errors import Unavailable
from .wire import Message, receive, send

_START_S: Final = 10.0


class WorkerLate(Exception):
    """The worker did not answer in time, and was killed."""


class WorkerGone(Exception):
    """The worker died of the request, or answered nonsense, and was killed."""


class Worker:
    """One worker process at a time, used by one thread at a time; a dead one is replaced."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """Of the process, None if there is none."""
        return self._process.pid if self._process else None

    def ask(self, request: Message, *, deadline_s: float) -> Message:
        """
        Return the worker's answer.

        Raises:
            Unavailable: No worker can be started.
            WorkerGone: It died.
            WorkerLate: It has not answered within *deadline_s*.
        """
        pipe = self._running()
        try:
            answer = _exchange(pipe, deadline_s, request)
        except TimeoutError as error:
            self.stop()
            raise WorkerLate from error
        except (OSError, EOFError, ValueError, RecursionError) as error:
            self.stop()
            raise WorkerGone from error
        if answer.get("is_spent"):
            self.stop()
        return answer

    def stop(self) -> None:
        """Kill the process; another one is started when it is needed."""
        process, self._process = self._process, None
        pipe, self._socket = self._socket, None
        if process is not None:
            process.kill()
            process.wait()
        if pipe is not None:
            pipe.close()

    def _running(self) -> socket.socket:
        if self._socket is not None and self._process is not None and self._process.poll() is None:
            return self._socket
        self.stop()
        self._process, self._socket = _start(self._memory_bytes)
        try:
            _exchange(self._socket, _START_S)
        except (OSError, EOFError, ValueError) as error:
            self.stop()
            raise Unavailable("The process that runs queries does not start.") from error
        return self._socket


class Workers:
    """A fixed number of workers, lent to those who ask in the order in which they ask."""

    def __init__(self, count: int, *, memory_bytes: int, patience_s: float) -> None:
        self._count = count
        self._memory_bytes = memory_bytes
        self._patience_s = patience_s
        self._begin()

    @contextmanager
    def lent(self) -> Iterator[Worker]:
        """
        Lend a worker.

        Raises:
            Unavailable: All stayed busy for too long, or the workers are closed.
        """
        if os.getpid() != self._pid:
            self._begin()  # after a fork the workers are the parent's
        worker = self._take()
        try:
            yield worker
        except BaseException:
            worker.stop()  # whatever it is doing, nobody waits for it
            raise
        finally:
            self._give_back(worker)

    def close(self) -> None:
        """Stop all workers, those at work when they are done; lend none from now on."""
        with self._lock:
            self._is_open = False
            while self._waiting:
                self._waiting.popleft().cancel()
            while self._idle:
                self._idle.pop().stop()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._is_open = True
        self._lock: threading.Lock = threading.Lock()
        self._idle: list[Worker] = [Worker(self._memory_bytes) for _ in range(self._count)]
        self._waiting: deque[Future[Worker]] = deque()

    def _take(self) -> Worker:
        turn: Future[Worker] = Future()
        with self._lock:
            if not self._is_open:
                raise Unavailable("Queries are not run any more: the hub is closing.")
            if self._idle:
                return self._idle.pop()
            self._waiting.append(turn)
        try:
            return turn.result(timeout=self._patience_s)
        except TimeoutError:
            if not turn.cancel():
                return turn.result()  # it came at the last moment
        raise Unavailable(
            f"Other queries kept all {self._count} workers busy.", hint="repeat the query"
        )

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            while self._waiting:
                turn = self._waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(worker)
                    return
            if self._is_open:
                self._idle.append(worker)
                return
        worker.stop()


class _Timed:
    """A socket whose every use ends at one deadline."""

    def __init__(self, pipe: socket.socket, deadline: float) -> None:
        self._pipe = pipe
        self._deadline = deadline

    def sendall(self, data: bytes, /) -> None:
        self._pipe.settimeout(self._left_s())
        self._pipe.sendall(data)

    def recv(self, size: int, /) -> bytes:
        self._pipe.settimeout(self._left_s())
        return self._pipe.recv(size)

    def _left_s(self) -> float:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s


def _exchange(pipe: socket.socket, deadline_s: float, request: Message | None = None) -> Message:
    timed = _Timed(pipe, time.monotonic() + deadline_s)
    if request is not None:
        send(timed, request)
    answer = receive(timed)
    if answer is None:
        raise EOFError
    return answer


def _start(memory_bytes: int) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """
    Start a worker, which ends when our end of the socket does.

    It is not told to die with its parent: to Linux that is the thread that started it.
    """
    ours, theirs = socket.socketpair()
    # -S: our import path holds the site's folders already. -P: and no working directory.
    command = [sys.executable, "-P", "-S", "-m", "wasteland.hub.sandbox.worker", str(memory_bytes)]
    with theirs:
        process = subprocess.Popen(
            command,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))},
            start_new_session=True,  # Ctrl-C in the hub's terminal is the hub's affair
        )
    return process, ours
