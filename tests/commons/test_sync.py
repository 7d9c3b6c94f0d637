"""``sync`` brings main and pending work up to date, and always leaves a good state."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from commons.casts import REPO, Cast, Clone, refusal
from wasteland.commons.sync import Step, Sync, SyncReport
from wasteland.engines.base import Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import PullState
from wasteland.protocol.errors import Unavailable
from wasteland.protocol.records import write_time

ITEM = "w-com-001"


def syncing(clone: Clone, rig: str) -> Sync:
    """Return *rig*'s session for sync."""
    session = clone.seat(rig)
    return Sync(session.host, session.repo, session.seat)


def steps(report: SyncReport) -> list[tuple[str, str]]:
    """Return branch and action of each step."""
    return [(step.branch, step.action) for step in report.steps]


def retitle(engine: Engine, title: str, *, at: datetime, item_id: str = ITEM) -> None:
    """Write a title on main, as somebody without our rules does."""
    with engine.change() as change:
        values = {"t": title, "id": item_id, "at": write_time(at)}
        change.execute("UPDATE wanted SET title = :t, updated_at = :at WHERE id = :id", values)
        change.commit("retitle", author="go", at=at, tables=["wanted"])


def title(engine: Engine, ref: str = "main") -> object:
    """Return the item's title at *ref*."""
    return engine.read("SELECT title FROM wanted WHERE id = :id", {"id": ITEM}, ref=ref)[0]["title"]


def backups(engine: Engine) -> list[str]:
    """Return the heads of backup branches."""
    return [branch.head for branch in engine.branches("backup/")]


@pytest.fixture
def edited(ada_clone: Clone) -> str:
    """The branch of steve's pending new title, pushed from ada's clone."""
    return ada_clone.seat("steve").update(ITEM, title="Mine").pull


def test_main_moves_forward_to_the_remotes(ada_clone: Clone, ben_clone: Clone) -> None:
    ben_clone.seat("ben", mode="direct").claim(ITEM)

    first = syncing(ada_clone, "ada").sync()
    second = syncing(ada_clone, "ada").sync()

    assert [("main", "fast-forward")] == steps(first)
    assert ([("main", "up to date")], True) == (steps(second), second.clean)
    assert {"open": 0, "wanted": 4, "completions": 0, "stamps": 0} == second.counts
    assert ben_clone.engine.head() == ada_clone.engine.head()


def test_a_main_that_went_its_own_way_is_a_conflict_until_it_is_reset(
    ada_clone: Clone, ben_clone: Clone
) -> None:
    retitle(ada_clone.engine, "Mine", at=ada_clone.host.now())
    ours = ada_clone.engine.head()
    ben_clone.seat("ben", mode="direct").claim(ITEM)
    sync = syncing(ada_clone, "ada")

    found = sync.sync()
    planned = sync.sync(choice="reset", dry_run=True)

    assert ([("main", "conflict")], False, ours) == (
        steps(found),
        found.clean,
        ada_clone.engine.head(),
    )
    assert ([("main", "reset")], True) == (steps(planned), planned.dry_run)
    assert ours == ada_clone.engine.head()
    done = sync.sync(choice="reset")
    assert ([("main", "reset")], True) == (steps(done), done.clean)
    assert ben_clone.engine.head() == ada_clone.engine.head()
    assert [ours] == backups(ada_clone.engine)
    assert done.steps[0].backup in {branch.name for branch in ada_clone.engine.branches()}
    assert [("main", "up to date")] == steps(sync.sync())


def test_pending_work_is_repeated_on_a_main_that_moved(
    ada_clone: Clone, ben_clone: Clone, remote: Path, edited: str
) -> None:
    ben_clone.seat("ben", mode="direct").post(title="Elsewhere")
    sync = syncing(ada_clone, "steve")

    planned = sync.sync(dry_run=True)
    head = ada_clone.engine.head(edited)
    done = sync.sync()

    assert (edited, "replay") == steps(planned)[1] == steps(done)[1]
    assert head != ada_clone.engine.head(edited)
    assert ada_clone.engine.head() == ada_clone.engine.merge_base("main", edited)
    assert "Mine" == title(ada_clone.engine, edited)
    with DoltLiteEngine(remote) as there:
        assert ada_clone.engine.head(edited) == there.head(edited)
    assert [("main", "up to date"), (edited, "up to date")] == steps(sync.sync())
    assert [] == ada_clone.engine.branches("op/")


def conflicting(clone: Clone, remote: Path) -> None:
    """Let the remote's main get another title."""
    with DoltLiteEngine(remote) as there:
        retitle(there, "Theirs", at=clone.host.now())


def test_a_conflict_leaves_everything_and_says_which_cell(
    ada_clone: Clone, remote: Path, edited: str
) -> None:
    head = ada_clone.engine.head(edited)
    conflicting(ada_clone, remote)

    report = syncing(ada_clone, "steve").sync()

    assert (False, [("main", "fast-forward"), (edited, "conflict")]) == (
        report.clean,
        steps(report),
    )
    assert f"wanted {ITEM}" in report.steps[1].detail
    assert (head, "Theirs") == (ada_clone.engine.head(edited), title(ada_clone.engine))
    assert [] == ada_clone.engine.branches("op/")


@pytest.mark.parametrize(
    ("choice", "action", "expected"), [("ours", "replay", "Mine"), ("theirs", "drop", None)]
)
def test_a_choice_settles_a_conflict_and_keeps_a_backup(
    ada_clone: Clone, remote: Path, edited: str, choice: str, action: str, expected: str | None
) -> None:
    head = ada_clone.engine.head(edited)
    conflicting(ada_clone, remote)

    report = syncing(ada_clone, "steve").sync(choice=choice)

    assert (True, (edited, action)) == (report.clean, steps(report)[1])
    assert [head] == backups(ada_clone.engine)
    branches = {branch.name for branch in ada_clone.engine.branches()}
    assert expected == (title(ada_clone.engine, edited) if edited in branches else None)
    again = syncing(ada_clone, "steve").sync()
    assert again.clean
    assert {"up to date"} == {step.action for step in again.steps}


def test_a_reset_drops_pending_work_into_a_backup(
    ada_clone: Clone, remote: Path, edited: str
) -> None:
    head = ada_clone.engine.head(edited)
    sync = syncing(ada_clone, "steve")

    planned = sync.sync(choice="reset", dry_run=True)
    report = sync.sync(choice="reset")

    assert steps(planned) == steps(report) == [("main", "up to date"), (edited, "drop")]
    assert [head] == backups(ada_clone.engine)
    with DoltLiteEngine(remote) as there:
        assert [] == there.branches("wl/")


def test_work_that_main_has_already_is_dropped(ada_clone: Clone, remote: Path, edited: str) -> None:
    with DoltLiteEngine(remote) as there:
        retitle(there, "Mine", at=ada_clone.host.now())

    report = syncing(ada_clone, "steve").sync()

    assert (edited, "drop") == steps(report)[1]


def test_two_edits_of_different_fields_are_no_conflict(cast: Cast) -> None:
    item_id = cast.posted()
    pull = cast.ada.update(item_id, title="Mine").pull
    cast.clock.move(hours=1)
    cast.max.set_rule("mode", "direct")
    cast.max.update(item_id, description="Theirs")

    report = Sync(cast.host, REPO, cast.ada.seat).sync()

    assert [("main", "up to date"), (f"wl/ada/{item_id}", "replay")] == steps(report)
    cast.max.merge(pull)
    item = cast.ada.show(item_id).item
    assert ("Mine", "Theirs") == (item.title, item.description)


def test_another_rigs_work_is_left_alone(ada_clone: Clone, ben_clone: Clone, edited: str) -> None:
    ben_clone.seat("ben", mode="direct").post(title="Elsewhere")

    report = syncing(ada_clone, "ada").sync()

    assert [("main", "fast-forward")] == steps(report)


def test_offline_sync_fails_and_changes_nothing(ada_clone: Clone, remote: Path) -> None:
    remote.rename(remote.with_suffix(".away"))
    before = ada_clone.engine.branches()

    error = refusal(syncing(ada_clone, "ada").sync)

    assert isinstance(error, Unavailable)
    assert before == ada_clone.engine.branches()


def test_an_unknown_choice_is_invalid(ada_clone: Clone) -> None:
    assert "invalid" == refusal(lambda: syncing(ada_clone, "ada").sync(choice="mine")).code


def test_on_a_host_of_ours_pending_work_is_repeated_too(cast: Cast) -> None:
    item_id = cast.posted()
    pull = cast.ada.update(item_id, title="Mine").pull
    cast.posted("Elsewhere")
    sync = Sync(cast.host, REPO, cast.ada.seat)

    planned, done, again = sync.sync(dry_run=True), sync.sync(), sync.sync()

    branch = f"wl/ada/{item_id}"
    assert [
        [("main", "up to date"), (branch, action)] for action in ("replay", "replay", "up to date")
    ] == [steps(report) for report in (planned, done, again)]
    fork = cast.host.engine(cast.host.forks(REPO)[0])
    assert cast.host.pull(REPO, pull).head == fork.head(branch)
    assert cast.engine.head() == fork.merge_base("main", branch)
    assert "merged" == cast.max.merge(pull).state


def test_on_a_host_of_ours_work_in_conflict_can_be_dropped(cast: Cast) -> None:
    item_id = cast.posted()
    cast.ada.update(item_id, title="Mine")
    retitle(cast.engine, "Theirs", at=cast.clock.at, item_id=item_id)
    sync = Sync(cast.host, REPO, cast.ada.seat)

    found, settled = sync.sync(), sync.sync(choice="theirs")

    assert ["conflict", "drop"] == [report.steps[1].action for report in (found, settled)]
    assert [PullState.CLOSED] == cast.states()
    assert sync.sync().clean
    assert isinstance(settled.steps[1], Step)
