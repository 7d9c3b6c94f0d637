"""Clone, fetch and push over a running hub, with the rights of its accounts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from hub.desks import Desk, claim, hide
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.clones import make_clone
from wasteland.hub.app import create_app
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import WastelandError


@pytest.fixture(name="url")
def serve(desk: Desk) -> Iterator[str]:
    """The hub behind a real socket."""
    config = uvicorn.Config(create_app(desk.hub), port=0, log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def push_token(desk: Desk, account: str) -> str:
    return desk.hub.accounts.issue(account, label="push", scope=Scope.PUSH)[1]


def clone(url: str, path: Path) -> DoltLiteEngine:
    make_clone(url, path)
    return DoltLiteEngine(path)


def test_a_public_board_is_cloned_by_anybody(desk: Desk, url: str, tmp_path: Path) -> None:
    item = desk.post("Cloned")

    with clone(f"{url}/remotes/acme/board.db", tmp_path / "c.db") as copy:
        assert [{"id": item}] == copy.read("SELECT `id` FROM `wanted`")


@pytest.mark.requirement("S4-25")
def test_a_private_board_is_not_there_for_others(desk: Desk, url: str, tmp_path: Path) -> None:
    hide(desk)
    desk.account("ada")

    for path in ("/remotes/acme/board.db", f"/t/{push_token(desk, 'ada')}/acme/board.db"):
        with pytest.raises(WastelandError):
            clone(url + path, tmp_path / "c.db")
    with clone(f"{url}/t/{push_token(desk, 'acme')}/acme/board.db", tmp_path / "own.db") as copy:
        assert "wanted" in copy.tables()


@pytest.mark.requirement("S0-92")
def test_a_pushed_branch_moves_its_pull_request_and_main_cannot_be_pushed(
    desk: Desk, url: str, tmp_path: Path
) -> None:
    desk.account("ada")
    desk.join("ada")
    item = desk.post()
    token = push_token(desk, "ada")
    with clone(f"{url}/t/{token}/ada/board.db", tmp_path / "c.db") as copy:
        branch = f"wl/ada/{item}"
        copy.create_branch(branch)
        _write(copy, branch, claim("ada", item))
        copy.push("origin", branch)
        _write(copy, "main", claim("ada", item))
        with pytest.raises(WastelandError) as refused:
            copy.push("origin", "main")

    assert "Merged" == desk.offer("ada", branch).json()["state"]
    assert token not in str(refused.value)


def _write(engine: DoltLiteEngine, branch: str, sql: str) -> None:
    at = "'2026-01-02 03:04:05'"
    with engine.change(branch) as change:
        change.run(sql.replace("NOW()", at))
        change.commit("claim", author="ada", at=datetime.now(UTC), tables=["wanted"])
