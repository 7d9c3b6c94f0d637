"""
Pages that are open: what many listeners cost a hub, and when a change reaches the last of them.

    python bench/web_live.py

Reads of the board are timed while the board is written to, first with nobody listening, then with
all. Prints a table; with --json, all figures.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import re
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

from boards import REPO, build, post_items, settle
from measures import load, p99, table, within
from served import API, Client, Served, serving
from web_client import Browser

BOARD = f"/{REPO}"
LIVE = re.compile(r'data-live="([^"]+)"')
OF_ONE = 20  # streams that one address may hold
PATIENCE_S = 10.0


class Crowd:
    """
    Open streams, read on a thread of their own.

    Attributes:
        size: How many there are.
        heard: Event's id -> when each listener had it.
    """

    def __init__(self, port: int, path: str, size: int) -> None:
        self._port, self._path, self.size = port, path, size
        self.heard: dict[str, list[float]] = {}
        self._loop = asyncio.new_event_loop()
        self._open = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(120):
            raise SystemExit(f"{self._open} of {self.size} listeners could be opened")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join(30)

    def spread(self, event: str) -> list[float]:
        """Return when each listener had an event, as soon as all have."""
        ends = time.perf_counter() + PATIENCE_S
        while len(self.heard.get(event, ())) < self.size and time.perf_counter() < ends:
            time.sleep(0.01)
        return self.heard.get(event, [])

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        places = [f"127.0.0.{2 + number // OF_ONE}" for number in range(self.size)]
        self._tasks = [self._loop.create_task(self._listen(place)) for place in places]
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _listen(self, address: str) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._port, local_addr=(address, 0)
        )
        lines = (f"GET {self._path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream")
        writer.write("\r\n".join((*lines, "", "")).encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise SystemExit(f"a listener was refused: {status!r}")
        async for line in reader:
            if line.startswith(b"retry:"):
                self._open += 1
                if self._open == self.size:
                    self._ready.set()
            elif line.startswith(b"id: "):
                self.heard.setdefault(line[4:].decode().strip(), []).append(time.perf_counter())


def phase(
    served: Served, token: str, items: list[str], crowd: Crowd | None, every_s: float
) -> dict[str, Any]:
    """Claim items one after the other while the board is read; return times of both."""
    reads: list[float] = []
    done = threading.Event()
    reader = threading.Thread(target=_read, args=(served.port, reads, done), daemon=True)
    reader.start()
    client, last, whole = Client(served.port, token), [], True
    cpu_s = served.cpu_s()
    for item in items:
        answer = client.send("POST", f"{API}/wanted/{item}/claim", {})
        assert answer.is_good, answer
        landed = time.perf_counter()
        if crowd:
            times = crowd.spread(str(answer.body["commit"]))
            whole = whole and len(times) == crowd.size
            last.append(max(times, default=landed + PATIENCE_S) - landed)
        time.sleep(max(0.0, every_s - (time.perf_counter() - landed)))
    cpu_s = served.cpu_s() - cpu_s
    done.set()
    reader.join(30)
    found: dict[str, Any] = {"reads": len(reads), "read_p99_ms": round(p99(reads) * 1000, 1)}
    found["cpu_s"] = round(cpu_s, 2)
    found["read_median_ms"] = round(sorted(reads)[len(reads) // 2] * 1000, 1)
    if crowd:
        found |= {"all_heard": whole, "last_ms": [round(each * 1000) for each in last]}
    return found | {"load": load()}


def _read(port: int, reads: list[float], done: threading.Event) -> None:
    browser = Browser(port)
    while not done.is_set():
        page = browser.get(BOARD)
        assert page.status == 200, page.status
        reads.append(page.seconds)
        time.sleep(0.02)


def measured(root: Path, token: str, items: list[str], size: int) -> dict[str, Any]:
    """Return memory, reads and events, without listeners and with them."""
    half = len(items) // 2
    with serving(root) as served:
        Browser(served.port).settled(BOARD)
        phase(served, token, items[:2], None, 0.1)  # warm
        alone = phase(served, token, items[2:half], None, 0.5)
        idle_mb = served.rss_mb()
        path = html.unescape(LIVE.findall(Browser(served.port).get(BOARD).text)[0])
        with Crowd(served.port, path, size) as crowd:
            quiet_before = served.cpu_s()
            time.sleep(3)
            quiet = (served.cpu_s() - quiet_before) / 3
            crowded = phase(served, token, items[half:], crowd, 0.5)
            return {
                "listeners": size,
                "rss_mb": [idle_mb, served.rss_mb()],
                "processor_when_quiet": round(quiet, 3),
                "alone": alone,
                "crowded": crowded,
                "complaints": served.complaints(),
            }


def rows_of(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the table: what was measured, the figure, and what it is to be."""
    alone, crowded, (idle, full) = figures["alone"], figures["crowded"], figures["rss_mb"]
    last = sorted(crowded["last_ms"])
    worse = crowded["read_p99_ms"] / alone["read_p99_ms"]
    return [
        (f"memory for {figures['listeners']} listeners, MB", f"{full - idle:.1f}", "< 150"),
        ("a claim reaches the last, ms", f"{last[len(last) // 2]}, at most {last[-1]}", "< 500"),
        ("each heard all of them", str(crowded["all_heard"]), "True"),
        ("p99 of reads beside nobody listening", f"{worse:.2f}", "<= 1.2"),
        ("", f"{crowded['read_p99_ms']} / {alone['read_p99_ms']} ms", ""),
        ("processors used while nothing happens", str(figures["processor_when_quiet"]), ""),
        ("load at both", f"{alone['load']}, {crowded['load']}", ""),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--claims", type=int, default=80, help="half of them with listeners")
    parser.add_argument("--minutes", type=float, default=10, help="at most")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    within(given.minutes)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "host"
        build(root, given.rows)
        token = settle(root, ["bo"], is_new=False)["bo"]
        items = post_items(root, given.claims)
        figures = measured(root, token, items, given.listeners)
    print(json.dumps(figures, indent=2) if given.json else table(rows_of(figures)))


if __name__ == "__main__":
    main()
