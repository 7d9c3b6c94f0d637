"""What the benches of a hub measure with: many threads at once, percentiles, an end, a table."""

from __future__ import annotations

import os
import signal
import statistics
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def at_once(work: Iterable[Callable[[], T]]) -> list[T]:
    """Run functions in a thread each, begun at the same moment; return what they return."""
    jobs = list(work)
    barrier = threading.Barrier(len(jobs))
    found: dict[int, T] = {}

    def run(number: int) -> None:
        barrier.wait()
        found[number] = jobs[number]()

    threads = [
        threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(jobs))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(len(jobs))]


def within(minutes: float) -> None:
    """Let this program end, and what it started with it, when the time is over or it is told to."""

    def end(number: int, _: object) -> None:
        raise SystemExit(f"ended by {signal.Signals(number).name}")

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, end)
    signal.alarm(int(minutes * 60))


def p99(values: Iterable[float]) -> float:
    """Return the 99th percentile."""
    ordered = sorted(values)
    return ordered[max(0, int(len(ordered) * 0.99) - 1)]


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Return median, 99th percentile and longest."""
    found = {"median": statistics.median(values), "p99": p99(values), "max": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def load() -> float:
    """Return the machine's load over the last minute, to be said beside figures."""
    return round(os.getloadavg()[0], 1)


def table(rows: Sequence[tuple[str, str, str]]) -> str:
    """Return lines of what was measured, the figure and the goal, in columns."""
    wide = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(
        f"{what:{wide[0]}}  {figure:{wide[1]}}  {goal}".rstrip() for what, figure, goal in rows
    )
