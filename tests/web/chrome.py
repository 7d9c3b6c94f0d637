"""A hub that listens, and a real browser that opens its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAIT_MS: Final = 30_000
_START_S: Final = 60


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Yield the address at which *app* listens while the block runs."""
    config = uvicorn.Config(app, port=0, log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    started = threading.Event()
    thread = threading.Thread(target=_run, args=(server, started), daemon=True)
    thread.start()
    try:
        assert started.wait(_START_S)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_START_S)


@contextmanager
def running(program: str) -> Iterator[Browser]:
    """Yield a browser without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an extra that may be missing

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


def sign_in(page: Page, token: str, after: str) -> None:
    """Sign in with a token, and wait for the page that follows."""
    page.goto(f"/sign-in?next={after}")
    page.fill("#token", token)
    page.press("#token", "Enter")
    page.wait_for_url(f"**{after}")


def _run(server: uvicorn.Server, started: threading.Event) -> None:
    startup = server.startup

    async def told(sockets: Any = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = told  # type: ignore[method-assign]
    server.run()
