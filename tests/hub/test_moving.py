"""Moving a commons to the other engine and back: nothing is lost, also when it is killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from commons.casts import NOON, REPO, Cast
from hub.played import EVIDENCE, play, servers, stage, tale
from hub.workers import PATIENCE_S, SPAWN, move_and_die
from wasteland.engines.base import MAIN
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import PullState, RepoName
from wasteland.hosts.digests import digest
from wasteland.hosts.local import LocalHost
from wasteland.hub import store
from wasteland.hub.fsck import fsck
from wasteland.hub.moving import move, mover
from wasteland.protocol.errors import Conflict, Invalid, NotFound, Tampered, Unsupported

pytestmark = pytest.mark.dolt


@pytest.fixture
def cast(tmp_path: Path, dolt_program: str) -> Iterator[Cast]:
    """A played commons on DoltLite, on a host that has Dolt too."""
    root = tmp_path / "host"
    with servers(root, dolt=dolt_program), stage(root, dolt=dolt_program) as made:
        yield made


def world(cast: Cast) -> tuple[object, ...]:
    """Return all that must be the same on both engines."""
    pulls = cast.host.pulls(REPO, state=None)
    waiting = [pull for pull in pulls if pull.state is PullState.OPEN]
    return (
        tale(cast.host.engine(REPO)),
        digest(cast.host.engine(REPO)),
        [(pull.id, pull.title, pull.author, pull.state, pull.updated_at) for pull in pulls],
        [[(c.table, c.key, c.cells) for c in cast.host.changes(pull)] for pull in waiting],
        [cast.host.comments(REPO, pull.id) for pull in pulls],
        [(op.id, op.digest) for op in cast.begun("ben")],
        cast.host.forks(REPO),
    )


def test_a_commons_is_the_same_there_and_back(cast: Cast) -> None:
    play(cast)
    before = world(cast)
    assert [] == fsck(cast.host.root)

    there = move(cast.host, REPO, "dolt")
    on_dolt = world(cast)
    back = move(cast.host, REPO, "doltlite")

    assert "dolt" == there.engine
    assert "doltlite" == cast.host.engine(REPO).dialect.name
    assert before == on_dolt
    assert before == world(cast)
    assert there.digests == back.digests == before[1]
    assert (0, ()) == (there.left_out, there.lost)
    # Main's head, which was noted, is called otherwise by now.
    assert [] == fsck(cast.host.root)


def test_work_goes_on_where_it_was(cast: Cast) -> None:
    _, waiting, claimed = play(cast)
    commons = Cast(cast.host, cast.clock)
    move(cast.host, REPO, "dolt")

    commons.ben.done(claimed, evidence=EVIDENCE)
    commons.max.accept(waiting, quality="good")
    commons.max.accept(claimed, quality="good")

    states = [pull.state for pull in cast.host.pulls(REPO, state=None)]
    assert [PullState.MERGED] * 3 == states
    statuses = {row.item.status for row in commons.max.browse(status="all")}
    assert {"completed"} == statuses


def test_the_hubs_records_name_the_new_commits(cast: Cast) -> None:
    play(cast)
    old = cast.engine.head()
    with closing(store.open_store(cast.host.root)) as file:
        file.write(
            "INSERT INTO releases (repo, tag, title, commit_hash, created_at) "
            "VALUES (?, 'v1', 'One', ?, '2026-01-01 00:00:00')",
            (str(REPO), old),
        )

        report = move(cast.host, REPO, "dolt")

        assert [report.head] == [row["commit_hash"] for row in file.read("SELECT * FROM releases")]


def test_a_repeated_operation_gets_its_first_receipt(cast: Cast) -> None:
    item = cast.posted()
    first = cast.ben.claim(item, op_id="op-1")
    move(cast.host, REPO, "dolt")

    again = Cast(cast.host, cast.clock).ben.claim(item, op_id="op-1")

    assert again.replayed
    assert first.at == again.at
    assert again.commit == cast.host.state.moves.commits(REPO)[first.commit]
    assert 1 == len(cast.host.engine(REPO).log(again.commit, limit=1))


def test_what_is_written_meanwhile_comes_along(cast: Cast) -> None:
    play(cast)
    done: list[str] = []

    def write(what: str, number: int, of: int) -> None:
        if not done:
            other = LocalHost(cast.host.root, clock=cast.clock)
            done.append(Cast(other, cast.clock).posted("Posted while it moved"))
            done.append(Cast(other, cast.clock).submitted())
            other.close()

    move(cast.host, REPO, "dolt", progress=write)

    fresh = Cast(cast.host, cast.clock)
    assert "Posted while it moved" == fresh.max.show(done[0]).item.title
    assert "in_review" == fresh.ben.show(done[1]).item.status


@pytest.mark.parametrize("at", ["commits", "branches"])
def test_a_move_that_is_killed_leaves_the_old_one_and_can_be_repeated(
    cast: Cast, dolt_program: str, at: str
) -> None:
    play(cast)
    before = world(cast)
    process = SPAWN.Process(target=move_and_die, args=(cast.host.root, dolt_program, at))
    process.start()
    process.join(PATIENCE_S)

    assert -signal.SIGKILL == process.exitcode
    assert "doltlite" == cast.host.engine(REPO).dialect.name
    assert before == world(cast)
    cast.posted()
    before = world(cast)
    assert move(cast.host, REPO, "dolt").moved
    assert before == world(cast)


def test_a_move_that_is_killed_after_the_switch_is_tidied_by_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(cast)
    before = world(cast)
    with monkeypatch.context() as patch:
        patch.setattr(mover._Move, "_leave", _die)
        with pytest.raises(KeyboardInterrupt):
            move(cast.host, REPO, "dolt")
    assert (cast.host.root / "acme" / "board.db").exists()

    report = move(cast.host, REPO, "dolt")

    assert not report.moved
    assert before == world(cast)
    assert not (cast.host.root / "acme" / "board.db").exists()
    assert not (cast.host.root / "ben" / "board.db").exists()


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_nothing_moves_when_the_rows_would_differ(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(cast)
    before = world(cast)
    monkeypatch.setattr(
        "wasteland.hub.moving.mover.digest", lambda engine: {"wanted": engine.location}
    )

    with pytest.raises(Tampered) as caught:
        move(cast.host, REPO, "dolt")

    assert ["wanted"] == caught.value.facts["tables"]
    assert before == world(cast)


def test_squashing_keeps_the_head_and_what_branches_stand_on(cast: Cast) -> None:
    play(cast)
    rows, changes = digest(cast.engine), world(cast)[3]

    report = move(cast.host, REPO, "dolt", squash=True)

    assert rows == digest(cast.host.engine(REPO))
    assert changes == world(cast)[3]
    assert 0 < report.left_out
    # The engine's own first commit, tables, rows, where two branches left main, the head.
    assert report.commits <= len(cast.host.engine(REPO).log()) <= 5


def test_the_old_database_can_be_kept(cast: Cast) -> None:
    play(cast)
    head = cast.engine.head()

    kept = move(cast.host, REPO, "dolt", keep_old=True).kept

    assert kept
    assert not (cast.host.root / "acme" / "board.db").exists()
    with DoltLiteEngine(kept / "acme" / "board.db") as old:
        assert head == old.head()


def test_a_merge_becomes_one_commit_on_the_line(cast: Cast) -> None:
    engine = cast.engine
    engine.create_branch("side")
    for branch in (MAIN, "side"):
        with engine.change(branch) as change:
            change.execute("INSERT INTO _meta (`key`, value) VALUES (:k, 'x')", {"k": branch})
            change.commit(f"on {branch}", author="x", at=NOON, tables=["_meta"])
    engine.merge("side", author="max", at=NOON, message="merge")
    rows = digest(engine)

    report = move(cast.host, REPO, "dolt")

    moved = cast.host.engine(REPO)
    assert rows == digest(moved)
    assert ["merge", "on main"] == [commit.message for commit in moved.log(limit=2)]
    assert 0 == report.left_out


def test_columns_of_others_and_odd_text_come_along(cast: Cast) -> None:
    ddl = ["ALTER TABLE stamps ADD COLUMN stamp_index INT"]
    cast.engine.run_ddl(ddl, "an index of theirs", author="gt", at=NOON)
    text = "a'b\\\"c\n\0d%s:x ✓ \u2028"
    with cast.engine.change() as change:
        change.execute(
            "INSERT INTO stamps (id, author, subject, valence, stamp_index, message, confidence) "
            "VALUES ('s', 'max', 'ben', :v, 7, :text, 0.333333)",
            {"v": '{ "b" : 1.50, "a": 1.0, "ü":"\\u00fc"}', "text": text},
        )
        change.commit("odd", author="a <b>", email="x@y", at=NOON, tables=["stamps"])
    before = world(cast)

    move(cast.host, REPO, "dolt")

    assert before[1:] == world(cast)[1:]
    (row,) = cast.host.engine(REPO).read("SELECT message, stamp_index FROM stamps")
    assert (text, "7") == (row["message"], row["stamp_index"])


def test_what_cannot_be_stored_there_is_named_and_nothing_moves(cast: Cast) -> None:
    with cast.engine.change() as change:
        change.execute("INSERT INTO wanted (id, title, tags) VALUES ('w-x', 't', 'no json')")
        change.commit("odd", author="x", at=NOON, tables=["wanted"])
    before = world(cast)

    with pytest.raises(Invalid) as caught:
        move(cast.host, REPO, "dolt")

    assert cast.engine.head() == caught.value.facts["commit"]
    assert before == world(cast)


def test_a_table_that_nobody_knows_keeps_the_commons_where_it_is(cast: Cast) -> None:
    ddl = ["CREATE TABLE secrets (id VARCHAR(9) PRIMARY KEY)"]
    cast.engine.run_ddl(ddl, "mine", author="x", at=NOON)

    with pytest.raises(Unsupported) as caught:
        move(cast.host, REPO, "dolt")

    assert ["secrets"] == caught.value.facts["tables"]
    assert "doltlite" == cast.host.engine(REPO).dialect.name


def test_an_open_pull_request_that_does_not_fit_stops_the_move(cast: Cast) -> None:
    fork = cast.host.fork(REPO, "eve")
    engine = cast.host.engine(fork)
    engine.create_branch("wl/eve/x")
    with engine.change("wl/eve/x") as change:
        change.execute("INSERT INTO wanted (id, title, tags) VALUES ('w-x', 't', 'no json')")
        change.commit("odd", author="eve", at=NOON, tables=["wanted"])
    pull = cast.host.open_pull(
        REPO, source=fork, branch="wl/eve/x", title="t", body="", author="eve"
    )

    with pytest.raises(Conflict) as caught:
        move(cast.host, REPO, "dolt")

    assert [pull.id] == caught.value.facts["pulls"]
    assert pull == cast.host.pull(REPO, pull.id)
    cast.host.end_pull(REPO, pull.id, state=PullState.CLOSED)
    report = move(cast.host, REPO, "dolt")
    assert [("eve/board", f"pull/{pull.id}/head")] == [
        (str(lost.repo), lost.branch) for lost in report.lost
    ]
    assert report.kept


def test_a_fork_moves_with_its_commons_only(cast: Cast) -> None:
    fork = cast.host.fork(REPO, "eve")

    with pytest.raises(Invalid):
        move(cast.host, fork, "dolt")
    with pytest.raises(Invalid):
        move(cast.host, REPO, "postgres")
    with pytest.raises(NotFound):
        move(cast.host, RepoName("no", "body"), "dolt")
