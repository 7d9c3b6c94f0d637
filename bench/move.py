"""
A commons moves to the other engine and back while others write to it: times, and nothing lost.

Writers post and claim all the time, each operation acknowledged by a receipt. Afterwards every
acknowledged one must be on main. The first figure is a history of many commits, moved alone.

    WL_DOLT=dolt python bench/move.py --commits 2000 --writers 2 --moves 4
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from wasteland.commons.creation import create_commons
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.dolt.server import Server
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub.moving import move
from wasteland.protocol.errors import WastelandError

REPO = RepoName("bench", "board")
SPAWN = multiprocessing.get_context("spawn")


def write(root: Path, dolt: str | None, name: str, enough: Event, told: Queue[str]) -> None:
    """Post until it is enough; tell of each item that was acknowledged."""
    with LocalHost(root, dolt=dolt) as host:
        while not enough.is_set():
            try:
                told.put(Commons(host, REPO, Seat("max", REPO.owner)).post(title=name).id)
            except WastelandError as error:
                told.put(f"refused {error.code}: {error.message}")
        told.put("")


def race(root: Path, dolt: str | None, writers: int, moves: int) -> None:
    """Move back and forth under *writers*."""
    enough, told = SPAWN.Event(), SPAWN.Queue()
    workers = [
        SPAWN.Process(target=write, args=(root, dolt, f"writer {n}", enough, told))
        for n in range(writers)
    ]
    for worker in workers:
        worker.start()
    with LocalHost(root, dolt=dolt) as host:
        for number in range(moves):
            began = time.perf_counter()
            report = move(host, REPO, ("dolt", "doltlite")[number % 2])
            print(f"move {number}: {report.commits} commits, {time.perf_counter() - began:.2f} s")
        enough.set()
        answers: list[str] = []
        for _ in workers:
            answers += iter(told.get, "")
        there = {row["id"] for row in host.engine(REPO).read("SELECT id FROM wanted")}
    acknowledged = {answer for answer in answers if not answer.startswith("refused")}
    refused = [answer for answer in answers if answer.startswith("refused")]
    print(f"{len(acknowledged)} acknowledged, {len(acknowledged - there)} lost")
    print(f"{len(refused)} refused with an error: {sorted(set(refused))[:5]}")


def main() -> None:
    """Build a history, move it, race."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=500)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--moves", type=int, default=4)
    arguments = parser.parse_args()
    dolt = os.environ.get("WL_DOLT")
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "host"
        try:
            with LocalHost(root, dolt=dolt) as host:
                create_commons(host, REPO, handle="max")
                maintainer = Commons(host, REPO, Seat("max", REPO.owner))
                maintainer.set_rule("posts_per_day", "100000")
                for number in range(arguments.commits):
                    maintainer.post(title=f"Item {number}")
            race(root, dolt, 0, 2)
            race(root, dolt, arguments.writers, arguments.moves)
        finally:
            Server.attach(root / ".dolt-databases", program=dolt).stop()


if __name__ == "__main__":
    main()
