"""Planted faults are found, each by its check, and a sound host has none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from commons.casts import REPO, Cast
from hub.desks import API, BOARD, V1, Desk
from hub.played import play, servers, stage, today
from wasteland.commons.doctor.findings import Finding
from wasteland.hosts.base import PullState, RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hub.fsck import fsck
from wasteland.hub.moving import move, mover


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    """A commons on which something has happened."""
    with stage(tmp_path / "host", clock=today()) as made:
        play(made)
        yield made


def test_a_sound_host_has_no_findings(cast: Cast) -> None:
    assert [] == fsck(cast.host.root, deep=True)
    assert [] == fsck(cast.host.root, deep=True)


@pytest.mark.dolt
def test_a_sound_host_with_dolt_has_no_findings(tmp_path: Path, dolt_program: str) -> None:
    root = tmp_path / "host"
    with (
        servers(root, dolt=dolt_program),
        stage(root, engine="dolt", dolt=dolt_program, clock=today()) as cast,
    ):
        play(cast)

        assert [] == fsck(root, deep=True, dolt=dolt_program)


# --- faults


def write(cast: Cast, sql: str) -> None:
    """Write to main past the gate."""
    with cast.engine.change() as change:
        change.run(sql)
        tables = [*cast.engine.tables()]
        change.commit("past the gate", author="x", at=cast.clock.at, tables=tables)


def state(cast: Cast, sql: str) -> None:
    """Write to the host's state past its rules."""
    with closing(sqlite3.connect(cast.host.root / "host.db")) as connection, connection:
        connection.execute(sql)


def row(sql: str) -> Callable[[Cast], None]:
    """Return a fault in main's rows."""
    return lambda cast: write(cast, sql)


def stored(sql: str) -> Callable[[Cast], None]:
    """Return a fault in the host's state."""
    return lambda cast: state(cast, sql)


def _no_file(cast: Cast) -> None:
    cast.host.close()
    (cast.host.root / "acme" / "board.db").unlink()


def _flipped(cast: Cast) -> None:
    path = cast.host.root / "acme" / "board.db"
    cast.host.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


def _flipped_fork(cast: Cast) -> None:
    path = cast.host.root / "ben" / "board.db"
    cast.host.close()
    data = bytearray(path.read_bytes())
    data[200:400] = bytes(200)
    path.write_bytes(data)


def _cut(cast: Cast) -> None:
    fsck(cast.host.root)
    path = cast.host.root / "acme" / "board.db"
    cast.host.close()
    path.write_bytes(path.read_bytes()[:-6000])


def _no_state(cast: Cast) -> None:
    cast.host.close()
    (cast.host.root / "host.db").write_bytes(b"CTLD and so on")


def _damaged_state(cast: Cast) -> None:
    cast.host.close()
    path = cast.host.root / "host.db"
    data = bytearray(path.read_bytes())
    data[4096:12000] = b"\xff" * 7904
    path.write_bytes(data)


def _orphan(cast: Cast) -> None:
    path = cast.host.root / "nobody" / "board.db"
    path.parent.mkdir()
    path.write_bytes((cast.host.root / "acme" / "board.db").read_bytes())


def _draft(cast: Cast) -> None:
    (cast.host.root / "acme" / ".board.db-0123abcd").touch()


def _garbage(cast: Cast) -> None:
    (cast.host.root / "acme" / "board.db-gc-tmp").touch()


def _readable(cast: Cast) -> None:
    (cast.host.root / "host.db").chmod(0o644)


def _no_branch(cast: Cast) -> None:
    (pull,) = cast.host.pulls(REPO)
    cast.host.engine(pull.source).delete_branch(pull.branch)


def _landed(cast: Cast) -> None:
    (pull,) = cast.host.pulls(REPO)
    cast.max.accept(pull.branch.rpartition("/")[2], quality="good")
    state(cast, "UPDATE pulls SET state = 'open', merged_as = '' WHERE number = 2")


def _dirty(cast: Cast) -> None:
    from commons.users import run_sql  # noqa: PLC0415

    cast.host.close()
    run_sql(cast.host.root / "acme" / "board.db", "INSERT INTO _meta VALUES ('x', 'y')")


def _future(cast: Cast) -> None:
    cast.clock.move(days=1)
    cast.posted()


FAULTS = {
    "no file": ("open", _no_file),
    "flipped byte": ("integrity", _flipped),
    "flipped byte of a fork": ("forks", _flipped_fork),
    "cut file": ("head", _cut),
    "no state": ("state", _no_state),
    "damaged state": ("state", _damaged_state),
    "stray rows of state": (
        "state",
        stored("INSERT INTO renewals VALUES ('no/body', 'w', 't', '2026-01-01 00:00:00')"),
    ),
    "orphan": ("orphans", _orphan),
    "draft": ("leftovers", _draft),
    "garbage collection": ("garbage", _garbage),
    "readable state": ("rights", _readable),
    "pull without branch": ("pulls", _no_branch),
    "pull of nothing": (
        "pull heads",
        stored(f"UPDATE pulls SET head = '{'0' * 40}' WHERE state = 'open'"),
    ),
    "merged as nothing": (
        "merged",
        stored(f"UPDATE pulls SET merged_as = '{'0' * 40}' WHERE state = 'merged'"),
    ),
    "landed and open": ("landed", _landed),
    "fork without upstream": (
        "state",
        stored("UPDATE repositories SET parent = 'no/body' WHERE repo = 'ben/board'"),
    ),
    "fork on another engine": (
        "forks",
        stored("UPDATE repositories SET engine = 'dolt' WHERE repo = 'ben/board'"),
    ),
    "operation without receipt": (
        "unfinished",
        stored("UPDATE operations SET receipt = NULL, started_at = '2026-01-01 00:00:00'"),
    ),
    "uncommitted rows": ("dirty", _dirty),
    "commit from the future": ("clock", _future),
    "lease without claim": (
        "leases",
        row("INSERT INTO wlx_leases VALUES ('w-no', 'ben', 't', '2030-01-01 00:00:00')"),
    ),
    "claim without lease": ("leases", row("DELETE FROM wlx_leases")),
    "claimed by nobody": (
        "claims",
        row("UPDATE wanted SET claimed_by = NULL WHERE status = 'claimed'"),
    ),
    "open and claimed": (
        "claims",
        row("UPDATE wanted SET status = 'open' WHERE status = 'claimed'"),
    ),
    "completion of nothing": ("completions", row("UPDATE completions SET wanted_id = 'w-no'")),
    "stamp that is not": ("accepted", row("UPDATE completions SET stamp_id = 's-no'")),
    "accepted and open": (
        "accepted",
        row("UPDATE wanted SET status = 'in_review' WHERE status = 'completed'"),
    ),
    "stamp of nothing": ("stamps", row("UPDATE stamps SET context_id = 'c-no'")),
    "stamped twice": (
        "stamps",
        row(
            "INSERT INTO stamps (id, author, subject, valence, context_id) "
            "SELECT 's-2', author, subject, valence, context_id FROM stamps"
        ),
    ),
    "own work": ("own work", row("UPDATE rigs SET dolthub_org = 'acme' WHERE handle = 'ben'")),
    "handle of nobody": ("handles", row("UPDATE wanted SET posted_by = 'ghost'")),
    "stamp changed": ("history", row("UPDATE stamps SET message = 'never said'")),
    "undone completion": (
        "history",
        row("UPDATE wanted SET status = 'open', claimed_by = NULL WHERE status = 'completed'"),
    ),
}


@pytest.mark.parametrize(("check", "plant"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found(cast: Cast, check: str, plant: Callable[[Cast], None]) -> None:
    assert [] == fsck(cast.host.root, deep=True)
    plant(cast)

    found = fsck(cast.host.root, deep=True)

    assert check in names(found)
    assert all(finding.fix for finding in found)


def names(found: list[Finding]) -> set[str]:
    """Return the checks that found something."""
    return {finding.check for finding in found}


def test_the_turn_of_a_killed_process_is_no_fault(cast: Cast) -> None:
    ticket = cast.host.root / ".queues" / "acme" / "board" / "1"
    ticket.write_text("1")

    assert [] == fsck(cast.host.root)

    cast.posted()
    assert not ticket.exists()


class Death(Exception):
    """The hub is killed."""


@pytest.mark.parametrize("step", ["end_pull", "finish_operation"])
def test_a_merge_that_a_hub_did_not_live_to_answer_is_finished_by_its_repetition(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    desk.account("ada")
    desk.join("ada")
    item, host = desk.post(), desk.hub.host
    desk.ok("PATCH", f"{API}/wanted/{item}", "acme", json={"title": "Better"})
    (pull,) = host.pulls(BOARD)
    merge, key = f"{V1}/acme/board/pulls/{pull.id}/merge", {"idempotency-key": "once"}

    def die(*_: object, **__: object) -> None:
        raise Death

    with monkeypatch.context() as patch:
        patch.setattr(LocalHost, step, die)
        assert 500 == desk.send("POST", merge, "acme", headers=key).status_code
    landed = host.engine(BOARD).head()
    _age_operations(host.root)
    assert {"unfinished"} <= names(fsck(host.root))

    desk.hub.answers.forget("acme", "once")
    again = desk.ok("POST", merge, "acme", headers=key)

    assert landed == again["merge_commit_id"] == host.engine(BOARD).head()
    assert [] == host.unfinished(BOARD)
    assert [] == fsck(host.root)


def test_a_merge_of_what_another_merged_is_answered_and_leaves_no_trace(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    item, host = desk.post(), desk.hub.host
    desk.ok("PATCH", f"{API}/wanted/{item}", "acme", json={"title": "Better"})
    (pull,) = host.pulls(BOARD)
    merge = f"{V1}/acme/board/pulls/{pull.id}/merge"

    answers = [
        desk.ok("POST", merge, "acme", headers={"idempotency-key": key}) for key in ("one", "two")
    ]

    assert 1 == len({answer["merge_commit_id"] for answer in answers})
    assert [] == host.unfinished(BOARD)


def _age_operations(root: Path) -> None:
    """Let what began just now have begun long ago."""
    with closing(sqlite3.connect(root / "host.db")) as connection, connection:
        connection.execute("UPDATE operations SET started_at = '2026-01-01 00:00:00'")


@pytest.mark.dolt
def test_what_a_killed_move_left_is_found_and_the_command_mends_it(
    tmp_path: Path, dolt_program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "host"
    with servers(root, dolt=dolt_program), stage(root, dolt=dolt_program, clock=today()) as cast:
        play(cast)
        with monkeypatch.context() as patch:
            patch.setattr(mover, "clear", lambda *_: None)
            move(cast.host, REPO, "dolt")
        found = fsck(root, dolt=dolt_program)
        assert {"leftovers"} == names(found)
        assert "wl hub move acme/board --to dolt" == found[0].fix

        move(cast.host, REPO, "dolt")

        assert [] == fsck(root, deep=True, dolt=dolt_program)


@pytest.mark.dolt
def test_a_database_of_no_repository_is_found(tmp_path: Path, dolt_program: str) -> None:
    root = tmp_path / "host"
    with (
        servers(root, dolt=dolt_program),
        stage(root, engine="dolt", dolt=dolt_program, clock=today()) as cast,
    ):
        other = RepoName("acme", "other")
        cast.host.storage("dolt").create(other)

        assert {"orphans"} == names(fsck(root, dolt=dolt_program))


def test_a_directory_without_a_host_is_no_host(tmp_path: Path) -> None:
    assert ["state"] == [finding.check for finding in fsck(tmp_path)]
    assert [] == list(tmp_path.iterdir())


def test_one_broken_commons_keeps_no_other_from_being_looked_at(cast: Cast) -> None:
    cast.host.create(RepoName("acme", "another")).close()
    _no_file(cast)

    found = fsck(cast.host.root)

    assert {"acme/another", "acme/board"} == {finding.commons for finding in found}
    assert PullState.OPEN is cast.host.pull(REPO, "2").state
