"""A DoltLite remote behind HTTP, served by the engine's own server in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commons.casts import EVIDENCE, refusal
from wasteland import settings as user_settings
from wasteland.commons import joining, workspace
from wasteland.commons.sdk import Commons
from wasteland.commons.sync import Sync
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.settings import Settings

ITEM = "w-com-001"
SERVER = """
import sys
from wasteland.engines.doltlite.library import find_library, load
lib = load(find_library())
server = lib.doltliteServeAsync(sys.argv[1].encode(), 0, b"127.0.0.1")
print(lib.doltliteServerPort(server), flush=True)
sys.stdin.read()
lib.doltliteServerStop(server)
"""


class Served:
    """A folder of databases behind HTTP."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def stop(self) -> None:
        """End the server."""
        self.process.communicate()


@pytest.fixture(name="served")
def serve(remote: Path) -> Iterator[Served]:
    """Serve the folder of ``remote``."""
    served = Served(remote.parent)
    yield served
    served.stop()


def home_of(tmp_path: Path, rig: str) -> Settings:
    """Return the directories of a user."""
    return user_settings.load({"HOME": str(tmp_path / rig)})


@pytest.fixture(name="ada")
def joined_by_ada(tmp_path: Path, served: Served) -> Settings:
    """The directories of ada, who has joined the served commons."""
    home = home_of(tmp_path, "ada")
    joining.join(home, f"{served.url}/board.db", handle="ada", name="acme/board")
    return home


def branches_of(remote: Path) -> list[str]:
    """Return the remote's work branches, as whoever opens its file sees them."""
    with DoltLiteEngine(remote) as engine:
        return [branch.name for branch in engine.branches("wl/")]


def test_work_on_it_is_pushed_reviewed_and_merged(
    tmp_path: Path, remote: Path, served: Served, ada: Settings
) -> None:
    steve = home_of(tmp_path, "steve")
    joining.join(steve, f"{served.url}/board.db", handle="steve", name="acme/board")
    with workspace.open_commons(ada, "", Commons) as session:
        board = [row.item.id for row in session.browse()]
        claimed = session.claim(ITEM)
        session.done(ITEM, evidence=EVIDENCE)

    assert [ITEM] == [item for item in board if item == ITEM]
    assert ("pending", [f"wl/ada/{ITEM}"]) == (claimed.state, branches_of(remote))

    with workspace.open_commons(steve, "", Commons) as session:
        waiting = [(each.rig, each.allowed) for each in session.inbox()]
        merged = session.merge(f"wl/ada/{ITEM}")

    assert ([("ada", True)], "merged", []) == (waiting, merged.state, branches_of(remote))
    with workspace.open_commons(ada, "", Sync) as syncing:
        assert syncing.sync().clean
        assert merged.commit == syncing.engine.head()


def test_a_new_rig_offers_its_registration(tmp_path: Path, remote: Path, served: Served) -> None:
    joined = joining.join(home_of(tmp_path, "zoe"), f"{served.url}/board.db", handle="zoe")

    assert joined.registration is not None
    assert ("pending", ["wl/register/zoe"]) == (joined.registration.state, branches_of(remote))


def test_a_database_that_is_not_served_cannot_be_joined(tmp_path: Path, served: Served) -> None:
    home = home_of(tmp_path, "ada")

    error = refusal(lambda: joining.join(home, f"{served.url}/other.db", handle="ada"))

    assert ("unavailable", True) == (error.code, served.url in error.message)
    assert [] == list(home.data.rglob("*.db"))


def test_without_the_server_the_board_is_what_was_here_and_nothing_is_written(
    served: Served, ada: Settings
) -> None:
    served.stop()

    with workspace.open_commons(ada, "", Commons) as session:
        board = [row.item.id for row in session.browse()]
        error = refusal(lambda: session.claim(ITEM))

        assert ITEM in board
        assert session.stale_because
    assert "unavailable" == error.code
