"""A plain page of the demo's board and receipts, from the real data, on loopback."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

import click

from ..commons import story
from ..commons.sdk import Commons
from ..commons.session import Seat
from ..commons.sheets import BoardRow
from ..hosts.base import Host
from ..protocol.errors import Unavailable
from ..protocol.words import priority_word

_TRIES: Final = 20
_PORTS: Final = 2**16
_IDLE_S: Final = 10.0
_LOOPBACK: Final = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d+)?", re.IGNORECASE)
_STYLE = """
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 15%,transparent)}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
code{font:13px ui-monospace,monospace}
.status{border:1px solid var(--line);border-radius:1rem;padding:0 .6rem;white-space:nowrap}
@media(max-width:40rem){td:nth-child(3),th:nth-child(3){display:none}}
"""


def serve(host: Host, scenes: Sequence[story.Scene], port: int) -> None:
    """
    Serve the page on 127.0.0.1 until interrupted; the next free port if *port* is taken.

    Args:
        port: 0 to 65535; 0 for any that is free.
    Raises:
        Unavailable: No port is free.
    """
    server = bind(host, scenes, port)
    click.echo(f"\nThe board is on http://127.0.0.1:{server.server_port}  (Ctrl-C ends it)")
    try:
        server.serve_forever()
    finally:
        server.server_close()


def bind(host: Host, scenes: Sequence[story.Scene], port: int) -> ThreadingHTTPServer:
    """Return the server of the page, which waits for ``serve_forever``."""
    handler = _handler(Commons(host, story.REPO, Seat()), scenes)
    for number in range(port, min(port + _TRIES, _PORTS)):
        try:
            return _Server(("127.0.0.1", number), handler)
        except OSError:
            continue
    raise Unavailable(f"No port from {port} on is free.", hint="wl demo --serve --port 0")


def page(rows: Sequence[BoardRow], scenes: Sequence[story.Scene]) -> str:
    """Return the whole page; every text in it is escaped."""
    items = "".join(_item(row) for row in rows)
    receipts = "".join(_receipt(scene) for scene in scenes)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>Demo commons</title><style>{_STYLE}</style><h1>Demo commons</h1>"
        "<table><thead><tr><th>Item<th>Title<th>Priority<th>Status<th>Held by</thead>"
        f"<tbody>{items}</table>"
        "<h2>Receipts</h2><table><thead><tr><th>Step<th>Item<th>State<th>Commit</thead>"
        f"<tbody>{receipts}</table></html>"
    )


def _item(row: BoardRow) -> str:
    item = row.item
    cells = (
        f"<code>{_text(item.id)}</code>",
        _text(item.title),
        _text(priority_word(item.priority)),
        f"<span class=status>{_text(item.status)}</span>",
        _text(item.claimed_by),
    )
    return "<tr>" + "".join(f"<td>{cell}" for cell in cells)


def _receipt(scene: story.Scene) -> str:
    receipt = scene.receipt
    cells = (_text(scene.told), _text(receipt.id), _text(receipt.state), _text(receipt.commit[:12]))
    return "<tr>" + "".join(f"<td>{cell}" for cell in cells)


def _text(value: Any) -> str:
    return html.escape("" if value is None else str(value))


class _Server(ThreadingHTTPServer):
    """A thread for each connection, so that an idle one keeps nobody waiting."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Keep the terminal quiet when a browser goes away."""


def _handler(board: Commons, scenes: Sequence[story.Scene]) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        timeout = _IDLE_S

        def do_GET(self) -> None:  # the library's name
            if not _LOOPBACK.fullmatch(self.headers.get("Host", "")):
                # Another site's name that leads here: its scripts must not read the board.
                self.send_error(421)
                return
            if urlsplit(self.path).path != "/":
                self.send_error(404)
                return
            with lock:
                rows = board.browse(status="all", view="all")
            body = page(rows, scenes).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header(
                "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the terminal quiet."""

    return Handler
