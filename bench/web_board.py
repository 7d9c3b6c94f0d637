"""
What the board's page costs beside the SDK's read of the same rows, and what it weighs.

    python bench/web_board.py

Both sides run in turns. Prints a table; with --json, all figures.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from boards import MAX, REPO, build, settle
from hub_speed import interleaved
from measures import table, within
from served import serving
from web_client import Browser

from wasteland.commons.data import to_data
from wasteland.commons.sdk import Commons
from wasteland.hosts.local import LocalHost

PAGE = 50
BOARD = f"/{REPO}"
ASSET = re.compile(r'(?:href|src)="(/-/static/[^"]+)"')
IMPORT = re.compile(r'from "\./([\w-]+\.js)"')


def measured(root: Path, token: str, times: int) -> dict[str, Any]:
    """Return times of both sides, for a visitor and for a rig, and the weight of the page."""
    with serving(root) as served, LocalHost(root) as host:

        def in_process(_: int) -> None:
            found = Commons(host, REPO, MAX).browse(limit=PAGE + 1)
            json.dumps(to_data(found[:PAGE]), default=str)

        def beside(browser: Browser) -> dict[str, float]:
            def read(_: int) -> None:
                page = browser.get(BOARD)
                assert page.text.count('<li class="row') == PAGE, (page.status, page.text[-2000:])

            browser.settled(BOARD)
            for warm in range(5):
                read(warm)
                in_process(warm)
            return interleaved(read, in_process, times, (served.cpu_s, time.process_time))

        found = {"visitor": beside(Browser(served.port))}
        rig = Browser(served.port, token)
        return {**found, "rig": beside(rig), "weight": weight(rig)}


def weight(browser: Browser) -> dict[str, int]:
    """Return how many bytes the page is, alone and with all that it asks for the first time."""
    page = browser.get(BOARD)
    names, sizes = dict.fromkeys(ASSET.findall(page.text)), {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in sizes:
            continue
        file = browser.get(name)
        sizes[name] = file.weight
        if name.endswith(".js") and "/vendor/" not in name:
            folder = name.rpartition("/")[0]
            waiting += [f"{folder}/{other}" for other in IMPORT.findall(file.text)]
    return {"page": page.weight, "files": len(sizes), "first": page.weight + sum(sizes.values())}


def rows_of(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the table: what was measured, the figure, and what it is to be."""
    found = []
    for who in ("visitor", "rig"):
        one = figures[who]
        both = "{hub_ms} / {sdk_ms} ms, processor {hub_cpu_ms} / {sdk_cpu_ms}".format(**one)
        found += [
            (f"board, {PAGE} of {figures['rows']}, {who}", f"{one['hub_ms']} ms", "< 15"),
            ("  beside the SDK", f"{one['ratio']} (processor {one['cpu_ratio']})", "<= 2.5"),
            ("", both, f"load {one['load']}"),
        ]
    heavy = figures["weight"]
    return [
        *found,
        (f"weight at first, {heavy['files']} files, kB", f"{heavy['first'] / 1000:.1f}", "< 60"),
        ("weight after, kB", f"{heavy['page'] / 1000:.1f}", "< 12"),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--reads", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10, help="at most")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    within(given.minutes)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "host"
        build(root, given.rows)
        token = settle(root, ["bo"], is_new=False)["bo"]
        figures = {"rows": given.rows, **measured(root, token, given.reads)}
    print(json.dumps(figures, indent=2) if given.json else table(rows_of(figures)))


if __name__ == "__main__":
    main()
