"""Joining and leaving, and the files that remember it."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commons.casts import REPO, Clock, build_remote, refusal
from wasteland import settings as user_settings
from wasteland.commons import joining, memberships, workspace
from wasteland.commons.creation import create_commons
from wasteland.commons.rigs import Rigs
from wasteland.commons.sdk import Commons
from wasteland.engines.dolt.server import Server
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import RepoName
from wasteland.protocol.errors import Conflict, Invalid, NotFound
from wasteland.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A user's directories, with the commons acme/board on the local host."""
    found = user_settings.load({"HOME": str(tmp_path / "home")})
    with workspace.local_host(found.host, found) as host:
        create_commons(host, REPO, handle="max")
    return found


def test_a_commons_of_the_local_host_is_joined_by_name(home: Settings) -> None:
    joined = joining.join(home, "acme/board", handle="Ada", display_name="Ada L.")

    assert (REPO, "ada", "ada") == (joined.commons, joined.handle, joined.account)
    assert joined.registration is not None
    assert "merged" == joined.registration.state
    with workspace.open_commons(home, "", Commons) as session:
        who = session.whoami()
        assert ("ada", True, 1, "pr") == (who.rig, who.registered, who.trust, who.mode)
        assert home.cache / "search" == session.index_dir


def test_joining_again_changes_nothing(home: Settings) -> None:
    joining.join(home, "acme/board", handle="ada")

    again = joining.join(home, "acme/board", handle="ada")

    assert (None, "You have joined it already.") == (again.registration, again.note)


def test_a_registered_rig_joins_without_another_registration(
    home: Settings, tmp_path: Path
) -> None:
    joining.join(home, "acme/board", handle="ada")
    elsewhere = user_settings.load({"HOME": str(tmp_path / "other"), "WL_HOST": str(home.host)})

    joined = joining.join(elsewhere, "acme/board", handle="ada")

    assert joined.registration is None
    assert [REPO] == [m.repo for m in memberships.joined(elsewhere.config)]


def test_a_handle_of_another_account_is_taken(home: Settings) -> None:
    joining.join(home, "acme/board", handle="ada")
    joining.leave(home, "")

    error = refusal(lambda: joining.join(home, "acme/board", handle="ada", account="mallory"))

    assert (Conflict, "ada", "ada") == (type(error), error.facts["handle"], error.facts["owner"])
    assert [] == memberships.joined(home.config)


@pytest.mark.parametrize("as_url", [True, False])
def test_a_plain_remote_is_joined_by_path_and_by_url(
    home: Settings, remote: Path, as_url: bool
) -> None:
    target = f"file://{remote}" if as_url else str(remote)

    joined = joining.join(home, target, handle="ada", mode="direct")

    assert (REPO, None) == (joined.commons, joined.registration)
    (membership,) = memberships.joined(home.config)
    assert ("plain", "doltlite", f"file://{remote}", "direct") == (
        membership.kind,
        membership.engine,
        membership.url,
        membership.mode,
    )
    with workspace.open_commons(home, "acme/board", Commons) as session:
        assert "merged" == session.claim("w-com-001").state


def test_a_new_rig_on_a_plain_remote_waits_for_its_registration(
    home: Settings, remote: Path
) -> None:
    joined = joining.join(home, str(remote), handle="zoe")

    assert joined.registration is not None
    assert "pending" == joined.registration.state


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("nobody/nothing", NotFound),
        ("/no/such/path.db", NotFound),
        ("no name", Invalid),
        ("file:///board.db", Invalid),
    ],
)
def test_what_is_no_commons_is_not_joined(
    home: Settings, target: str, kind: type[Exception]
) -> None:
    error = refusal(lambda: joining.join(home, target, handle="ada"))

    assert (kind, []) == (type(error), memberships.joined(home.config))


def test_a_database_that_is_no_commons_is_refused(home: Settings, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    DoltLiteEngine.create(tmp_path / "x" / "other.db").close()

    error = refusal(lambda: joining.join(home, str(tmp_path / "x" / "other.db"), handle="ada"))

    assert "is no commons" in error.message
    assert [] == memberships.joined(home.config)


def test_a_rig_needs_a_handle(home: Settings) -> None:
    assert "handle" == refusal(lambda: joining.join(home, "acme/board")).facts["field"]


def test_leaving_forgets_the_commons_and_keeps_its_data(home: Settings) -> None:
    joining.join(home, "acme/board", handle="ada")
    memberships.set_default(home.config, "acme/board")

    left = joining.leave(home, "acme/board")

    assert (REPO, []) == (left.repo, memberships.joined(home.config))
    assert "" == memberships.default(home.config)
    assert (home.host / "acme" / "board.db").is_file()
    assert "not_found" == refusal(lambda: joining.leave(home, "")).code


def test_of_several_commons_one_must_be_named_or_be_the_default(
    home: Settings, remote: Path
) -> None:
    joining.join(home, "acme/board", handle="ada")
    joining.join(home, str(remote), handle="ada", name="gt/commons")

    unclear = refusal(lambda: memberships.choose(home.config, ""))
    unknown = refusal(lambda: memberships.choose(home.config, "acme/other"))
    memberships.set_default(home.config, "gt/commons")

    assert (Invalid, "--wasteland acme/board") == (type(unclear), unclear.hint.split(",")[0])
    assert (NotFound, "wl join acme/other") == (type(unknown), unknown.hint)
    assert RepoName("gt", "commons") == memberships.choose(home.config, "").repo
    assert REPO == memberships.choose(home.config, "acme/board").repo


GO_FILE = {
    "upstream": "hop/wl-commons",
    "provider_type": "dolthub",
    "upstream_url": "https://doltremoteapi.dolthub.com/hop/wl-commons",
    "fork_org": "ada-org",
    "fork_db": "wl-commons-fork",
    "local_dir": "/home/ada/.local/share/wasteland/hop/wl-commons",
    "rig_handle": "ada",
    "hop_uri": "hop://ada@example.org/ada",
    "joined_at": "2026-01-02T03:04:05Z",
    "mode": "wild-west",
    "backend": "remote",
    "signing": True,
    "last_sync_at": "2026-01-03T00:00:00Z",
    "github_repo": "hop/relay",
}


def test_the_files_of_the_other_client_are_read_and_kept(home: Settings) -> None:
    place = home.config / "wastelands" / "hop" / "wl-commons.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(GO_FILE))

    membership = memberships.choose(home.config, "")
    memberships.save(home.config, membership)

    assert ("ada", "ada-org", "direct", GO_FILE["joined_at"]) == (
        membership.handle,
        membership.account,
        membership.mode,
        membership.joined_at,
    )
    assert GO_FILE == {
        key: value for key, value in json.loads(place.read_text()).items() if key in GO_FILE
    }
    assert 0o600 == stat.S_IMODE(place.stat().st_mode)
    memberships.save(home.config, memberships.with_mode(membership, "pr"))
    assert "pr" == json.loads(place.read_text())["mode"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"upstream": 3}', '{"upstream": "no name"}'])
def test_a_file_that_cannot_be_read_is_left_out(home: Settings, text: str) -> None:
    place = home.config / "wastelands" / "hop" / "broken.json"
    place.parent.mkdir(parents=True)
    place.write_text(text)

    assert [] == memberships.joined(home.config)


def test_a_clone_that_was_removed_is_made_again(home: Settings, remote: Path) -> None:
    joining.join(home, str(remote), handle="ada")
    for file in home.data.rglob("*.db"):
        if file.parent.name == "board":
            file.unlink()

    with workspace.open_commons(home, "", Rigs) as session:
        rigs = session.rigs()

    assert ["ada", "ben", "steve"] == [rig.handle for rig in rigs]


def test_a_schema_of_another_age_is_not_supported(
    home: Settings, remote: Path, clock: Clock
) -> None:
    with DoltLiteEngine(remote) as engine, engine.change() as change:
        change.execute("UPDATE _meta SET value = '2.0' WHERE `key` = 'schema_version'")
        change.commit("v2", author="go", at=clock.at, tables=["_meta"])

    error = refusal(lambda: joining.join(home, str(remote), handle="ada"))

    assert ("unsupported", "2.0") == (error.code, error.facts["version"])


def test_two_remotes_of_one_name_have_a_clone_each(home: Settings, remote: Path) -> None:
    other = build_remote(remote.parents[2] / "elsewhere" / "acme" / "board.db")
    joining.join(home, str(remote), handle="ada")
    joining.leave(home, "")
    joining.join(home, str(other), handle="ada")

    assert 2 == len(list((home.data / "clones" / "acme").glob("board-????????/board.db")))


def test_the_clone_of_another_remote_is_not_opened(home: Settings, remote: Path) -> None:
    joining.join(home, str(remote), handle="ada")
    [found] = memberships.joined(home.config)
    moved = replace(found, url="file:///elsewhere/acme/board.db", other={})

    error = refusal(lambda: workspace.open_host(home, moved))

    assert (Conflict, f"file://{remote}") == (type(error), error.facts["origin"])


def test_another_membership_of_the_name_is_never_overwritten(home: Settings, remote: Path) -> None:
    joining.join(home, str(remote), handle="ada")
    before = memberships.joined(home.config)

    for act in (
        lambda: joining.join(home, "acme/board", handle="ada"),
        lambda: joining.join(home, str(remote), handle="bob"),
        lambda: joining.create(home, REPO, handle="ada", engine="doltlite"),
    ):
        error = refusal(act)
        assert (Conflict, "wl leave acme/board") == (type(error), error.hint)

    assert before == memberships.joined(home.config)


@pytest.mark.parametrize("junk", [b"", b"no database at all" * 100])
def test_a_remote_that_cannot_be_cloned_is_called_by_its_address(
    home: Settings, tmp_path: Path, junk: bytes
) -> None:
    file = tmp_path / "acme" / "junk.db"
    file.parent.mkdir()
    file.write_bytes(junk)

    error = refusal(lambda: joining.join(home, f"file://{file}", handle="ada"))

    assert ("unavailable", True) == (error.code, f"file://{file}" in error.message)
    assert [] == [path for path in home.data.rglob("clones/**/*") if path.is_file()]


def test_what_a_killed_create_has_left_is_created_again(home: Settings) -> None:
    left = RepoName("acme", "left")
    with workspace.local_host(home.host, home) as host:
        host.create(left)

    error = refusal(lambda: joining.join(home, "acme/left", handle="ada"))
    joining.create(home, left, handle="max", engine="doltlite")

    assert (NotFound, "wl create acme/left") == (type(error), error.hint.split(",")[0])
    with workspace.open_commons(home, "acme/left", Commons) as session:
        assert ["max"] == [rig.handle for rig in session.rigs()]


def test_an_empty_file_that_a_killed_create_has_left_is_filled(home: Settings) -> None:
    """The engine's file is made before anything is written to it."""
    left = RepoName("acme", "left")
    with workspace.local_host(home.host, home) as host:
        host.create(left)
    (home.host / "acme" / "left.db").write_bytes(b"")

    error = refusal(lambda: joining.join(home, "acme/left", handle="ada"))
    joining.create(home, left, handle="max", engine="doltlite")

    assert isinstance(error, NotFound)
    assert error.hint.endswith("if it never held anything: wl create acme/left")
    with workspace.open_commons(home, "acme/left", Commons) as session:
        assert "merged" == session.post(title="First").state
        assert [] == session.engine.check()


def test_a_name_without_a_database_goes_to_either_engine(home: Settings) -> None:
    left = RepoName("acme", "left")
    with workspace.local_host(home.host, home) as host:
        host.create(left)
    (home.host / "acme" / "left.db").unlink()

    joining.create(home, left, handle="max", engine="doltlite")

    assert [left] == [m.repo for m in memberships.joined(home.config)]


def test_a_membership_that_cannot_be_read_is_named(home: Settings) -> None:
    joining.join(home, "acme/board", handle="ada")
    place = home.config / "wastelands" / "acme" / "board.wl.json"
    place.write_text("{")

    error = refusal(lambda: memberships.choose(home.config, "acme/board"))

    assert str(place.with_name("board.json")) in error.message
    assert [place.with_name("board.json")] == memberships.unreadable(home.config)


def test_a_first_dolt_clone_that_fails_leaves_nothing(
    home: Settings, tmp_path: Path, dolt_program: str
) -> None:
    folder = tmp_path / "acme" / "none"
    folder.mkdir(parents=True)
    user = replace(home, dolt=dolt_program)

    error = refusal(lambda: joining.join(user, f"file://{folder}", handle="ada"))

    assert ("unavailable", True) == (error.code, f"file://{folder}" in error.message)
    assert [] == list((home.data / "clones" / "acme").iterdir())


def test_what_a_killed_create_has_left_on_dolt_is_created_again(
    home: Settings, dolt_program: str
) -> None:
    left = RepoName("acme", "left")
    user = replace(home, dolt=dolt_program)
    with workspace.local_host(user.host, user) as host:
        host.create(left, engine="dolt").run_ddl(
            ["CREATE TABLE `wanted` (`id` VARCHAR(64) PRIMARY KEY)"],
            "half",
            author="max",
            at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        host.engine(left).discard()
    try:
        joining.create(user, left, handle="max", engine="doltlite")
    finally:
        Server.attach(user.host / ".dolt-databases", program=dolt_program).stop()

    with workspace.open_commons(user, "acme/left", Commons) as session:
        assert ["max"] == [rig.handle for rig in session.rigs()]
