"""A plain page of the demo's board and receipts, from the real data, on loopback."""

from __future__ import annotations

import html
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import click

from ..commons import story
from ..commons.sdk import Commons
from ..commons.session import Seat
from ..commons.sheets import BoardRow
from ..hosts.base import Host
from ..protocol.errors import Unavailable
from ..protocol.words import priority_word

_TRIES = 20
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

    Raises:
        Unavailable: No port is free.
    """
    board = Commons(host, story.REPO, Seat())
    server = _bind(port, _handler(board, scenes))
    click.echo(f"\nThe board is on http://127.0.0.1:{server.server_port}  (Ctrl-C ends it)")
    try:
        server.serve_forever()
    finally:
        server.server_close()


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


def _handler(board: Commons, scenes: Sequence[story.Scene]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            if self.path != "/":
                self.send_error(404)
                return
            body = page(board.browse(status="all", view="all"), scenes).encode()
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


def _bind(port: int, handler: type[BaseHTTPRequestHandler]) -> HTTPServer:
    for number in range(port, port + _TRIES):
        try:
            return HTTPServer(("127.0.0.1", number), handler)
        except OSError:
            continue
    raise Unavailable(
        f"No port from {port} to {port + _TRIES - 1} is free.", hint="wl demo --serve --port 0"
    )
