"""Pull requests whose branch lives on a remote that the operator allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.desks import BOARD, V1, Desk, claim, open_desk, pull_body
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.clones import make_clone


@pytest.fixture(name="elsewhere")
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture(name="desk")
def allowing(tmp_path: Path, elsewhere: Path) -> Iterator[Desk]:
    """A hub that may fetch from one directory."""
    with open_desk(tmp_path / "host", remote_heads=(f"file://{elsewhere}",)) as found:
        found.account("ada")
        found.join("ada")
        yield found


def pushed(desk: Desk, file: Path, branch: str, sql: str) -> str:
    """Write a branch in a clone of the board's and return the clone's URL."""
    make_clone(f"file://{desk.hub.host.engine(BOARD).location}", file)
    with DoltLiteEngine(file) as clone:
        clone.create_branch(branch)
        with clone.change(branch) as change:
            change.run(sql.replace("NOW()", "'2026-01-02 03:04:05'"))
            change.commit("claim", author="ada", at=datetime.now(UTC), tables=["wanted"])
    return f"file://{file}"


def test_a_branch_of_an_allowed_remote_is_fetched_and_offered(desk: Desk, elsewhere: Path) -> None:
    item = desk.post()
    branch = f"wl/ada/{item}"
    url = pushed(desk, elsewhere / "mine.db", branch, claim("ada", item))
    body = pull_body("ada", branch) | {"fromRemoteUrl": url}

    answer = desk.ok("POST", f"{V1}/acme/board/pulls", "ada", json=body)

    assert "Merged" == answer["state"]
    assert [{"claimed_by": "ada"}] == desk.rows(f"SELECT claimed_by FROM wanted WHERE id='{item}'")


def test_another_remote_is_not_fetched_from(desk: Desk, tmp_path: Path) -> None:
    item = desk.post()
    branch = f"wl/ada/{item}"
    url = pushed(desk, tmp_path / "other.db", branch, claim("ada", item))
    body = pull_body("ada", branch) | {"fromRemoteUrl": url}

    answer = desk.send("POST", f"{V1}/acme/board/pulls", "ada", json=body)

    assert 403 == answer.status_code
    assert "open" == desk.rows(f"SELECT status FROM wanted WHERE id='{item}'")[0]["status"]
