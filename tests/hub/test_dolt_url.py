"""A hub whose repositories live on a Dolt server that somebody else runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engines.dolt.elsewhere import PASSWORD, Elsewhere, running
from hub.desks import API, BOARD, Desk
from wasteland import settings
from wasteland.cli.main import run
from wasteland.commons.creation import create_commons
from wasteland.hosts.base import RepoName
from wasteland.hosts.digests import digest
from wasteland.hosts.local import LocalHost
from wasteland.hub.app import create_app
from wasteland.hub.backup import backup, restore
from wasteland.hub.fsck import fsck
from wasteland.hub.hub import Hub, Options
from wasteland.hub.moving import move
from wasteland.protocol.errors import Conflict, Invalid, NotFound, Unavailable, Unsupported

BOARDS = "SELECT id, status FROM wanted ORDER BY id"


@pytest.fixture(name="there")
def run_there(dolt_program: str, tmp_path: Path) -> Iterator[Elsewhere]:
    """Run a server that is not the hub's."""
    with running(tmp_path / "data", dolt_program) as server:
        yield server


@contextmanager
def far_desk(root: Path, url: str, password: str = PASSWORD) -> Iterator[Desk]:
    """Yield a hub on the server at *url*, without a commons."""
    options = Options(engine="dolt", dolt_url=url, dolt_password=password, requests_per_minute=0)
    hub = Hub.open(root, options)
    try:
        with TestClient(create_app(hub), base_url="http://127.0.0.1") as client:
            yield Desk(hub, client)
    finally:
        hub.close()


def far_host(root: Path, url: str) -> LocalHost:
    """Return a host on the server at *url*."""
    return LocalHost(root, dolt_url=url, dolt_password=PASSWORD)


def open_board(desk: Desk) -> None:
    """Make the commons ``acme/board`` with its owner's account and one of a rig."""
    create_commons(desk.hub.host, BOARD, handle="mia", engine="dolt")
    desk.account("acme")
    desk.account("ada")


def complete(desk: Desk, item: str) -> None:
    """Let ada claim an item and finish it, and acme accept it."""
    path = f"{API}/wanted/{item}"
    desk.ok("POST", f"{path}/claim", "ada")
    desk.ok("POST", f"{path}/done", "ada", json={"evidence": "https://example.org/1"})
    desk.ok("POST", f"{path}/accept", "acme", json={"quality": "good"})


@pytest.mark.dolt
def test_a_hub_lives_on_a_server_that_it_found_by_url(there: Elsewhere, tmp_path: Path) -> None:
    """Rigs join, work and are reviewed; strangers ask in SQL; nothing lies on the hub's disk."""
    root = tmp_path / "host"
    with far_desk(root, there.url) as desk:
        open_board(desk)
        desk.join("ada")
        item = desk.post()
        complete(desk, item)

        assert [{"id": item, "status": "completed"}] == desk.rows(BOARDS)
        assert [{"n": "1"}] == desk.rows("SELECT COUNT(*) AS n FROM stamps")
    assert ("acme__board",) in there.run("SHOW DATABASES")
    assert not (root / ".dolt-databases").exists()


@pytest.mark.dolt
def test_a_hub_survives_a_restart_of_the_server(there: Elsewhere, tmp_path: Path) -> None:
    """While it is away the hub says so, and for how long nobody need ask."""
    with far_desk(tmp_path / "host", there.url) as desk:
        open_board(desk)
        item = desk.post()
        there.stop()
        away = desk.send("GET", f"{API}/wanted/{item}")
        there.start()

        assert 503 == away.status_code
        assert [{"id": item, "status": "open"}] == desk.rows(BOARDS)
        assert "open" == desk.ok("GET", f"{API}/wanted/{item}")["item"]["status"]


@pytest.mark.dolt
def test_a_host_remembers_the_server_but_not_the_password(there: Elsewhere, tmp_path: Path) -> None:
    root = tmp_path / "host"
    with far_desk(root, there.url) as desk:
        open_board(desk)
    with LocalHost(root, dolt_password=PASSWORD) as host:
        found = host.engine(BOARD).location

    assert f"{there.url}/acme__board" == found
    files = [path for path in root.rglob("*") if path.is_file()]
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


@pytest.mark.dolt
def test_a_hub_does_not_start_with_a_wrong_password(there: Elsewhere, tmp_path: Path) -> None:
    wrong = f"{PASSWORD}-not"
    with (
        pytest.raises(Unavailable) as caught,
        far_desk(tmp_path / "host", there.url, wrong),
    ):
        pass

    assert wrong not in f"{caught.value}{caught.value.hint}{caught.value.facts}"


@pytest.mark.dolt
def test_files_and_ports_of_the_server_are_not_the_hubs(there: Elsewhere, tmp_path: Path) -> None:
    with LocalHost(tmp_path / "host", dolt_url=there.url, dolt_password=PASSWORD) as host:
        create_commons(host, BOARD, handle="mia", engine="dolt")
        with pytest.raises(Unsupported):
            host.open_remote(BOARD)
        with pytest.raises(Unsupported):
            host.storage("dolt").copy(BOARD, tmp_path / "copy")
        host.delete(BOARD)

        assert not host.storage("dolt").exists(BOARD)
        with pytest.raises(NotFound):
            host.engine(BOARD)


@pytest.mark.dolt
def test_two_hosts_on_one_server_leave_each_others_databases_alone(
    there: Elsewhere, tmp_path: Path
) -> None:
    """Also where one moves there, or deletes, what has the same name as the other's."""
    with far_host(tmp_path / "one", there.url) as one, far_host(tmp_path / "two", there.url) as two:
        head = create_commons(one, BOARD, handle="mia", engine="dolt")
        with pytest.raises(Conflict, match="has a database acme__board already"):
            create_commons(two, BOARD, handle="eve", engine="dolt")
        own = create_commons(two, BOARD, handle="eve")
        with pytest.raises(Conflict):
            move(two, BOARD, "dolt")

        assert (head, own) == (one.engine(BOARD).head(), two.engine(BOARD).head())
        two.delete(BOARD)
        assert head == one.engine(BOARD).head()
        one.delete(BOARD)
        assert create_commons(two, BOARD, handle="eve", engine="dolt")


@pytest.mark.dolt
def test_a_commons_moves_to_the_server_and_back(there: Elsewhere, tmp_path: Path) -> None:
    with far_host(tmp_path / "host", there.url) as host:
        create_commons(host, BOARD, handle="mia")
        before = digest(host.engine(BOARD))
        moved = move(host, BOARD, "dolt")
        back = move(host, BOARD, "doltlite")

        assert before == moved.digests == back.digests == digest(host.engine(BOARD))
        assert not host.storage("dolt").exists(BOARD)


@pytest.mark.dolt
def test_a_backup_has_all_but_the_databases_of_the_server(there: Elsewhere, tmp_path: Path) -> None:
    """Which are found again when the host is made anew, or nothing is made."""
    old, new, copy = tmp_path / "old", tmp_path / "new", tmp_path / "copy"
    with far_host(old, there.url) as host:
        create_commons(host, BOARD, handle="mia", engine="dolt")
        create_commons(host, RepoName("acme", "here"), handle="mia")
        head = host.engine(BOARD).head()
    report = backup(old, copy, dolt_password=PASSWORD)
    restore(copy, new, dolt_password=PASSWORD)

    assert ((str(BOARD),), ()) == (report.elsewhere, report.missing)
    assert [] == fsck(new, deep=True, dolt_password=PASSWORD)
    with far_host(new, there.url) as host:
        assert head == host.engine(BOARD).head()
        host.delete(BOARD)
    with pytest.raises(NotFound, match="has it no more"):
        restore(copy, tmp_path / "newer", dolt_password=PASSWORD)
    assert not (tmp_path / "newer").exists()


def test_a_host_with_databases_of_its_own_is_not_pointed_elsewhere(tmp_path: Path) -> None:
    """They would be hidden behind the server's."""
    (tmp_path / ".dolt-databases" / "acme__board" / ".dolt" / "noms").mkdir(parents=True)
    with (
        LocalHost(tmp_path, dolt_url="mysql://root@127.0.0.1:1") as host,
        pytest.raises(Conflict, match="keeps Dolt databases"),
    ):
        host.storage("dolt")


# --- the commands


@pytest.mark.dolt
def test_care_of_the_host_signs_in_with_the_same_password(
    there: Elsewhere,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with far_host(tmp_path / "host", there.url) as host:
        create_commons(host, BOARD, handle="mia", engine="dolt")
    monkeypatch.setenv("WL_HOST", str(tmp_path / "host"))
    monkeypatch.setenv("WL_DOLT_PASSWORD", PASSWORD)
    codes = [
        run(["hub", *command])
        for command in (
            ["visibility", str(BOARD), "private"],
            ["fsck"],
            ["move", str(BOARD), "--to", "doltlite"],
        )
    ]

    assert [0, 0, 0] == codes
    assert PASSWORD not in "".join(capsys.readouterr())


def test_serve_refuses_a_password_in_the_url_without_repeating_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WL_HOST", str(tmp_path / "host"))
    code = run(["serve", "--port", "0", "--dolt-url", f"mysql://root:{PASSWORD}@127.0.0.1:1"])
    output = "".join(capsys.readouterr())

    assert 0 != code
    assert "WL_DOLT_PASSWORD" in output
    assert PASSWORD not in output


def test_the_password_may_be_in_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text(f"{PASSWORD}\n")
    found = settings.load({"HOME": str(tmp_path), "WL_DOLT_PASSWORD_FILE": str(file)})

    assert PASSWORD == found.read_dolt_password()
    assert PASSWORD not in repr(found)


def test_a_password_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch(mode=0o640)
    found = settings.load({"HOME": str(tmp_path), "WL_DOLT_PASSWORD_FILE": str(file)})
    with pytest.raises(Invalid) as caught:
        found.read_dolt_password()

    assert f"chmod 600 {file}" == caught.value.hint


def test_a_password_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    found = settings.load({"HOME": str(tmp_path), "WL_DOLT_PASSWORD_FILE": str(gone)})
    with pytest.raises(Invalid, match="cannot be read"):
        found.read_dolt_password()
