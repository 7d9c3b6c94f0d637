"""A Dolt server that somebody else runs: what works as with one of ours, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commons.outgoing.certificates import write_certificate
from engines.dolt.elsewhere import PASSWORD, Elsewhere, running
from engines.laboratory import AT, SCHEMA, post, retitle, titles
from wasteland.engines.dolt import far as far_servers
from wasteland.engines.dolt import readers
from wasteland.engines.dolt.far import FarEngine, FarServer, Target, read_url
from wasteland.engines.dolt.readers import reading
from wasteland.protocol.errors import (
    Conflict,
    Invalid,
    NotFound,
    Unavailable,
    Unsupported,
)

MIB = 1 << 20


@pytest.fixture(name="there", scope="module")
def run_there(dolt_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Run a server that is not ours."""
    with running(tmp_path_factory.mktemp("far") / "data", dolt_program) as server:
        yield server


@pytest.fixture(name="far")
def reach(there: Elsewhere) -> FarServer:
    """Return the server as its URL finds it."""
    return FarServer.reach(there.url, PASSWORD)


@pytest.fixture(name="board")
def make_board(far: FarServer) -> Iterator[FarEngine]:
    """Make a database with the whole schema and two items."""
    made = FarEngine.create(far, "acme__board")
    made.run_ddl(SCHEMA, "schema", author="root", at=AT)
    post(made, "w-1", "w-2")
    yield made
    made.drop()


def secrets_in(error: BaseException | None) -> bool:
    """Return whether an error, or what it came from, tells the password."""
    while error is not None:
        if PASSWORD in f"{error!r}{error}{vars(error)}":
            return True
        error = error.__cause__ or error.__context__
    return False


def read(engine: FarEngine, sql: str) -> Any:
    """Return the rows of a stranger's statement on main."""
    server, place = engine.place()
    with reading(server, place, sql, deadline=time.monotonic() + 30, limit_bytes=MIB) as cursor:
        return cursor.fetchall()


# --- the URL


@pytest.mark.parametrize(
    ("url", "target", "written"),
    [
        ("mysql://root@127.0.0.1:3307", Target("root", "127.0.0.1", 3307), None),
        ("mysql://hub@db.example.org/", Target("hub", "db.example.org", 3306), ":3306"),
        ("mysql://a%40b@[::1]:3307", Target("a@b", "::1", 3307), None),
    ],
)
def test_a_url_names_user_host_and_port(url: str, target: Target, written: str | None) -> None:
    assert target == read_url(url)
    assert url.rstrip("/") + (written or "") == target.url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "root@127.0.0.1",
        "mysql://127.0.0.1:3307",
        "mysql://root@",
        "mysql://root@host:none",
        "mysql://root@host:99999",
        "mysql://root@host/board",
        "mysql://root@host?ssl=0",
        "http://root@host",
        "mysql://root@[::1",
    ],
)
def test_any_other_form_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="no URL of a Dolt server"):
        read_url(url)


def test_a_url_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(Invalid) as caught:
        read_url(f"mysql://root:{PASSWORD}@127.0.0.1:3307")

    assert "WL_DOLT_PASSWORD" in caught.value.hint
    assert not secrets_in(caught.value)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("[::1]", True),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("192.0.2.1", False),
    ],
)
def test_the_way_to_another_machine_is_encrypted(host: str, is_here: bool) -> None:
    """No name that only looks like this machine goes without."""
    server = FarServer(f"mysql://root@{host}", PASSWORD)

    assert is_here == (server.address.tls is None)


def test_a_server_on_another_machine_needs_a_password() -> None:
    with pytest.raises(Invalid, match="has no password"):
        FarServer("mysql://root@db.example.org")


# --- the engine


@pytest.mark.dolt
def test_a_board_lives_there_as_on_a_server_of_ours(board: FarEngine, there: Elsewhere) -> None:
    base = board.head()
    board.create_branch("wl/ada/w-1")
    head = retitle(board, "w-1", "Renamed", branch="wl/ada/w-1")

    assert {"w-1": "Item w-1", "w-2": "Item w-2"} == titles(board)
    assert {"w-1": "Renamed", "w-2": "Item w-2"} == titles(board, "wl/ada/w-1")
    assert [("main", base), ("wl/ada/w-1", head)] == [
        (branch.name, branch.head) for branch in board.branches()
    ]
    assert ["title"] == [cell for change in board.diff(base, head) for cell in change.cells]
    assert head == board.fast_forward("main", "wl/ada/w-1", expected=base)
    assert (f"{there.url}/acme__board", 0) == (board.location, board.size_bytes())


@pytest.mark.dolt
def test_a_database_is_made_once_and_known_until_it_is_dropped(far: FarServer) -> None:
    made = FarEngine.create(far, "acme__once")
    with pytest.raises(Conflict):
        FarEngine.create(far, "acme__once")
    before = far.exists("acme__once")
    made.drop()

    assert (True, False) == (before, far.exists("acme__once"))
    with pytest.raises(NotFound):
        made.head()


@pytest.mark.dolt
def test_a_fork_is_a_view_of_its_branches_there_too(board: FarEngine, far: FarServer) -> None:
    fork = FarEngine(far, board.database, branch_prefix="fork/ada/")
    fork.create_branch("wl/ada/w-1")

    assert ["main", "wl/ada/w-1"] == [branch.name for branch in fork.branches()]
    assert {"fork/ada/wl/ada/w-1", "main"} == {branch.name for branch in board.branches()}


@pytest.mark.dolt
def test_what_belongs_to_whoever_runs_it_is_left_alone(far: FarServer, there: Elsewhere) -> None:
    with pytest.raises(Unsupported):
        far.open_remotes()
    with pytest.raises(Unsupported):
        far.remote_url("acme__board")

    assert (False, False, False) == (far.stop(), far.close_remotes(), far.is_ours)
    assert ((1,),) == there.run("SELECT 1")


# --- strangers' statements


@pytest.mark.dolt
def test_strangers_read_as_a_user_who_may_only_select_there(
    board: FarEngine, far: FarServer, there: Elsewhere
) -> None:
    """Whose password is neither ours nor to be had without it."""
    rows = read(board, "SELECT id FROM wanted ORDER BY id")
    user = readers._user(board.database)
    grants = {str(row[0]).split(" TO ")[0] for row in there.run(f"SHOW GRANTS FOR '{user}'@'%'")}

    assert [("w-1",), ("w-2",)] == rows
    assert {"GRANT USAGE ON *.*", "GRANT SELECT ON `acme__board`.*"} == grants
    assert readers._password(far, user) not in {PASSWORD, readers._password(far, "other")}


@pytest.mark.dolt
def test_a_user_who_may_make_no_users_is_told_what_to_grant(
    board: FarEngine, there: Elsewhere
) -> None:
    user = readers._user(board.database)
    there.run(f"DROP USER IF EXISTS '{user}'@'%'")
    there.run(f"CREATE USER IF NOT EXISTS poor@'%' IDENTIFIED BY '{PASSWORD}'")
    there.run("GRANT SELECT, EXECUTE ON *.* TO poor@'%'")
    poor = FarServer.reach(there.url.replace("root", "poor"), PASSWORD)
    with pytest.raises(Unsupported) as caught:
        read(FarEngine(poor, board.database), "SELECT 1")

    assert caught.value.hint.endswith("GRANT ALL ON *.* TO 'poor'@'%' WITH GRANT OPTION")
    assert not secrets_in(caught.value)
    assert readers._password(poor, user) not in repr(caught.value)


def test_without_a_password_strangers_read_from_this_machine_only() -> None:
    """Everybody could work out theirs."""
    assert "localhost" == FarServer("mysql://root@127.0.0.1:1").readers_from
    assert "%" == FarServer("mysql://root@127.0.0.1:1", PASSWORD).readers_from


# --- what fails


@pytest.mark.dolt
def test_a_server_that_began_anew_is_found_again(dolt_program: str, tmp_path: Path) -> None:
    """By engines that have connections to the old one, and by readers."""
    with running(tmp_path / "data", dolt_program) as there:
        board = FarEngine.create(FarServer.reach(there.url, PASSWORD), "board")
        board.run_ddl(SCHEMA, "schema", author="root", at=AT)
        post(board, "w-1")
        read(board, "SELECT 1")
        there.stop()
        with pytest.raises(Unavailable):
            board.head()
        there.start()

        assert {"w-1": "Item w-1"} == titles(board)
        assert [("w-1",)] == read(board, "SELECT id FROM wanted")


@pytest.mark.dolt
def test_a_wrong_password_is_an_error_that_does_not_tell_it(there: Elsewhere) -> None:
    with pytest.raises(Unavailable) as caught:
        FarServer.reach(there.url, f"{PASSWORD}-not")

    assert "WL_DOLT_PASSWORD" in caught.value.hint
    assert not secrets_in(caught.value)


@pytest.mark.dolt
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("SELECT no_such_function()", "is no Dolt server"),
        ("SELECT '1.0.0' AS version", "1.0.0"),
    ],
)
def test_another_kind_of_server_and_too_old_a_one_are_unsupported(
    there: Elsewhere, monkeypatch: pytest.MonkeyPatch, answer: str, message: str
) -> None:
    monkeypatch.setattr(far_servers, "_ABOUT", answer)
    with pytest.raises(Unsupported, match=message):
        FarServer.reach(there.url, PASSWORD)


def test_no_server_at_all_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        FarServer.reach("mysql://root@127.0.0.1:1", PASSWORD)


# --- the way there


@pytest.fixture(name="afar")
def take_for_afar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat this machine as another one."""
    monkeypatch.setattr(Target, "is_here", False)


@pytest.mark.dolt
@pytest.mark.usefixtures("afar")
def test_a_server_without_tls_is_not_talked_to(there: Elsewhere) -> None:
    with pytest.raises(Unsupported, match="no TLS"):
        FarServer.reach(there.url, PASSWORD)


@pytest.mark.dolt
@pytest.mark.usefixtures("afar")
def test_only_a_certificate_that_is_trusted_opens_the_way(
    dolt_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the host that was asked for; strangers' statements go the same way."""
    certificate = write_certificate(tmp_path, "localhost")
    files = dict.fromkeys(["tls_key", "tls_cert"], str(certificate))
    with running(tmp_path / "data", dolt_program, require_secure_transport=True, **files) as there:
        url = there.url.replace("127.0.0.1", "localhost")
        with pytest.raises(Unavailable, match="certificate verify failed"):
            FarServer.reach(url, PASSWORD)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(Unavailable, match="certificate verify failed"):
            FarServer.reach(there.url, PASSWORD)
        board = FarEngine.create(FarServer.reach(url, PASSWORD), "board")
        board.run_ddl(SCHEMA, "schema", author="root", at=AT)

        assert [("0",)] == read(board, "SELECT COUNT(*) FROM wanted")
