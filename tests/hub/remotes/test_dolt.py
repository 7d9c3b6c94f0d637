"""What a hub can offer to real dolt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.remotes.hubs import BOARD, Hub
from wasteland.engines.dolt.server import Server
from wasteland.hosts.base import RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub.remotes import dolt_remote
from wasteland.protocol.errors import Unsupported

_OTHER = RepoName("org", "other")


def test_doltlite_is_none_of_dolts(hub: Hub) -> None:
    with pytest.raises(Unsupported):
        dolt_remote(hub.desk.host, BOARD, is_public=lambda _: True)


@pytest.fixture
def on_dolt(tmp_path: Path, dolt_program: str) -> Iterator[LocalHost]:
    with LocalHost(tmp_path / "host", dolt=dolt_program) as host:
        host.create(BOARD, engine="dolt")
        host.create(_OTHER, engine="dolt")
        try:
            yield host
        finally:
            Server.attach(tmp_path / "host" / ".dolt-databases", program=dolt_program).stop()


@pytest.mark.dolt
def test_a_server_on_which_everything_is_public_is_opened_for_reading(on_dolt: LocalHost) -> None:
    remote = dolt_remote(on_dolt, BOARD, is_public=lambda _: True)

    assert remote.url.startswith("http://127.0.0.1:")
    assert "wl_read" == remote.user


@pytest.mark.dolt
@pytest.mark.parametrize("hidden", [_OTHER, RepoName("ann", "board")])
def test_one_private_repository_or_fork_closes_it(on_dolt: LocalHost, hidden: RepoName) -> None:
    """Who may clone one database of a Dolt server may clone all, with the branches of forks."""
    on_dolt.fork(BOARD, "ann")

    with pytest.raises(Unsupported, match="private"):
        dolt_remote(on_dolt, BOARD, is_public=lambda repo: repo != hidden)
