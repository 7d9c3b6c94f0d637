"""The queue between processes: first come, first served, whoever dies meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from hosts.boards import until
from wasteland.hosts.queue import Queue
from wasteland.protocol.errors import Unavailable

SPAWN = multiprocessing.get_context("spawn")


def visit(directory: Path, log: Path, name: str) -> None:
    """Wait for a turn and write down the name."""
    with Queue(directory, "main").turn(), log.open("a") as file:
        file.write(f"{name}\n")


def hold(directory: Path, holding: Event) -> None:
    """Take a turn and never end it."""
    with Queue(directory, "main").turn():
        holding.set()
        threading.Event().wait()


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path / "queue", "org/board", timeout_s=20)


@pytest.fixture
def started() -> Iterator[list[BaseProcess]]:
    processes: list[BaseProcess] = []
    yield processes
    for process in processes:
        process.kill()
        process.join()


def line_up(queue: Queue, log: Path, started: list[BaseProcess], names: str) -> list[BaseProcess]:
    """Start one visitor after the other, each once the one before has its ticket."""
    visitors: list[BaseProcess] = []
    for name in names:
        process = SPAWN.Process(target=visit, args=(queue.directory, log, name))
        process.start()
        started.append(process)
        visitors.append(process)
        until(lambda: has_ticket(queue, visitors[-1]))
    return visitors


def has_ticket(queue: Queue, process: BaseProcess) -> bool:
    for number in queue.waiting():
        with suppress(FileNotFoundError):  # its owner is done
            if (queue.directory / str(number)).read_text() == str(process.pid):
                return True
    return False


def kill(process: BaseProcess) -> None:
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def test_turns_come_in_the_order_of_arrival(
    queue: Queue, tmp_path: Path, started: list[BaseProcess]
) -> None:
    log = tmp_path / "log"
    with queue.turn():
        visitors = line_up(queue, log, started, "abcde")
        assert not log.exists()

    for visitor in visitors:
        visitor.join()
    assert list("abcde") == log.read_text().split()
    assert [] == queue.waiting()


def test_a_waiter_that_is_killed_holds_up_nobody_and_changes_no_order(
    queue: Queue, tmp_path: Path, started: list[BaseProcess]
) -> None:
    log = tmp_path / "log"
    with queue.turn():
        visitors = line_up(queue, log, started, "abcde")
        kill(visitors[2])
        kill(visitors[4])
        visitors += line_up(queue, log, started, "f")
        assert not log.exists()

    for visitor in visitors:
        visitor.join()
    assert list("abdf") == log.read_text().split()


def test_the_next_one_goes_on_when_the_holder_is_killed(
    queue: Queue, tmp_path: Path, started: list[BaseProcess]
) -> None:
    holding = SPAWN.Event()
    holder = SPAWN.Process(target=hold, args=(queue.directory, holding))
    holder.start()
    started.append(holder)
    assert holding.wait(60)
    log = tmp_path / "log"
    visitors = line_up(queue, log, started, "ab")

    kill(holder)

    for visitor in visitors:
        visitor.join()
    assert ["a", "b"] == log.read_text().split()
    assert [] == queue.waiting()


def test_waiting_too_long_is_unavailable_and_names_the_holder(
    tmp_path: Path, started: list[BaseProcess]
) -> None:
    impatient = Queue(tmp_path / "queue", "org/board", timeout_s=0.05)
    holding = SPAWN.Event()
    holder = SPAWN.Process(target=hold, args=(impatient.directory, holding))
    holder.start()
    started.append(holder)
    assert holding.wait(60)

    with pytest.raises(Unavailable, match=f"process {holder.pid}") as caught, impatient.turn():
        pytest.fail("the turn is somebody else's")

    assert holder.pid == caught.value.facts["holder"]
    assert 1 == len(impatient.waiting())


def test_one_who_gave_up_does_not_let_those_behind_pass(
    queue: Queue, tmp_path: Path, started: list[BaseProcess]
) -> None:
    log = tmp_path / "log"
    # Long enough for the visitor to line up behind; were it not, the test would only be easier.
    impatient = Queue(queue.directory, "org/board", timeout_s=1.5)
    with queue.turn():
        quitter = threading.Thread(target=_give_up, args=(impatient,))
        quitter.start()
        until(lambda: len(queue.waiting()) == 2)
        (visitor,) = line_up(queue, log, started, "a")
        quitter.join()
        assert not log.exists()
        assert 2 == len(queue.waiting())

    visitor.join()
    assert ["a"] == log.read_text().split()


def _give_up(queue: Queue) -> None:
    with pytest.raises(Unavailable), queue.turn():
        pytest.fail("the turn is somebody else's")


def test_threads_of_one_process_exclude_each_other(queue: Queue) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with queue.turn():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1] * 120 == most


def test_a_turn_that_fails_is_over(queue: Queue) -> None:
    with pytest.raises(RuntimeError), queue.turn():
        raise RuntimeError

    assert [] == queue.waiting()
