"""
Take pictures of the web app's pages into ``docs/screens``: in the dark, by day, on a phone.

    scripts/screens.py [FOLDER]

Needs chromium and the package playwright. What the pages show is a commons that is played anew.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from wasteland.commons import story
from wasteland.commons.sdk import Commons
from wasteland.hub.hub import Hub, Options
from wasteland.hub.tokens import Scope
from wasteland.web.app import create_app

_CHROMIUM: Final = "/usr/bin/chromium"
_START_S: Final = 60
_TEXT: Final = """
Adding one month to **31 January** gives 28 February on one engine and 3 March on the other. A
report built on the board then disagrees with itself, and nobody can say which one is right.

- One rule, written down, with the reason.
- At least 200 vectors: leap years, month ends, negative steps, the year 0001.
- The same vectors run on both engines in one command: `check dates`
"""
_ITEMS: Final = (
    ("A stale claim overwrites a newer one when two forks land together", "bug", 0, "medium"),
    ("Restoring last night's backup leaves the ledger one stamp short", "bug", 0, "small"),
    ("Date arithmetic must give the same answer on both engines", "bug", 1, "large"),
    ("Measure how the cost of merging grows with the table", "research", 1, "large"),
    ("Refuse a handle that differs from another by look-alike letters", "feature", 1, "medium"),
    ("A passport page that prints on one sheet", "design", 1, "medium"),
    ("Ten-minute guide for a first-time maintainer", "docs", 1, "small"),
    ("Webhooks retry for ever when the receiver answers 410", "bug", 1, "small"),
    ("Label 2,000 old submissions by kind of evidence", "inference", 2, "epic"),
    ("Should an ended lease tell the poster, or only the board?", "rfc", 2, "small"),
    ("Answer the first questions of new rigs for one week", "community", 2, "medium"),
    ("Explain why a poor stamp is not a punishment", "docs", 4, "small"),
)
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "dark": {"viewport": {"width": 1360, "height": 850}, "color_scheme": "dark"},
    "light": {"viewport": {"width": 1360, "height": 850}, "color_scheme": "light"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
        "has_touch": True,
        "is_mobile": True,
    },
}


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        hub = Hub.open(Path(place) / "host", Options(requests_per_minute=0))
        try:
            token, waiting = _played(hub)
            with _listening(hub) as url, sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
                for look, options in _LOOKS.items():
                    _take(browser, folder, look, options, url=url, token=token, waiting=waiting)
                browser.close()
        finally:
            hub.close()


def _played(hub: Hub) -> tuple[str, str]:
    """Play a commons; return the maintainer's token and an item whose work waits."""
    list(story.play(hub.host))
    cast = {name: Commons(hub.host, story.REPO, seat) for name, seat in story.seats().items()}
    ids = [
        cast["ada" if number % 3 else "max"]
        .post(
            title=title,
            type=kind,
            priority=priority,
            effort=effort,
            description=_TEXT,
            project="engines",
            bounty=number == 6,
        )
        .id
        for number, (title, kind, priority, effort) in enumerate(_ITEMS)
    ]
    for rig, number in (("ben", 1), ("ben", 3), ("ben", 8), ("max", 10)):
        cast[rig].claim(ids[number])
    cast["ben"].done(ids[3], evidence="https://example.org/pull/41 adds 312 vectors, all pass")
    hub.accounts.add("demo")
    return hub.accounts.issue("demo", label="screens", scope=Scope.WRITE)[1], ids[3]


def _take(
    browser: Browser,
    folder: Path,
    look: str,
    options: dict[str, Any],
    *,
    url: str,
    token: str,
    waiting: str,
) -> None:
    context = browser.new_context(base_url=url, **options)
    page = context.new_page()
    board = f"/{story.REPO}"
    _picture(page, "/sign-in", folder / f"sign-in-{look}.png")
    page.fill("#token", token)
    page.click("form.sheet button")
    page.wait_for_selector(".rows")
    for name, path in (
        ("board", f"{board}?status=all"),
        ("item", f"{board}/wanted/{waiting}"),
        ("new", f"{board}/new"),
        ("rigs", f"{board}/rigs"),
        ("rig", f"{board}/rigs/ben"),
        ("you", "/-/you"),
        ("empty", f"{board}?type=docs&effort=epic"),
        ("missing", "/demo/nothing"),
    ):
        _picture(page, path, folder / f"{name}-{look}.png")
    context.close()


def _picture(page: Page, path: str, file: Path) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    if page.locator("#peek").is_visible():
        page.wait_for_selector("#peek h2")
    page.screenshot(path=str(file))


@contextmanager
def _listening(hub: Hub) -> Iterator[str]:
    config = uvicorn.Config(create_app(hub), port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def told(sockets: Any = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = told  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        if not started.wait(_START_S):
            sys.exit("the hub did not start")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_START_S)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens"))
