"""Running a hub: one process for a directory, a socket on loopback, a clean end."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from ..protocol.errors import Conflict, Unavailable
from . import chores
from .accounts import Account
from .app import create_app
from .hub import Hub
from .tokens import Scope

_LOCK: Final = ".serving"
_DRAIN_S: Final = 10
_BACKLOG: Final = 512
_KEEP_ALIVE_S: Final = 30
_LAST_PORT: Final = 2**16 - 1


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """
    Keep any other process from serving this directory meanwhile.

    Raises:
        Conflict: One serves it already.
    """
    handle = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = os.pread(handle, 200, 0).decode(errors="replace")
            raise Conflict(
                f"A hub serves {root} already: {where or 'it is starting'} .",
                hint="use that one, or end it first",
            ) from None
        os.ftruncate(handle, 0)
        yield
    finally:
        os.close(handle)


def serve(
    hub: Hub,
    *,
    address: str,
    port: int,
    tries: int = 1,
    app: Callable[[Hub], ASGIApp] = create_app,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """
    Answer requests until SIGTERM or SIGINT, then finish those that are under way.

    Args:
        port: 0 for any that is free.
        tries: How many ports, from that one on, until one is free.
        app: Makes what answers them.
        on_ready: Called with the hub's URL once it can be reached.
    Raises:
        Conflict: Another process serves the directory.
        Unavailable: No such port is free.
    """
    with alone(hub.host.root), _listening(address, port, tries) as listener:
        url = url_of(listener)
        (hub.host.root / _LOCK).write_text(url)
        hub.jobs.abandon_running()
        config = uvicorn.Config(
            app(hub),
            access_log=False,
            log_level="warning",
            server_header=False,
            # What a client says of its address is not believed; a proxy's users count as one.
            proxy_headers=False,
            date_header=True,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_DRAIN_S,
            lifespan="on",
        )
        server = _Server(config, hub.stopping, lambda: on_ready(url))
        threads = chores.start(hub)
        try:
            server.run(sockets=[listener])
        finally:
            hub.stopping.set()
            ends = time.monotonic() + _DRAIN_S
            for thread in threads:
                thread.join(max(0.0, ends - time.monotonic()))


def first_start(hub: Hub, name: str) -> tuple[Account, str] | None:
    """
    Make the account that runs the hub, with a token; None where there are accounts already.

    The owners of repositories that are here already become organisations of its own.
    """
    if hub.accounts.all():
        return None
    account = hub.accounts.add(name, is_admin=True)
    for owner in {repo.owner for repo in hub.host.repositories()}:
        if owner.casefold() != account.name.casefold():
            hub.accounts.add(owner, is_organisation=True)
            hub.accounts.set_member(owner, account.name, is_owner=True)
    _, text = hub.accounts.issue(account.name, label="first start", scope=Scope.ADMIN)
    return account, text


def address_of(root: Path) -> str:
    """Return where the hub that serves a directory listens; "" where none does."""
    try:
        with alone(root):
            return ""
    except Conflict:
        return (root / _LOCK).read_text(errors="replace")[:200]


def url_of(listener: socket.socket) -> str:
    """Return the address of a listening socket."""
    address, port = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    return f"http://{shown}:{port}"


class _Server(uvicorn.Server):
    """Says when it is ready, and tells waiting answers to end when it is to stop."""

    def __init__(
        self, config: uvicorn.Config, stopping: threading.Event, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # its signature
        # Not kept for raising it again, as the base class does: to be told to end is no failure.
        self._stopping.set()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


@contextmanager
def _listening(address: str, port: int, tries: int = 1) -> Iterator[socket.socket]:
    for last in range(tries - 1, -1, -1):
        try:
            listener = _bound(address, port)
            break
        except Unavailable:
            if not last or port == _LAST_PORT:
                raise
            port += 1
    with listener:
        yield listener


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # Named TCP, or the event loop lets each second half of an answer wait 40 ms for the first's
    # acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)  # only then is the port ours
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"{address} port {port} cannot be used: {error.strerror}.", hint="wl serve --port 0"
        ) from error
    return listener
