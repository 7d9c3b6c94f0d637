"""
What HTTP adds: claims and board reads through a hub beside the same in-process, taken in turns.

    python bench/hub_speed.py

Prints a table: medians and processor time of both sides and their ratios, how many claims a second
the hub sustains, and its memory before and after many readers at once. With --json, all figures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from boards import MAX, REPO, build, post_items, settle
from measures import at_once, load, p99, table, within
from served import API, Client, Served, serving

from wasteland.commons.data import to_data
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.local import LocalHost

PAGE = 50
BOARD = f"{API}/wanted?limit={PAGE}"


def interleaved(
    ours: Callable[[int], object],
    theirs: Callable[[int], object],
    times: int,
    clocks: tuple[Callable[[], float], Callable[[], float]],
) -> dict[str, float]:
    """
    Return what both sides take, in turns, so that the machine's load meets both.

    Args:
        clocks: Processor seconds of each side.
    """
    spent: dict[str, list[float]] = {"hub": [], "sdk": []}
    used = {"hub": 0.0, "sdk": 0.0}
    sides = (("hub", ours, clocks[0]), ("sdk", theirs, clocks[1]))
    for number in range(times):
        for name, run, clock in sides if number % 2 else sides[::-1]:
            before, start = clock(), time.perf_counter()
            run(number)
            spent[name].append((time.perf_counter() - start) * 1000)
            used[name] += clock() - before
    found = {f"{name}_ms": round(statistics.median(spent[name]), 2) for name in spent}
    found |= {f"{name}_cpu_ms": round(used[name] * 1000 / times, 2) for name in used}
    found["ratio"] = round(found["hub_ms"] / found["sdk_ms"], 2)
    found["cpu_ratio"] = round(found["hub_cpu_ms"] / found["sdk_cpu_ms"], 2)
    return found | {"load": load()}


def claims(folder: Path, count: int, items: int) -> dict[str, Any]:
    """Claim items of two equal boards, one behind a hub, one in-process."""
    hub_root, sdk_root = folder / "hub", folder / "sdk"
    tokens = settle(hub_root, ["ada"])
    settle(sdk_root, ["ada"])
    names = post_items(hub_root, items)
    post_items(sdk_root, items)
    with serving(hub_root) as served, LocalHost(sdk_root) as host:
        client = Client(served.port, tokens["ada"])

        def over_http(number: int) -> None:
            answer = client.send("POST", f"{API}/wanted/{names[number]}/claim", {})
            assert answer.body.get("state") == "merged", answer

        def in_process(number: int) -> None:
            Commons(host, REPO, Seat("ada", "ada")).claim(names[number])

        for warm in range(count, count + 5):
            over_http(warm)
            in_process(warm)
        return interleaved(over_http, in_process, count, (served.cpu_s, time.process_time))


def sustained(folder: Path, items: int, workers: int, seconds: float) -> dict[str, Any]:
    """Let several rigs, each a process of its own, claim one item after the other for a while."""
    root = folder / "sustained"
    rigs = [f"rig{number}" for number in range(workers)]
    tokens = settle(root, rigs)
    names = post_items(root, items)
    with serving(root) as served:
        before = served.cpu_s(), served.rss_mb()
        began = time.perf_counter()
        busy = [
            subprocess.Popen(
                [sys.executable, __file__, "--claim", str(served.port), str(seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in rigs
        ]
        # Each process gets its own share of the board.
        orders = [json.dumps([tokens[r], names[n::workers]]) for n, r in enumerate(rigs)]
        said = at_once(partial(p.communicate, o) for p, o in zip(busy, orders, strict=True))
        took = time.perf_counter() - began
        cpu_s = served.cpu_s() - before[0]
        waits = [wait for out, _ in said for wait in json.loads(out)]
        return {
            "workers": workers,
            "claims": len(waits),
            "claims_a_second": round(len(waits) / seconds, 1),
            "claims_a_processor_second": round(len(waits) / cpu_s, 1),
            "processors_used_by_the_hub": round(cpu_s / took, 2),
            "median_ms": round(statistics.median(waits) * 1000, 1),
            "p99_ms": round(p99(waits) * 1000, 1),
            "max_ms": round(max(waits) * 1000, 1),
            "rss_mb": [before[1], served.rss_mb()],
            "load": load(),
        }


def claim_for(port: int, seconds: float) -> None:
    """Claim what standard input names until the time is over; print how long each took."""
    token, names = json.load(sys.stdin)
    client, waits = Client(port, token), []
    ends = time.perf_counter() + seconds
    for name in names:
        answer = client.send("POST", f"{API}/wanted/{name}/claim", {})
        if not answer.is_good:
            raise SystemExit(f"{answer.status} {answer.body}")
        waits.append(answer.seconds)
        if time.perf_counter() > ends:
            break
    print(json.dumps(waits))


def boards(folder: Path, rows: int, times: int, readers: int) -> dict[str, Any]:
    """Read pages of one large board both ways; then let many read at once."""
    root = folder / "board"
    build(root, rows)
    tokens = settle(root, ["bo"], is_new=False)
    with serving(root) as served, LocalHost(root) as host:
        client = Client(served.port, tokens["bo"])

        def over_http(_: int) -> None:
            answer = client.send("GET", BOARD)
            assert len(answer.body["items"]) == PAGE, answer

        def in_process(_: int) -> None:
            found = Commons(host, REPO, MAX).browse(limit=PAGE + 1)
            json.dumps(to_data(found[:PAGE]), default=str)

        for warm in range(5):
            over_http(warm)
            in_process(warm)
        clocks = served.cpu_s, time.process_time
        one = interleaved(over_http, in_process, times, clocks)
        return {"rows": rows, **one, "crowd": crowd(served, tokens["bo"], readers)}


def crowd(served: Served, token: str, readers: int, pages: int = 10) -> dict[str, Any]:
    """Let many connections read pages at once."""
    before = served.rss_mb()

    def read_all() -> list[float]:
        client = Client(served.port, token)
        answers = [client.send("GET", BOARD) for _ in range(pages)]
        assert all(len(answer.body["items"]) == PAGE for answer in answers)
        return [answer.seconds for answer in answers]

    began = time.perf_counter()
    waits = [wait for found in at_once([read_all] * readers) for wait in found]
    return {
        "readers": readers,
        "pages": len(waits),
        "pages_a_second": round(len(waits) / (time.perf_counter() - began), 1),
        "median_ms": round(statistics.median(waits) * 1000, 1),
        "p99_ms": round(p99(waits) * 1000, 1),
        "rss_mb": [before, served.rss_mb()],
        "load": load(),
    }


def rows_of(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the table: what was measured, the figure, and what it is to be."""
    claim, held, board = figures["claim"], figures["sustained"], figures["board"]
    crowd_of, both = board["crowd"], "{hub_ms} / {sdk_ms} ms, processor {hub_cpu_ms} / {sdk_cpu_ms}"
    return [
        ("claim, HTTP beside SDK", f"{claim['ratio']} (processor {claim['cpu_ratio']})", "<= 4"),
        ("", both.format(**claim), ""),
        ("claims a processor second", str(held["claims_a_processor_second"]), ">= 20"),
        (f"claims a second, {held['workers']} rigs", str(held["claims_a_second"]), ""),
        ("p99 of these, ms", f"{held['p99_ms']} (median {held['median_ms']})", "< 250"),
        (
            f"board, {PAGE} of {board['rows']}, HTTP beside SDK",
            f"{board['ratio']} (processor {board['cpu_ratio']})",
            "<= 3",
        ),
        ("", both.format(**board), ""),
        (
            f"{crowd_of['readers']} readers at once",
            f"{crowd_of['pages_a_second']} pages/s, p99 {crowd_of['p99_ms']} ms",
            "",
        ),
        ("memory before and after, MB", "{} / {}".format(*crowd_of["rss_mb"]), "bounded"),
        ("load at the three", f"{claim['load']}, {held['load']}, {board['load']}", ""),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--reads", type=int, default=200)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=15, help="at most")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--claim", nargs=2, metavar=("PORT", "SECONDS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.claim:
        claim_for(int(given.claim[0]), float(given.claim[1]))
        return
    within(given.minutes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures: dict[str, Any] = {"claim": claims(folder, given.claims, given.items)}
        figures["sustained"] = sustained(folder, given.items, given.workers, given.seconds)
        figures["board"] = boards(folder, given.rows, given.reads, given.readers)
    print(json.dumps(figures, indent=2) if given.json else table(rows_of(figures)))


if __name__ == "__main__":
    main()
