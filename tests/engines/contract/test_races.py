"""Many processes and threads on one database, and processes that die."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

from engines.contract import workers
from engines.laboratory import Lab, post, retitle, titles
from wasteland.engines.base import Engine
from wasteland.protocol.errors import WastelandError
from wasteland.protocol.schema import Value

SPAWN = multiprocessing.get_context("spawn")
RIVALS = 8
ITEMS = [f"w-{n}" for n in range(5)]


def start(target: Callable[..., None], *args: object) -> tuple[BaseProcess, Connection]:
    """Start a process; return it and our end of the pipe whose other end it has."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=target, args=(*args, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def test_of_eight_processes_exactly_one_wins_each_item(lab: Lab, engine: Engine) -> None:
    post(engine, *ITEMS)
    opener = lab.opener(engine)
    rivals = [start(workers.claim_each, opener, ITEMS, f"token-{n}") for n in range(RIVALS)]
    for _, pipe in rivals:
        pipe.recv()
    for _, pipe in rivals:
        pipe.send("go")
    outcomes: list[dict[str, str]] = [pipe.recv() for _, pipe in rivals]
    for process, _ in rivals:
        process.join()

    holders = {row["wanted_id"]: row["token"] for row in engine.read("SELECT * FROM wlx_leases")}
    winners = {
        item: [f"token-{n}" for n, outcome in enumerate(outcomes) if outcome[item] == "won"]
        for item in ITEMS
    }
    assert winners == {item: [holders[item]] for item in ITEMS}
    lost = {word for outcome in outcomes for word in outcome.values() if word != "won"}
    assert lost <= {"stale", "conflict"}
    assert len(engine.log(limit=100)) == len(ITEMS) + 3
    assert engine.dirty() == []


@pytest.mark.parametrize("commits", [1, 2, 5])
def test_a_killed_process_loses_nothing_that_it_acknowledged(
    lab: Lab, engine: Engine, commits: int
) -> None:
    process, pipe = start(workers.commit_until_killed, lab.opener(engine), f"k{commits}")
    acknowledged = [pipe.recv() for _ in range(commits)]
    process.kill()
    acknowledged += drain(pipe)
    process.join()

    log = [commit.hash for commit in engine.log()]
    # At most the one commit whose word was under way is there beyond the acknowledged ones.
    own = log[-3::-1]  # oldest first, without the two commits of the set-up
    assert own[: len(acknowledged)] == acknowledged
    assert len(own) - len(acknowledged) in {0, 1}
    assert len(titles(engine)) == 2 * len(own)
    assert engine.dirty() == []
    assert engine.check() == []
    post(engine, "after")


def drain(pipe: Connection) -> list[str]:
    """Return what was sent before the other end died."""
    received: list[str] = []
    try:
        while True:
            received.append(pipe.recv())
    except (EOFError, OSError):
        return received


def test_threads_share_an_engine(engine: Engine) -> None:
    def work(name: str) -> list[str]:
        return [post(engine, f"{name}-{n}") for n in range(5) if titles(engine) is not None]

    with ThreadPoolExecutor(4) as threads:
        heads = [head for result in threads.map(work, "abcd") for head in result]

    assert len(set(heads)) == 20
    assert {commit.hash for commit in engine.log(limit=20)} == set(heads)
    assert len(titles(engine)) == 20


def test_a_thread_reads_committed_rows_while_another_changes_them(engine: Engine) -> None:
    post(engine, "w-1")
    seen: list[dict[str, Value]] = []

    with engine.change() as change:
        change.execute("UPDATE wanted SET title = 'new' WHERE id = 'w-1'")
        reader = threading.Thread(target=lambda: seen.append(titles(engine)))
        reader.start()
        reader.join()

    assert seen == [{"w-1": "Item w-1"}]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_reads_the_truth_or_is_refused_and_its_parent_goes_on(
    engine: Engine,
) -> None:
    post(engine, "w-1")
    expected = titles(engine)

    with engine.change() as change:
        change.execute("UPDATE wanted SET title = 'parent' WHERE id = 'w-1'")
        child = os.fork()
        if child == 0:
            os._exit(0 if is_true_or_refused(engine, expected) else 1)
        _, status = os.waitpid(child, 0)
        change.execute("UPDATE wanted SET project = 'p' WHERE id = 'w-1'")

    assert os.waitstatus_to_exitcode(status) == 0
    assert titles(engine) == expected
    retitle(engine, "w-1", "later")
    assert titles(engine) == {"w-1": "later"}


def is_true_or_refused(engine: Engine, expected: dict[str, Value]) -> bool:
    """Read in a child, and close what it has; never raise."""
    try:
        return titles(engine) == expected
    except WastelandError:
        return True
    except BaseException:  # noqa: BLE001  a child must not run the rest of the test session
        return False
    finally:
        engine.close()
