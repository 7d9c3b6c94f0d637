"""A hub of nothing but the remote protocol: a local host behind a real server on loopback."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from wasteland.engines.base import MAIN, Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub.remotes import Access, Limits, router
from wasteland.protocol.errors import NotFound, Unauthenticated

AT = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001  engines take UTC without saying so
BOARD = RepoName("org", "board")
ANN, BOB = "secret-of-ann", "secret-of-bob"
ROWS = 400

_ACCOUNTS = {ANN: "ann", BOB: "bob", "secret-of-org": "org"}
_FILL = (
    "INSERT INTO items WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    f"WHERE i < {ROWS}) SELECT 'w-' || i, hex(randomblob(60)) FROM n"
)


@dataclass
class Desk:
    """Knows three accounts; everybody writes their own forks, and ``<account>/...`` elsewhere."""

    host: LocalHost
    private: set[RepoName] = field(default_factory=set)
    parents: dict[RepoName, RepoName] = field(default_factory=dict)
    moves: list[tuple[str, str, str, str]] = field(default_factory=list)

    def open(self, token: str, owner: str, db: str) -> Access:
        repo = RepoName(owner, db)
        if token and token not in _ACCOUNTS:
            raise Unauthenticated("no token found for given API token", hint="wl login")
        account = _ACCOUNTS.get(token, "")
        if repo in self.private and account != owner:
            raise NotFound("no such repository")
        self.host.engine(repo)
        path = self._path(repo)
        parent = self.parents.get(repo)

        def may_write(branch: str) -> bool:
            return branch != MAIN and (account == owner or branch.startswith(f"{account}/"))

        return Access(
            repo=repo,
            engine=lambda: self.host.engine(repo),
            engine_path=path if path.is_file() else None,
            upstream_path=self._path(parent) if parent else None,
            may_read=True,
            may_push=True,
            may_write_branch=may_write,
            is_private=repo in self.private,
            account=account,
            on_push=lambda branch, old, new: self.moves.append((str(repo), branch, old, new)),
        )

    def fork(self, account: str) -> RepoName:
        """Return the account's fork of the board."""
        fork = self.host.fork(BOARD, account)
        self.parents[fork] = BOARD
        return fork

    def _path(self, repo: RepoName) -> Path:
        return self.host.root / repo.owner / f"{repo.name}.db"


@dataclass
class Hub:
    """A running hub, with the ``org/board`` of some hundred items."""

    desk: Desk
    port: int
    files: Path

    def url(self, repo: RepoName, token: str = "") -> str:
        """Return the URL under which a client finds *repo*."""
        door = f"t/{token}" if token else "remotes"
        return f"http://127.0.0.1:{self.port}/{door}/{repo}.db"

    def clone(self, repo: RepoName, token: str = "", *, lazy: bool = False) -> DoltLiteEngine:
        """Return a new clone."""
        path = self.files / f"clone-{len(list(self.files.iterdir()))}.db"
        return DoltLiteEngine.clone(self.url(repo, token), path, lazy=lazy)

    def ask(
        self, method: str, path: str, body: bytes = b"", *, size: int | None = None
    ) -> tuple[int, bytes]:
        """Return status and body of a request, which may lie about its length."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, 20)) as wire:
            headers = {"Content-Length": str(len(body) if size is None else size)}
            wire.request(method, path, body, headers)
            answer = wire.getresponse()
            return answer.status, answer.read()

    def route(self, repo: RepoName, name: str, token: str = "") -> str:
        """Return the path of one of the seven routes."""
        return f"/t/{token}/{repo}.db/{name}" if token else f"/remotes/{repo}.db/{name}"

    @property
    def board(self) -> Engine:
        """The engine of the board."""
        return self.desk.host.engine(BOARD)


@contextmanager
def hub(folder: Path, limits: Limits | None = None) -> Iterator[Hub]:
    """Run a hub in *folder* for the ``with`` block."""
    fill(folder)
    with restarted(folder, limits) as running:
        yield running


def fill(folder: Path) -> None:
    """Make the board of a hub in *folder*."""
    with LocalHost(folder / "host") as host:
        table = "CREATE TABLE items (id TEXT PRIMARY KEY, title TEXT)"
        host.create(BOARD).run_ddl([table, _FILL], "Fill the board", author="org", at=AT)


@contextmanager
def restarted(folder: Path, limits: Limits | None = None) -> Iterator[Hub]:
    """Run the hub that is in *folder* already."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    with LocalHost(folder / "host") as host:
        desk = Desk(host)
        app = FastAPI()
        app.include_router(router(desk, directory=folder / "pushes", limits=limits))
        with serving(app) as port:
            yield Hub(desk, port, files)


@contextmanager
def serving(app: FastAPI) -> Iterator[int]:
    """Serve *app* on a port of loopback, in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    started = threading.Event()
    startup = server.startup

    async def announce(*args: object, **given: object) -> None:
        await startup(*args, **given)  # type: ignore[arg-type]
        started.set()

    server.startup = announce  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(30)


def write(engine: Engine, branch: str, title: str, *, item: str = "w-1") -> str:
    """Set an item's title in one commit of *branch*, made at main if need be; return its hash."""
    if branch not in {found.name for found in engine.branches()}:
        engine.create_branch(branch)
    with engine.change(branch) as change:
        change.execute(
            "UPDATE items SET title = :title WHERE id = :id", {"title": title, "id": item}
        )
        return change.commit(f"Title {title}", author="ann", at=AT, tables=["items"])


def title(engine: Engine, ref: str, *, item: str = "w-1") -> object:
    """Return an item's title at *ref*."""
    rows = engine.read("SELECT title FROM items WHERE id = :id", {"id": item}, ref=ref)
    return rows[0]["title"]
