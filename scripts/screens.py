"""
Take pictures of the web app's pages into ``docs/screens``: in the dark, by day, on a phone.

    scripts/screens.py [FOLDER]

Needs chromium and the package playwright. What the pages show is a commons that is played anew.
"""

from __future__ import annotations

import base64
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from played import Clock, Played, play  # type: ignore[import-not-found]  # beside this file
from playwright.sync_api import BrowserContext, Page, sync_playwright

from wasteland.commons import story
from wasteland.hosts.local import LocalHost
from wasteland.hub.hub import Hub, Options
from wasteland.hub.tokens import Scope
from wasteland.web.app import create_app

_CHROMIUM: Final = "/usr/bin/chromium"
_START_S: Final = 60
_WHO: Final = "demo"
_QUALITY: Final = 40
_SETTINGS: Final = (
    "access",
    "danger",
    "export",
    "members",
    "policy",
    "pulls",
    "remotes",
    "rigs",
    "tokens",
    "webhooks",
)
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "dark": {"viewport": {"width": 1240, "height": 780}, "color_scheme": "dark"},
    "light": {"viewport": {"width": 1240, "height": 780}, "color_scheme": "light"},
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
    clock = Clock(None)
    with tempfile.TemporaryDirectory() as place:
        host = LocalHost(Path(place) / "host", clock=clock)
        hub = Hub(host, Options(requests_per_minute=0, allow_outgoing=True))
        try:
            paths = _paths(play(hub, clock))
            hub.accounts.add(_WHO)
            token = hub.accounts.issue(_WHO, label="pictures", scope=Scope.WRITE)[1]
            with _listening(hub) as url, sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
                for look, chosen in _LOOKS.items():
                    context = browser.new_context(base_url=url, reduced_motion="reduce", **chosen)
                    _take(context, folder, look, token=token, paths=paths)
                browser.close()
        finally:
            hub.close()


def _paths(played: Played) -> dict[str, str]:
    """Return the name of each picture and the page that it is of."""
    board = f"/{story.REPO}"
    return {
        "board": f"{board}?status=all",
        "board-cards": f"{board}?status=all&shape=cards",
        "board-empty": f"{board}?type=docs&effort=epic",
        "board-past": f"{board}?status=all&as_of=first-quarter",
        "commons": "/?all",
        "connect": "/-/connect",
        "connections": "/-/connections",
        "create": "/-/new",
        "docs": "/docs",
        "edit": f"{board}/wanted/{played.bounty}/edit",
        "explore": f"{board}/explore",
        "explore-commits": f"{board}/explore/commits",
        "explore-diff": f"{board}/explore/diff?from=first-quarter",
        "item": f"{board}/wanted/{played.waiting}",
        "item-bounty": f"{board}/wanted/{played.bounty}",
        "item-done": f"{board}/wanted/{played.done}",
        "missing": "/demo/nothing",
        "moderation": f"{board}/moderation",
        "moderation-audit": f"{board}/audit",
        "moderation-report": f"{board}/moderation/report?target={played.done}",
        "new": f"{board}/new",
        "review": f"{board}/review",
        "review-batch": f"{board}/review/batch",
        "review-desk": f"{board}/review/{played.pull}",
        "rig": f"{board}/rigs/ben",
        "rigs": f"{board}/rigs",
        "search": f"{board}/search?q=merging",
        "settings": f"{board}/settings",
        **{f"settings-{name}": f"{board}/settings/{name}" for name in _SETTINGS},
        "work": f"{board}/work",
        "you": "/-/you",
    }


def _take(
    context: BrowserContext, folder: Path, look: str, *, token: str, paths: dict[str, str]
) -> None:
    page = context.new_page()
    _picture(page, "/sign-in", folder / f"sign-in-{look}.webp")
    page.fill("#token", token)
    page.press("#token", "Enter")
    page.wait_for_selector(".rows")
    for name, path in paths.items():
        _picture(page, path, folder / f"{name}-{look}.webp")
    context.close()


def _picture(page: Page, path: str, file: Path) -> None:
    page.goto(path)
    if page.locator("#peek").is_visible():
        page.wait_for_selector("#peek h2")
    page.evaluate("document.fonts.ready.then(() => 0)")
    # Of the formats that browsers write, this one is a quarter of the size of the others.
    taken = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot", {"format": "webp", "quality": _QUALITY}
    )
    file.write_bytes(base64.b64decode(taken["data"]))


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
