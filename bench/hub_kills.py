"""
A hub killed under load, again and again: what it has acknowledged is there, once.

Several rigs work at a time: some post, claim, hand in and have their work accepted; some write SQL
on their fork, offer it and have it merged; some fork and sign in. Each request has an
Idempotency-Key. The hub gets SIGKILL at a random moment and is started again; then each rig
repeats the request that was not answered, and the last one that was: both must be answered as if
nothing had happened. The directory is checked after each 25th kill and in the end, when everything
that was acknowledged is looked for.

    python bench/hub_kills.py --kills 500 --seed 1 --minutes 10
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from boards import REPO, account, settle
from chains import CHAINS, Worker
from measures import load, spread, within
from served import Served, start, stopping_dolt

from wasteland.hosts.base import PullState, RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub.fsck import fsck
from wasteland.hub.hub import Hub, Options
from wasteland.protocol import trailers

CHECKED_EVERY = 25
READY_WITHIN_S = 2.0


def campaign(
    root: Path,
    workers: list[Worker],
    *,
    kills: int,
    dice: random.Random,
    minutes: float,
    engine: str,
    dolt: str | None,
) -> dict[str, Any]:
    """Kill as often as asked, or as the time allows; return what is told of it."""
    ready: list[float] = []
    cpu: list[float] = []
    unsound: list[str] = []
    ends = time.monotonic() + minutes * 60
    while len(ready) < kills and time.monotonic() < ends:
        served = start(root, engine, dolt)
        ready.append(served.ready_s)
        cpu.append(served.ready_cpu_s)
        threads = [
            threading.Thread(target=worker.work, args=(served.port,), daemon=True)
            for worker in workers
        ]
        for thread in threads:
            thread.start()
        _wait_for_load(served, workers)
        time.sleep(dice.uniform(0.02, 0.8))
        served.kill()
        for thread in threads:
            thread.join(60)
        if len(ready) % CHECKED_EVERY == 0:
            unsound += [f"after kill {len(ready)}: {line}" for line in checked(root, dolt)]
    # Once more without a kill, so that everything under way is answered.
    served = start(root, engine, dolt)
    for worker in workers:
        worker.settle(served.port)
    served.process.terminate()
    served.process.wait(30)
    return {
        "kills": len(ready),
        "ready_s": spread(ready, 2),
        "ready_cpu_s": spread(cpu, 2),
        "late": sum(seconds >= READY_WITHIN_S for seconds in ready),
        "not_answered_and_repeated": sum(worker.repeated for worker in workers),
        "answered_and_repeated": sum(worker.asked_again for worker in workers),
        "told_to_come_again": sum(worker.put_off for worker in workers),
        "logins_begun_anew": sum(worker.lost_logins for worker in workers),
        "acknowledged": dict(sum((worker.done for worker in workers), Counter())),
        "wrong": [line for worker in workers for line in worker.wrong][:20],
        "fsck": unsound,
        "fsck_runs": 1 + len(ready) // CHECKED_EVERY,
    }


def checked(root: Path, dolt: str | None, *, deep: bool = False) -> list[str]:
    """Return what ``wl hub fsck`` finds."""
    return [f"{f.commons} {f.check}: {f.message}" for f in fsck(root, deep=deep, dolt=dolt)]


def _wait_for_load(served: Served, workers: list[Worker]) -> None:
    """Return once every rig has repeated what it had to."""
    ends = time.monotonic() + 60
    while any(worker.is_catching_up for worker in workers) and time.monotonic() < ends:
        if served.process.poll() is not None:
            raise RuntimeError(f"the hub ended: {b''.join(served.log).decode()[-2000:]}")
        time.sleep(0.01)


def against_host(root: Path, workers: list[Worker], dolt: str | None) -> list[str]:
    """Return what was acknowledged and is not there, or more than once."""
    wrong: list[str] = []
    with LocalHost(root, dolt=dolt) as host:
        engine = host.engine(REPO)
        landed = Counter(trailers.find(commit.message) for commit in engine.log())
        items = {str(r["id"]): r for r in engine.read("SELECT * FROM `wanted`")}
        work = engine.read("SELECT `wanted_id`, `id` FROM `completions`")
        stamps = Counter(
            str(r["context_id"]) for r in engine.read("SELECT `context_id` FROM `stamps`")
        )
        offers = Counter(
            (str(p.source), p.branch) for p in host.pulls(REPO, state=PullState.MERGED)
        )
        forks = set(map(str, host.forks(REPO)))
    posted = Counter(str(row["title"]) for row in items.values())
    for worker in workers:
        for kind, fact in worker.facts:
            item = items.get(fact, {})
            held: dict[str, object] = {
                "commit": landed[fact],
                "post": posted[fact],
                "fork": int(fact in forks),
                "merge": offers[worker.fork, f"wl/{worker.rig}/{fact}"],
                "accept": sum(stamps[str(r["id"])] for r in work if r["wanted_id"] == fact)
                if item.get("status") == "completed"
                else f"0, as it is {item.get('status')}",
            }
            if held[kind] != 1:
                wrong.append(f"{worker.rig}: {kind} {fact} is there {held[kind]} times")
    return wrong


def prepare(
    root: Path, count: int, spare: int, engine: str, dolt: str | None, seed: int
) -> list[Worker]:
    """Make the commons, the rigs and accounts that have no fork yet."""
    rigs = [f"rig{number}" for number in range(count)]
    tokens = settle(root, rigs, engine=engine, dolt=dolt, forks=True)
    hub = Hub(LocalHost(root, dolt=dolt), Options(engine=engine, dolt=dolt or ""))
    try:
        workers = []
        for number, rig in enumerate(rigs):
            names = [f"{rig}-{each}" for each in range(spare)]
            workers.append(
                Worker(
                    rig,
                    tokens[rig],
                    tokens[REPO.owner],
                    str(RepoName(rig, REPO.name)),
                    CHAINS[number % len(CHAINS)],
                    seed,
                    {name: account(hub, name) for name in names},
                )
            )
        return workers
    finally:
        hub.close()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="doltlite", choices=["doltlite", "dolt"])
    parser.add_argument("--dolt", default=None, help="the dolt program")
    given = parser.parse_args()
    within(given.minutes + 10)
    with tempfile.TemporaryDirectory() as folder, stopping_dolt(Path(folder), given.dolt):
        root, engine = Path(folder), given.engine
        workers = prepare(root, given.workers, 20 + given.kills, engine, given.dolt, given.seed)
        figures = campaign(
            root,
            workers,
            kills=given.kills,
            dice=random.Random(given.seed),
            minutes=given.minutes,
            engine=engine,
            dolt=given.dolt,
        )
        figures["wrong"] += against_host(root, workers, given.dolt)[:20]
        figures["fsck"] += checked(root, given.dolt, deep=True)
    figures |= {"seed": given.seed, "engine": given.engine, "load": load()}
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
