"""Worker processes: confined, replaced when they die, lent in order, gone with the hub."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.sandbox import hostile
from hub.sandbox.boards import honest
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.sandbox import Sandbox, place_of
from wasteland.hub.sandbox.workers import Worker, Workers
from wasteland.protocol.errors import Unavailable

MEBIBYTE = 1 << 20
HUNGRY = "SELECT a.title || b.title || c.title AS t FROM wanted a, wanted b, wanted c ORDER BY t"
HUB = """
import sys
from pathlib import Path
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.sandbox import Sandbox, place_of
sandbox = Sandbox()
sandbox.read(place_of(DoltLiteEngine(Path(sys.argv[1]))), "SELECT 1")
print(sandbox._workers._idle[-1].pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def single() -> Iterator[Sandbox]:
    """Return a sandbox with one worker."""
    made = Sandbox(workers=1, deadline_s=0.5)
    yield made
    made.close()


def worker_of(sandbox: Sandbox) -> Worker:
    """Return the worker that will be lent next."""
    return sandbox._workers._idle[-1]


def pid_of(sandbox: Sandbox) -> int:
    pid = worker_of(sandbox).pid
    assert pid is not None
    return pid


def status(pid: int, name: str) -> str:
    """Return a line of what Linux says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith(f"{name}:"))


def has_ended(pid: int) -> bool:
    """Return whether the process, perhaps no child of ours, ends within a minute."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watch], [], [], 60)[0])
    finally:
        os.close(watch)


def test_no_process_is_started_before_it_is_needed(single: Sandbox) -> None:
    assert worker_of(single).pid is None


def test_the_same_worker_answers_again(single: Sandbox, board: DoltLiteEngine) -> None:
    """Starting one costs a hundred queries."""
    honest(single, board)
    first = pid_of(single)
    honest(single, board)

    assert first == pid_of(single)


def test_a_killed_worker_is_replaced(single: Sandbox, board: DoltLiteEngine) -> None:
    honest(single, board)
    killed = pid_of(single)
    os.kill(killed, signal.SIGKILL)
    os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)

    assert [("w-1", "Item w-1")] == honest(single, board)
    assert killed != pid_of(single)


def test_a_worker_that_hangs_is_killed_and_replaced(single: Sandbox, board: DoltLiteEngine) -> None:
    """A stopped process stands for one that no longer listens to its own clock."""
    honest(single, board)
    hanging = pid_of(single)
    os.kill(hanging, signal.SIGSTOP)

    result = single.read(place_of(board), "SELECT 1")

    assert ("timeout", []) == (result.status, result.rows)
    assert has_ended(hanging)
    assert [("w-1", "Item w-1")] == honest(single, board)


def test_a_query_that_needs_too_much_memory_gets_an_error(board: DoltLiteEngine) -> None:
    """Its worker, whose memory is now in pieces, is replaced."""
    sandbox = Sandbox(workers=1, deadline_s=60, memory_bytes=96 * MEBIBYTE)
    try:
        honest(sandbox, board)
        fed = pid_of(sandbox)
        result = sandbox.read(place_of(board), HUNGRY)

        assert ("error", "The query needs too much memory.") == (result.status, result.message)
        assert has_ended(fed)
        assert [("w-1", "Item w-1")] == honest(sandbox, board)
    finally:
        sandbox.close()


def test_one_query_does_not_hold_up_another(sandbox: Sandbox, board: DoltLiteEngine) -> None:
    with ThreadPoolExecutor(1) as pool:
        endless = pool.submit(sandbox.read, place_of(board), hostile.ENDLESS)
        while sandbox._workers._count == len(sandbox._workers._idle):
            os.sched_yield()
        rows = honest(sandbox, board)
        was_running = not endless.done()

    assert ([("w-1", "Item w-1")], True) == (rows, was_running)
    assert "timeout" == endless.result().status


def test_two_hundred_readers_at_once_get_their_own_rows(
    sandbox: Sandbox, board: DoltLiteEngine
) -> None:
    place = place_of(board)

    def title(number: int) -> list[tuple[str | None, ...]]:
        return sandbox.read(place, f"SELECT title FROM wanted WHERE id = 'w-{number}'").rows

    with ThreadPoolExecutor(200) as pool:
        found = list(pool.map(title, range(200)))

    assert [[(f"Item w-{number}",)] for number in range(200)] == found


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_worker_knows_no_secret_and_can_grow_and_write_little(
    sandbox: Sandbox, board: DoltLiteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment is its import path; files of no size, few of them, half a gibibyte."""
    monkeypatch.setenv("WL_SECRET", "hush")
    honest(sandbox, board)
    pid = pid_of(sandbox)
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    hard = {line[:26].strip(): line.split()[-2] for line in limits[1:]}

    assert [b"PYTHONPATH"] == [entry.partition(b"=")[0] for entry in environment if entry]
    assert ("0", "0", "64", str(512 * MEBIBYTE)) == tuple(
        hard[name]
        for name in ("Max file size", "Max core file size", "Max open files", "Max address space")
    )
    assert int(status(pid, "VmPeak").split()[0]) * 1024 <= 512 * MEBIBYTE


def test_workers_end_with_the_hub_that_is_killed(board: DoltLiteEngine) -> None:
    """Also when it has no time to say so."""
    command = [sys.executable, "-c", HUB, board.location]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as hub:
        assert hub.stdout is not None
        worker = int(hub.stdout.readline())
        hub.kill()

    assert has_ended(worker)


def test_a_forked_child_gets_workers_of_its_own(sandbox: Sandbox, board: DoltLiteEngine) -> None:
    """And leaves those of its parent alone."""
    honest(sandbox, board)
    parents = pid_of(sandbox)
    place = place_of(board)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def ask() -> None:
        rows = sandbox.read(place, "SELECT title FROM wanted WHERE id = 'w-2'").rows
        answers.put((rows, pid_of(sandbox)))
        sandbox.close()

    child = context.Process(target=ask)
    child.start()
    rows, childs = answers.get()
    child.join()

    assert ([("Item w-2",)], True) == (rows, parents != childs)
    assert [("w-1", "Item w-1")] == honest(sandbox, board)
    assert parents == pid_of(sandbox)


def test_who_waits_too_long_is_told_to_come_again() -> None:
    workers = Workers(1, memory_bytes=0, patience_s=0.01)
    with workers.lent(), pytest.raises(Unavailable), workers.lent():
        pass

    with workers.lent():
        pass


def test_workers_are_lent_in_the_order_of_asking() -> None:
    workers = Workers(1, memory_bytes=0, patience_s=60)
    served: list[int] = []

    def wait(number: int) -> None:
        with workers.lent():
            served.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(8)]
    with workers.lent():
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(workers._waiting) < number:
                os.sched_yield()
    for thread in threads:
        thread.join()

    assert list(range(8)) == served


def test_a_closed_sandbox_runs_nothing_and_leaves_no_process(
    sandbox: Sandbox, board: DoltLiteEngine
) -> None:
    honest(sandbox, board)
    pid = pid_of(sandbox)
    sandbox.close()

    assert has_ended(pid)
    with pytest.raises(Unavailable):
        honest(sandbox, board)
