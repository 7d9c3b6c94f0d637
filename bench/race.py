"""
Many rigs claim one item at the same moment: exactly one may win, and nobody may starve.

Long-lived worker processes wait at a barrier, round after round; in every third round all act
under one shared handle. Prints winners, losers, what losers were told, and how long the slowest
waited beside the median.

    python bench/race.py --workers 64 --rounds 200 --engine doltlite
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wasteland.commons import memberships
from wasteland.commons.creation import create_commons
from wasteland.commons.memberships import Membership
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost
from wasteland.protocol.errors import AlreadyClaimed, WastelandError

REPO = RepoName("race", "board")
SHARED = "shared"


@dataclass(frozen=True)
class Outcome:
    """What one worker was told in one round."""

    worker: int
    round: int
    won: bool
    told: str
    holder: str
    waited_s: float


def prepare(root: Path, engine: str, workers: int, rounds: int, dolt: str | None) -> list[str]:
    """Create the commons, its rigs and one item a round; return the item ids."""
    with LocalHost(root, dolt=dolt) as host:
        create_commons(host, REPO, handle="max", engine=engine)
        maintainer = Commons(host, REPO, Seat("max", REPO.owner))
        for rule, value in (
            ("claims_cap", "1:none"),
            ("posts_per_day", "100000"),
            ("registrations_per_day", "100000"),
        ):
            maintainer.set_rule(rule, value)
        for name in [SHARED, *(f"rig{n}" for n in range(workers))]:
            Commons(host, REPO, Seat(name, name)).register()
        return [maintainer.post(title=f"Round {n}").id for n in range(rounds)]


def work(
    root: str, number: int, items: list[str], barrier: Any, results: Any, dolt: str | None
) -> None:
    """Claim every item as soon as the barrier opens, and report."""
    found: list[Outcome] = []
    with LocalHost(Path(root), dolt=dolt) as host:
        for round_, item in enumerate(items):
            rig = SHARED if round_ % 3 == 0 else f"rig{number}"
            commons = Commons(host, REPO, Seat(rig, rig))
            barrier.wait()
            start = time.perf_counter()
            won, told, holder = False, "", ""
            try:
                commons.claim(item)
                won = True
            except AlreadyClaimed as error:
                told, holder = error.code, str(error.facts.get("holder"))
            except WastelandError as error:
                told = f"{error.code}: {error}"
            found.append(Outcome(number, round_, won, told, holder, time.perf_counter() - start))
    results.put(found)


def race(
    root: Path, engine: str, workers: int, rounds: int, dolt: str | None = None
) -> list[Outcome]:
    """Run the whole race and return every outcome."""
    items = prepare(root, engine, workers, rounds, dolt)
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(workers), spawn.Queue()
    processes = [
        spawn.Process(target=work, args=(str(root), n, items, barrier, results, dolt))
        for n in range(workers)
    ]
    for process in processes:
        process.start()
    outcomes = [outcome for _ in processes for outcome in results.get()]
    for process in processes:
        process.join()
    return outcomes


def race_cli(root: Path, workers: int, rounds: int, engine: str, dolt: str | None) -> list[Outcome]:
    """Run rounds in which every rival is a process of its own, started at once."""
    items = prepare(root / "host", engine, workers, rounds, dolt)
    names = [SHARED, *(f"rig{n}" for n in range(workers))]
    for name in names:
        memberships.save(
            root / name / ".config" / "wasteland",
            Membership(REPO, name, name, "host", str(root / "host"), engine),
        )
    found: list[Outcome] = []
    for number, item in enumerate(items):
        start = time.perf_counter()
        rivals = [
            _start(root / (SHARED if number % 3 == 0 else f"rig{n}"), item, dolt)
            for n in range(workers)
        ]
        for worker, process in enumerate(rivals):
            _, err = process.communicate()
            told = json.loads(err)["error"] if process.returncode else {}
            code = str(told.get("code", ""))
            if process.returncode not in {0, 5}:
                code = f"exit {process.returncode} {code}"
            holder = str(told.get("holder", ""))
            waited = time.perf_counter() - start
            found.append(Outcome(worker, number, process.returncode == 0, code, holder, waited))
    return found


def _start(home: Path, item: str, dolt: str | None) -> subprocess.Popen[str]:
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": "", "WL_DOLT": dolt or ""}
    return subprocess.Popen(
        [sys.executable, "-m", "wasteland.cli", "claim", item, "--json"],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def judge(outcomes: list[Outcome], rounds: int) -> dict[str, Any]:
    """Return the figures of a race; ``wrong`` lists rounds that broke the promise."""
    wrong: list[str] = []
    for number in range(rounds):
        round_ = [o for o in outcomes if o.round == number]
        winners = [o for o in round_ if o.won]
        holder = SHARED if number % 3 == 0 else f"rig{winners[0].worker}" if winners else ""
        if len(winners) != 1:
            wrong.append(f"round {number}: {len(winners)} winners")
        wrong += [
            f"round {number}: worker {o.worker} was told {o.told} {o.holder}"
            for o in round_
            if not o.won and (o.told, o.holder) != ("already_claimed", holder)
        ]
    waits = sorted(o.waited_s for o in outcomes)
    wins = [sum(o.won for o in outcomes if o.worker == w) for w in {o.worker for o in outcomes}]
    return {
        "rounds": rounds,
        "attempts": len(outcomes),
        "winners": sum(o.won for o in outcomes),
        "wrong": wrong,
        "wait_median_s": round(statistics.median(waits), 4),
        "wait_p99_s": round(waits[int(len(waits) * 0.99) - 1], 4),
        "wait_max_s": round(waits[-1], 4),
        "wins_of_a_worker": [min(wins), max(wins)],
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--engine", default="doltlite", choices=["doltlite", "dolt"])
    parser.add_argument("--dolt", default=None, help="the dolt program")
    parser.add_argument("--cli", action="store_true", help="rivals are processes of wl")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run = (given.workers, given.rounds)
        if given.cli:
            outcomes = race_cli(Path(folder), *run, given.engine, given.dolt)
        else:
            outcomes = race(Path(folder), given.engine, *run, given.dolt)
        figures = judge(outcomes, given.rounds)
        figures |= {"engine": given.engine, "seconds": round(time.perf_counter() - start, 1)}
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
