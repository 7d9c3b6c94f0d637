"""
How a board grows: browse, search, merge and fork at 10 thousand to 1 million items.

    python bench/scale.py --sizes 10000,100000,1000000
    python bench/scale.py --sizes 10000,100000 --engine dolt --dolt /path/to/dolt

Prints median milliseconds for each size and the ratio of the slowest to the fastest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from boards import MAX, REPO, build

from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.dolt.server import Server
from wasteland.hosts.local import LocalHost

BROWSES: dict[str, dict[str, object]] = {
    "default": {},
    "status": {"status": "in_review"},
    "all": {"status": "all"},
    "project": {"project": "project-7"},
    "type": {"type": "bug"},
    "claimer": {"status": "all", "claimed_by": "rig7"},
}


def median_ms(run: Callable[[], object], times: int = 9) -> float:
    """Return the median milliseconds of *run*, after one warm-up."""
    run()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(found), 2)


def measure(root: Path, dolt: str | None = None) -> dict[str, float]:
    """Return the figures of one commons."""
    figures: dict[str, float] = {}
    with LocalHost(root, dolt=dolt) as host:
        max_, ada = Commons(host, REPO, MAX), Commons(host, REPO, Seat("ada", "ada"))
        for name, filters in BROWSES.items():
            figures[f"browse {name}"] = median_ms(lambda f=filters: max_.browse(**f))  # type: ignore[misc]
        max_.index_dir = root / "search"
        # One item of a thousand has the number, every item has both words.
        figures["search rare"] = median_ms(lambda: max_.search("part 742", limit=20))
        figures["search common"] = median_ms(lambda: max_.search("part work", limit=20), times=3)
        figures["merge"] = statistics.median(merges(max_, ada))
        figures["fork_ms"], figures["fork_bytes"] = forks(host, root)
    return figures


def merges(max_: Commons, ada: Commons, times: int = 7) -> list[float]:
    """Return milliseconds of merging pull requests of one item each."""
    found = []
    for number in range(times):
        item = ada.post(title=f"To be merged {number}").id
        pull = ada.update(item, title=f"Merged {number}").pull
        start = time.perf_counter()
        max_.merge(pull)
        found.append((time.perf_counter() - start) * 1000)
    return [round(value, 2) for value in found]


def forks(host: LocalHost, root: Path, times: int = 20) -> tuple[float, float]:
    """Return milliseconds and bytes of one fork with its first branch on disk."""

    def size() -> int:
        upstream = host.engine(REPO)
        if upstream.dialect.name == "dolt":
            return upstream.size_bytes()
        return sum(f.stat().st_size for f in root.rglob("*.db") if f.name != "host.db")

    before, start = size(), time.perf_counter()
    for number in range(times):
        fork = host.fork(REPO, f"forker{number}")
        host.engine(fork).create_branch("wl/first")
    spent = (time.perf_counter() - start) * 1000 / times
    return round(spent, 2), round((size() - before) / times)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--engine", default="doltlite", choices=["doltlite", "dolt"])
    parser.add_argument("--dolt", default=None, help="the dolt program")
    given = parser.parse_args()
    found: dict[int, dict[str, float]] = {}
    for rows in (int(text) for text in given.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            build(root, rows, engine=given.engine, dolt=given.dolt)
            found[rows] = measure(root, given.dolt)
            if given.engine == "dolt":
                Server.attach(root / ".dolt-databases", program=given.dolt).stop()
            print(json.dumps({str(rows): found[rows]}), flush=True)
    first, last = min(found), max(found)
    ratios = {k: round(found[last][k] / found[first][k], 2) for k in found[first]}
    browses = [v for f in found.values() for k, v in f.items() if k.startswith("browse")]
    print(
        json.dumps(
            {
                "largest to smallest": ratios,
                "browse slowest to fastest": round(max(browses) / min(browses), 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
