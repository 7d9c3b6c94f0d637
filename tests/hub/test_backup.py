"""Backups of a host in use: whole or not there, checked, and made anew elsewhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from commons.casts import REPO, Cast
from hub.played import finish, play, servers, stage, tale, today
from hub.workers import PATIENCE_S, SPAWN, keep_working
from wasteland.hosts.base import PullState
from wasteland.hosts.digests import digest
from wasteland.hosts.local import LocalHost
from wasteland.hub import store
from wasteland.hub.backup import backup, check, making, restore
from wasteland.hub.backup.manifest import FILE, Manifest, read
from wasteland.hub.fsck import fsck
from wasteland.protocol.errors import Conflict, Invalid, NotFound, Tampered, WastelandError


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    """A commons on which something has happened."""
    with stage(tmp_path / "host", clock=today()) as made:
        play(made)
        yield made


def world(host: LocalHost) -> tuple[object, ...]:
    """Return all that a restored host must have."""
    pulls = host.pulls(REPO, state=None)
    return (
        tale(host.engine(REPO)),
        digest(host.engine(REPO)),
        pulls,
        [host.changes(pull) for pull in pulls if pull.state is PullState.OPEN],
        [host.comments(REPO, pull.id) for pull in pulls],
        [op.id for op in host.operations(REPO, actor="ben")],
    )


def test_a_host_is_made_anew_as_it_was(cast: Cast, tmp_path: Path) -> None:
    before = world(cast.host)
    report = backup(cast.host.root, tmp_path / "backup")
    cast.host.close()
    shutil.rmtree(cast.host.root)

    restored = restore(tmp_path / "backup", tmp_path / "new")

    assert (report.repositories, ()) == (restored.repositories, restored.missing)
    with LocalHost(tmp_path / "new", clock=cast.clock) as host:
        assert before == world(host)
        again = Cast(host, cast.clock)
        again.ben.claim(again.posted())
    assert [] == fsck(tmp_path / "new", deep=True)


@pytest.mark.dolt
def test_a_host_with_dolt_is_made_anew_as_it_was(tmp_path: Path, dolt_program: str) -> None:
    old, new = tmp_path / "host", tmp_path / "new"
    with servers(old, new, dolt=dolt_program):
        with stage(old, engine="dolt", dolt=dolt_program) as cast:
            play(cast)
            before = world(cast.host)
            backup(old, tmp_path / "backup", dolt=dolt_program)
            cast.posted()

        restore(tmp_path / "backup", new, dolt=dolt_program)

        with LocalHost(new, clock=cast.clock, dolt=dolt_program) as host:
            assert before == world(host)
            again = Cast(host, cast.clock)
            again.ben.claim(again.posted())


def test_everything_else_in_the_directory_comes_along(cast: Cast, tmp_path: Path) -> None:
    root = cast.host.root
    with closing(store.open_store(root)) as file:
        file.write("INSERT INTO accounts (name, created_at) VALUES ('ada', '2026-01-01 00:00:00')")
    (root / ".evidence" / "ab").mkdir(parents=True)
    (root / ".evidence" / "ab" / "abcd").write_bytes(b"\0blob")
    (root / "settings.toml").write_text("x = 1")
    (root / "link").symlink_to("/etc/hostname")
    backup(root, tmp_path / "backup")

    restore(tmp_path / "backup", tmp_path / "new")

    new = tmp_path / "new"
    assert b"\0blob" == (new / ".evidence" / "ab" / "abcd").read_bytes()
    assert "x = 1" == (new / "settings.toml").read_text()
    assert not (new / "link").exists()
    assert not (tmp_path / "backup" / "files" / ".queues").exists()
    with closing(sqlite3.connect(new / store.FILE)) as connection:
        assert [("ada",)] == connection.execute("SELECT name FROM accounts").fetchall()


def test_backups_are_for_their_owner_only(cast: Cast, tmp_path: Path) -> None:
    backup(cast.host.root, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new")

    for top in (tmp_path / "backup", tmp_path / "new"):
        assert 0o700 == stat.S_IMODE(top.stat().st_mode)
        secret = [path for path in top.rglob("host.db") if path.is_file()]
        assert [0o600] == [stat.S_IMODE(path.stat().st_mode) for path in secret]


# --- while it is written to


def test_backups_of_a_busy_host_are_whole(cast: Cast, tmp_path: Path) -> None:
    cast.max.set_rule("posts_per_day", "100000")
    cast.max.set_rule("claims_cap", "1:none")
    there, enough = SPAWN.Event(), SPAWN.Event()
    worker = SPAWN.Process(target=keep_working, args=(cast.host.root, there, enough))
    worker.start()
    try:
        assert there.wait(PATIENCE_S)
        for number in range(4):
            backup(cast.host.root, tmp_path / f"backup{number}")
    finally:
        enough.set()
        worker.join(PATIENCE_S)
        worker.kill()

    assert 0 == worker.exitcode
    for number in range(4):
        new = tmp_path / f"new{number}"
        restore(tmp_path / f"backup{number}", new)
        assert [] == fsck(new, deep=True)
        with LocalHost(new, clock=today()) as host:
            assert all(host.changes(pull) for pull in host.pulls(REPO))
            again = Cast(host, today())
            again.ben.claim(again.posted())


def test_what_lands_between_state_and_rows_is_found_again(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_state = making._copy_state

    def and_then_merge(root: Path, stage_: Path) -> None:
        copy_state(root, stage_)
        (pull,) = cast.host.pulls(REPO)
        finish(cast, pull.branch.rpartition("/")[2])

    monkeypatch.setattr(making, "_copy_state", and_then_merge)
    backup(cast.host.root, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new")

    with LocalHost(tmp_path / "new", clock=cast.clock) as host:
        assert [] == host.pulls(REPO)
        assert host.pull(REPO, "2").merged_as == host.engine(REPO).head()


def test_a_branch_that_was_dropped_between_state_and_rows_is_given_back(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_state = making._copy_state
    (pull,) = cast.host.pulls(REPO)
    changes = cast.host.changes(pull)

    def and_then_close(root: Path, stage_: Path) -> None:
        copy_state(root, stage_)
        cast.host.end_pull(REPO, pull.id, state=PullState.CLOSED)

    monkeypatch.setattr(making, "_copy_state", and_then_close)
    backup(cast.host.root, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new")

    with LocalHost(tmp_path / "new", clock=cast.clock) as host:
        assert [pull] == host.pulls(REPO)
        assert changes == host.changes(pull)
    assert [] == fsck(tmp_path / "new", deep=True)


# --- what is refused


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _unlink(path: Path) -> None:
    path.unlink()


def _link(path: Path) -> None:
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


@pytest.mark.parametrize("damage", [_flip, _cut, _unlink, _link])
@pytest.mark.parametrize(
    "name", ["state/host.db", "repositories/acme/board.db", "repositories/ben/board.db"]
)
def test_what_is_missing_or_damaged_is_seen_and_nothing_is_made(
    cast: Cast, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    backup(cast.host.root, tmp_path / "backup")
    damage(tmp_path / "backup" / name)

    with pytest.raises(Tampered) as caught:
        restore(tmp_path / "backup", tmp_path / "new")

    assert [name] == caught.value.facts["files"]
    assert ["backup", "host"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 1}', "\xff"])
def test_a_manifest_that_is_none_is_refused(cast: Cast, tmp_path: Path, text: str) -> None:
    backup(cast.host.root, tmp_path / "backup")
    (tmp_path / "backup" / FILE).write_text(text, encoding="latin-1")

    with pytest.raises(Tampered):
        check(tmp_path / "backup")


def test_a_manifest_that_was_changed_is_refused(cast: Cast, tmp_path: Path) -> None:
    backup(cast.host.root, tmp_path / "backup")
    path = tmp_path / "backup" / FILE
    path.write_text(path.read_text().replace("acme", "evil"))

    with pytest.raises(Tampered):
        check(tmp_path / "backup")


@pytest.mark.parametrize("name", ["files/../../evil", "/etc/evil", "files/a\0b"])
def test_a_manifest_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    manifest = Manifest("2026-01-01T00:00:00Z", "x", {name: "0" * 64}, ())
    (tmp_path / FILE).write_text(manifest.to_text())

    with pytest.raises(Tampered):
        read(tmp_path)


def test_rows_that_differ_from_the_manifest_are_refused(cast: Cast, tmp_path: Path) -> None:
    backup(cast.host.root, tmp_path / "backup")
    path = tmp_path / "backup" / FILE
    data = json.loads(path.read_text())
    manifest = check(tmp_path / "backup")
    # A whole and sound file, of another state of the commons.
    (commons,) = [item for item in manifest.repositories if not item.parent]
    wrong = {**commons.digests, "wanted": "0" * 64}
    stored = [s if s.parent else {**vars_of(s), "digests": wrong} for s in manifest.repositories]
    text = Manifest(data["made_at"], "x", manifest.files, tuple(stored)).to_text()  # type: ignore[arg-type]
    path.write_text(text)

    with pytest.raises(Tampered, match="other rows"):
        restore(tmp_path / "backup", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def vars_of(record: object) -> dict[str, object]:
    """Return the fields of a record with slots."""
    return {name: getattr(record, name) for name in type(record).__slots__}  # type: ignore[attr-defined]


def test_places_that_would_lose_something_are_refused(cast: Cast, tmp_path: Path) -> None:
    root = cast.host.root
    backup(root, tmp_path / "backup")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "empty").mkdir()

    assert Conflict is refused(lambda: backup(root, tmp_path / "backup"))
    assert Invalid is refused(lambda: backup(root, root / "backup"))
    assert NotFound is refused(lambda: backup(tmp_path / "empty", tmp_path / "other"))
    assert Conflict is refused(lambda: restore(tmp_path / "backup", tmp_path / "full"))
    assert NotFound is refused(lambda: restore(tmp_path / "empty", tmp_path / "other"))
    restore(tmp_path / "backup", tmp_path / "empty")


def refused(act: Callable[[], object]) -> type[WastelandError]:
    """Return the class of the error that *act* raises."""
    with pytest.raises(WastelandError) as caught:
        act()
    return type(caught.value)


def test_a_backup_that_fails_leaves_nothing(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "_copy_others", fail)
    with pytest.raises(OSError, match="space"):
        backup(cast.host.root, tmp_path / "backup")

    assert ["host"] == [path.name for path in tmp_path.iterdir()]


def test_a_damaged_repository_makes_no_backup(cast: Cast, tmp_path: Path) -> None:
    _flip(cast.host.root / "acme" / "board.db")
    cast.host.close()

    with pytest.raises(WastelandError):
        backup(cast.host.root, tmp_path / "backup")

    assert not (tmp_path / "backup").exists()


def test_a_repository_without_a_file_is_named(cast: Cast, tmp_path: Path) -> None:
    cast.host.create(REPO.parse("acme/other"))
    cast.host.close()
    (cast.host.root / "acme" / "other.db").unlink()

    assert ("acme/other",) == backup(cast.host.root, tmp_path / "backup").missing
    assert ("acme/other",) == restore(tmp_path / "backup", tmp_path / "new").missing
