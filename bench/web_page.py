"""
What the board feels like in a real browser: first paint, keys, a claim, each beside a reference.

    python bench/web_page.py

The references are pages of the same server: one file as heavy as the board with all its files, and
a form that is only posted. Needs chromium and playwright. Prints a table; with --json, all figures.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boards import REPO, build, post_items, settle
from measures import load, table, within
from served import serving
from web_board import weight
from web_client import Browser

BOARD = f"/{REPO}"
FILE, FORM = "/-/reference", "/-/reference-form"
CHROMIUM = "/usr/bin/chromium"
URL = re.compile(r"http://127\.0\.0\.1:\d+")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
# From the key to the frame after it.
KEYS = """async (count) => {
  const found = [];
  for (let n = 0; n < count; n++) {
    const key = n % 40 < 20 ? "j" : "k";
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    found.push(performance.now() - start);
  }
  return found;
}"""
CLAIM = """(id) => new Promise((done) => {
  const start = performance.now();
  const look = new MutationObserver(() => {
    if (!document.querySelector(`#row-${id} [data-s=claimed]`)) return;
    look.disconnect();
    done(performance.now() - start);
  });
  look.observe(document.body, { childList: true, subtree: true });
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "c", bubbles: true }));
})"""


def serve(root: Path, size: int) -> None:
    """Serve a host's directory with the references beside its pages."""
    import uvicorn  # noqa: PLC0415  # of the process that serves

    from wasteland.hub.hub import Hub, Options  # noqa: PLC0415  # ditto
    from wasteland.web.app import create_app  # noqa: PLC0415  # ditto

    hub = Hub.open(root, Options(requests_per_minute=0))
    app, whole = create_app(hub), packed(size)

    async def beside(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(FILE):
            await app(scope, receive, send)
            return
        is_file = scope["path"] == FILE
        body = whole if is_file else form(scope["method"] == "POST")
        headers = [(b"content-type", b"text/html"), (b"cache-control", b"no-store")]
        headers += [(b"content-encoding", b"gzip")] if is_file else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(beside, port=0, log_level="info", access_log=False)


@contextmanager
def beside_references(root: Path, size: int) -> Iterator[str]:
    """Yield the address of a process that serves a host's directory and the references."""
    command = [sys.executable, __file__, "--serve", str(root), str(size)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        lines = iter(process.stderr.readline, "")
        url = next((found[0] for line in lines if (found := URL.search(line))), "")
        if not url:
            raise SystemExit("the hub did not start")
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield url
    finally:
        process.terminate()
        process.wait(30)


def weighed(root: Path, token: str) -> dict[str, int]:
    """Return what the board weighs."""
    with serving(root) as served:
        browser = Browser(served.port, token)
        browser.settled(BOARD)
        return weight(browser)


def packed(size: int) -> bytes:
    """Return a page of that weight when it is compressed."""
    dice = random.Random(7)
    lines = [b"<!doctype html><title>Reference</title>"]
    while len(gzip.compress(b"\n".join(lines), 2)) < size:
        lines += [b"<p>%s</p>" % dice.randbytes(32).hex().encode() for _ in range(20)]
    return gzip.compress(b"\n".join(lines), 2, mtime=0)


def form(is_done: bool) -> bytes:
    """Return a page with a form, or what it is answered with."""
    text = "<p id=done>done" if is_done else f"<form method=post action={FORM}><button>go</button>"
    return f"<!doctype html><title>Reference</title>{text}".encode()


def measured(url: str, token: str, items: list[str], keys: int, loads: int) -> dict[str, Any]:
    """Return what a browser measures of the board and of the references."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an extra

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(base_url=url).new_page()
        page.goto(f"/sign-in?next={BOARD}")
        page.fill("#token", token)
        page.press("#token", "Enter")
        page.wait_for_url(f"**{BOARD}")
        paints: dict[str, list[float]] = {"board": [], "file": []}
        for _ in range(loads):
            for name, path in (("board", BOARD), ("file", FILE)):
                # A context of its own has kept nothing.
                fresh = browser.new_context(base_url=url)
                one = fresh.new_page()
                one.goto(path, wait_until="load")
                one.wait_for_function(f"({PAINT}) > 0")
                paints[name].append(one.evaluate(PAINT))
                fresh.close()
        page.goto(BOARD)
        page.wait_for_selector("#live[data-state=on]", state="attached")
        frames = page.evaluate(KEYS, keys)
        claims = [claimed(page, item) for item in items]
        forms = [posted(page) for _ in items]
        browser.close()
    return {
        "paint_ms": {name: round(statistics.median(each), 1) for name, each in paints.items()},
        "key_p95_ms": round(sorted(frames)[int(len(frames) * 0.95)], 1),
        "claim_ms": [round(each) for each in claims],
        "form_ms": [round(each) for each in forms],
        "load": load(),
    }


def claimed(page: Any, item: str) -> float:
    """Return how long it takes from the key until the row says that the item is claimed."""
    page.goto(f"{BOARD}?search={item}&status=live")
    page.wait_for_selector("#peek [data-key=c]:visible >> nth=0")
    return float(page.evaluate(CLAIM, item))


def posted(page: Any) -> float:
    """Return how long it takes from a click until the answer to a bare form is painted."""
    page.goto(FORM)
    start = page.evaluate(
        "new Promise(done => { const at = Date.now(); done(at);"
        " setTimeout(() => document.querySelector('button').click()) })"
    )
    page.wait_for_selector("#done")
    page.wait_for_function(f"({PAINT}) > 0")
    return float(page.evaluate(f"performance.timeOrigin + ({PAINT})")) - start


def rows_of(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the table: what was measured, the figure, and what it is to be."""
    paint = figures["paint_ms"]
    claim, bare = (statistics.median(figures[name]) for name in ("claim_ms", "form_ms"))
    return [
        ("first paint beside one file as heavy", f"{paint['board'] / paint['file']:.2f}", "<= 1.5"),
        ("", f"{paint['board']} / {paint['file']} ms", f"{figures['weight']['first']} bytes"),
        ("j to the next frame, p95, ms", str(figures["key_p95_ms"]), "< 25"),
        ("claim until the row says so, ms", str(claim), "< 150"),
        ("a form that is only posted, ms", f"{bare} (ratio {claim / bare:.2f})", ""),
        ("load", str(figures["load"]), ""),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--loads", type=int, default=15)
    parser.add_argument("--claims", type=int, default=15)
    parser.add_argument("--minutes", type=float, default=10, help="at most")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", nargs=2, metavar=("ROOT", "SIZE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(Path(given.serve[0]), int(given.serve[1]))
        return
    within(given.minutes)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "host"
        build(root, given.rows)
        token = settle(root, ["bo"], is_new=False)["bo"]
        items = post_items(root, given.claims)
        heavy = weighed(root, token)
        with beside_references(root, heavy["first"]) as url:
            figures = measured(url, token, items, given.keys, given.loads)
    figures |= {"rows": given.rows, "weight": heavy}
    print(json.dumps(figures, indent=2) if given.json else table(rows_of(figures)))


if __name__ == "__main__":
    main()
