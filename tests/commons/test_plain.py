"""A commons of another tool behind a plain remote: taken part in as it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commons.casts import (
    EVIDENCE,
    ITEMS,
    REPO,
    Clock,
    Clone,
    build_remote,
    essence,
    refusal,
    write_rows,
)
from wasteland.commons import queries
from wasteland.commons.receipts import Receipt
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.plain import PlainHost
from wasteland.protocol.errors import AlreadyClaimed, Unavailable
from wasteland.protocol.records import Completion, Status
from wasteland.protocol.schema import Row

ITEM = "w-com-001"


def rows_of(remote: Path, table: str = "wanted") -> dict[str, Row]:
    """Return the remote's rows by id, as whoever clones it now sees them."""
    with DoltLiteEngine(remote) as engine:
        return {str(row["id"]): row for row in engine.read(f"SELECT * FROM {table}")}


def branches_of(remote: Path) -> list[str]:
    """Return the remote's work branches."""
    with DoltLiteEngine(remote) as engine:
        return [branch.name for branch in engine.branches("wl/")]


def test_the_board_shows_rows_of_every_kind(ada_clone: Clone) -> None:
    ada = ada_clone.seat("ada")

    board = [row.item for row in ada.browse(status="all")]

    assert {str(item["id"]) for item in ITEMS} == {item.id for item in board}
    assert "w-bare" == board[-1].id
    by_id = {item.id: item for item in board}
    assert (Status.COMPLETED, None, ITEMS[0]["description"]) == (
        by_id["w-com-002"].state,
        by_id["w-com-003"].state,
        by_id[ITEM].description,
    )
    assert ["w-com-003"] == [row.item.id for row in ada.browse(status="triaged")]
    assert "w-bare" == ada.show("w-bare").item.id


def test_in_pr_mode_work_is_pushed_and_merged_by_its_branch(
    ada_clone: Clone, ben_clone: Clone, remote: Path
) -> None:
    ada, steve = ada_clone.seat("ada"), ben_clone.seat("steve")
    claimed = ada.claim(ITEM)
    done = ada.done(ITEM, evidence=EVIDENCE)

    waiting = steve.inbox()
    merged = steve.merge(f"wl/ada/{ITEM}")

    assert ["pending", "pending"] == [claimed.state, done.state]
    assert [f"wl/ada/{ITEM}"] == [look.pull.id for look in waiting]
    assert [] == waiting[0].reasons
    assert "merged" == merged.state
    row = rows_of(remote)[ITEM]
    assert ("in_review", "ada") == (row["status"], row["claimed_by"])
    assert [] == branches_of(remote)


def test_a_submission_is_accepted_by_its_poster(
    ada_clone: Clone, ben_clone: Clone, remote: Path
) -> None:
    ada, steve = ada_clone.seat("ada"), ben_clone.seat("steve")
    ada.claim(ITEM)
    ada.done(ITEM, evidence=EVIDENCE)
    steve.refresh()

    receipt = steve.accept(ITEM, quality="good")

    assert {"completions": 1, "stamps": 1, "wanted": 1} == receipt.rows
    (stamp,) = rows_of(remote, "stamps").values()
    assert ("steve", "ada", '{"quality":4,"reliability":4}') == (
        stamp["author"],
        stamp["subject"],
        str(stamp["valence"]).replace(" ", ""),
    )
    assert "completed" == rows_of(remote)[ITEM]["status"]
    assert [] == branches_of(remote)


def test_text_of_others_stays_byte_for_byte(ada_clone: Clone, remote: Path) -> None:
    before = rows_of(remote)
    ada = ada_clone.seat("ada", mode="direct")

    ada.claim(ITEM)
    ada.done(ITEM, evidence=EVIDENCE)

    written = {"status", "claimed_by", "evidence_url", "updated_at"}
    after = rows_of(remote)
    assert {k: v for k, v in before.items() if k != ITEM} == {
        k: v for k, v in after.items() if k != ITEM
    }
    assert {n: v for n, v in before[ITEM].items() if n not in written} == {
        n: v for n, v in after[ITEM].items() if n not in written
    }


def test_in_direct_mode_one_of_two_racing_clones_wins(
    ada_clone: Clone, ben_clone: Clone, remote: Path
) -> None:
    ada, ben = (c.seat(rig, mode="direct") for c, rig in ((ada_clone, "ada"), (ben_clone, "ben")))
    for session in (ada, ben):
        session.browse()

    receipt = ada.claim(ITEM)
    error = refusal(lambda: ben.claim(ITEM))

    assert "merged" == receipt.state
    assert (True, "ada") == (isinstance(error, AlreadyClaimed), error.facts["holder"])
    assert "ada" == rows_of(remote)[ITEM]["claimed_by"]
    assert ada_clone.engine.head() == ben_clone.engine.head()


def test_offline_reads_answer_and_say_so_while_writes_fail(ada_clone: Clone, remote: Path) -> None:
    ada = ada_clone.seat("ada")
    fresh = ada.browse(status="all")
    branches = ada_clone.engine.branches()
    remote.rename(remote.with_suffix(".away"))

    stale = ada.browse(status="all")
    errors = [
        refusal(act)
        for act in (
            lambda: ada.claim(ITEM),
            lambda: ada.post(title="Offline"),
            lambda: ada_clone.seat("ada", mode="direct").claim(ITEM),
        )
    ]

    assert fresh == stale
    assert ada.stale_because
    assert {Unavailable} == {type(error) for error in errors}
    assert branches == ada_clone.engine.branches()
    assert [] == list(ada_clone.host.unfinished(REPO))
    remote.with_suffix(".away").rename(remote)
    assert fresh == ada.browse(status="all")
    assert "" == ada.stale_because


def test_an_item_posted_elsewhere_can_be_claimed_at_once(
    ada_clone: Clone, ben_clone: Clone
) -> None:
    posted = ada_clone.seat("ada", mode="direct").post(title="Fresh")

    receipt = ben_clone.seat("ben", mode="direct").claim(posted.id)

    assert "merged" == receipt.state


def test_a_rig_goes_on_from_another_clone(ada_clone: Clone, ben_clone: Clone, remote: Path) -> None:
    ada_clone.seat("ada").claim(ITEM)

    receipt = ben_clone.seat("ada").done(ITEM, evidence=EVIDENCE)
    undone = ada_clone.seat("ada").undo()

    assert ("pending", f"wl/ada/{ITEM}") == (receipt.state, receipt.pull)
    assert f"wl/ada/{ITEM}" == undone.pull
    assert [] == branches_of(remote)


def test_a_repeated_submission_that_was_merged_meanwhile_is_recognised(
    ada_clone: Clone, ben_clone: Clone
) -> None:
    ada, steve = ada_clone.seat("ada"), ben_clone.seat("steve")
    ada.claim(ITEM)
    first = ada.done(ITEM, evidence=EVIDENCE, op_id="op-1")
    steve.merge(f"wl/ada/{ITEM}")

    again = ada.done(ITEM, evidence=EVIDENCE, op_id="op-1")
    error = refusal(ada.undo)

    assert (first.id, True) == (again.id, again.replayed)
    assert "conflict" == error.code


def test_claims_do_not_expire_and_are_not_extended(ada_clone: Clone, clock: Clock) -> None:
    ada = ada_clone.seat("ada", mode="direct")
    ada.claim(ITEM)
    clock.move(days=365)

    ada.browse()

    assert "claimed" == ada.show(ITEM).item.status
    assert "unsupported" == refusal(lambda: ada.extend(ITEM)).code


def test_a_registration_waits_on_its_branch(ada_clone: Clone, remote: Path) -> None:
    receipt = ada_clone.seat("zoe").register()

    assert ("pending", "wl/register/zoe") == (receipt.state, receipt.pull)
    assert ["wl/register/zoe"] == branches_of(remote)


@pytest.fixture
def old(tmp_path: Path, clock: Clock) -> Iterator[Clone]:
    """Ada at a v1.1 commons, without rig links and with columns that Gas Town adds."""
    remote = build_remote(tmp_path / "old" / "acme" / "board.db", version="1.1")
    with DoltLiteEngine(remote) as engine:
        extra = [
            f"ALTER TABLE `stamps` ADD COLUMN `{c}` TEXT" for c in ("stamp_type", "pilot_cohort")
        ]
        engine.run_ddl(extra, "Gas Town", author="gt", at=clock.at)
        stamps = {"1": '{"quality":0.75}', "2": '{"quality":4}', "3": '{"quality":"good"}'}
        write_rows(
            engine,
            "stamps",
            [
                {
                    "id": f"s-{number}",
                    "author": "steve",
                    "subject": "ada",
                    "valence": valence,
                    "stamp_type": "pilot",
                }
                for number, valence in stamps.items()
            ],
        )
    with Clone(tmp_path / "clone", remote, clock) as clone:
        yield clone


def test_a_commons_of_version_1_1_is_taken_part_in(old: Clone) -> None:
    ada, steve = (old.seat(rig, mode="direct") for rig in ("ada", "steve"))

    ada.claim(ITEM)
    ada.done(ITEM, evidence=EVIDENCE)
    receipt = steve.accept(ITEM, quality="good")
    zoe = old.seat("zoe", mode="direct").register()

    assert ["merged", "merged"] == [receipt.state, zoe.state]
    sheet = ada.rig("ada")
    assert ([], 4) == (list(sheet.links), len(sheet.stamps))
    stored = {row["id"]: row["stamp_type"] for row in rows_of(old.remote, "stamps").values()}
    assert {
        "s-1": "pilot",
        "s-2": "pilot",
        "s-3": "pilot",
        receipt.records["stamps"][0]: None,
    } == stored
    (work,) = queries.where(ada.main(), Completion, "completed_by", "ada")
    assert "steve" == work.validated_by


def test_a_clone_that_is_lost_is_made_again(ada_clone: Clone, tmp_path: Path, clock: Clock) -> None:
    ada_clone.seat("ada", mode="direct").claim(ITEM)
    shutil.rmtree(ada_clone.home)

    with Clone(tmp_path / "ada", ada_clone.remote, clock) as clone:
        item = clone.seat("ada").show(ITEM).item

    assert "ada" == item.claimed_by


class Death(BaseException):
    """The process is gone."""


def die(*_: object, **__: object) -> None:
    """Let the process die here."""
    raise Death


def test_work_that_went_on_after_a_lost_merge_stays_offered(
    ada_clone: Clone, ben_clone: Clone, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, steve = ada_clone.seat("ada"), ben_clone.seat("steve")
    ada.claim(ITEM)
    with monkeypatch.context() as broken:
        broken.setattr(PlainHost, "end_pull", die)
        with pytest.raises(Death):
            steve.merge(f"wl/ada/{ITEM}")
    ada.done(ITEM, evidence=EVIDENCE)

    waiting = steve.inbox()

    assert [f"wl/ada/{ITEM}"] == [look.pull.id for look in waiting]
    (offered,) = steve.show(ITEM).pending
    assert ("in_review", EVIDENCE) == (offered.status, offered.evidence)
    assert "merged" == steve.accept(ITEM, quality="good").state
    assert [] == branches_of(remote)


def test_a_lost_merge_is_settled_once(
    ada_clone: Clone, ben_clone: Clone, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, steve = ada_clone.seat("ada"), ben_clone.seat("steve")
    ada.claim(ITEM)
    ada.post(title="Waits")
    with monkeypatch.context() as broken:
        broken.setattr(PlainHost, "end_pull", die)
        with pytest.raises(Death):
            steve.merge(f"wl/ada/{ITEM}")

    waiting = steve.inbox()
    monkeypatch.setattr(PlainHost, "end_pull", die)

    assert waiting == steve.inbox()
    assert [waiting[0].pull.id] == branches_of(remote)


def test_work_that_came_while_a_merge_was_under_way_stays_offered(
    ada_clone: Clone, ben_clone: Clone, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, steve = ada_clone.seat("ada"), ben_clone.seat("steve")
    ada.claim(ITEM)
    real = PlainHost.merge

    def merge(self: PlainHost, *args: Any) -> str:
        head = real(self, *args)
        ada.done(ITEM, evidence=EVIDENCE)
        return head

    monkeypatch.setattr(PlainHost, "merge", merge)
    receipt = steve.merge(f"wl/ada/{ITEM}")

    assert "merged" == receipt.state
    assert [f"wl/ada/{ITEM}"] == branches_of(remote)
    assert "in_review" == ada.show(ITEM).item.status


def claiming(clone: Clone) -> Callable[[], Receipt]:
    ada = clone.seat("ada", mode="direct")
    return lambda: ada.claim(ITEM, op_id="op-1")


def submitting(clone: Clone) -> Callable[[], Receipt]:
    ada = clone.seat("ada")
    ada.claim(ITEM)
    return lambda: ada.done(ITEM, evidence=EVIDENCE, op_id="op-1")


def accepting(clone: Clone) -> Callable[[], Receipt]:
    submitting(clone)()
    return lambda: clone.seat("steve").accept(ITEM, quality="good", op_id="op-2")


DEATHS = [
    (claiming, "push", True),
    (claiming, "merge", True),
    (claiming, "finish_operation", False),
    (submitting, "publish", False),
    (submitting, "publish", True),
    (submitting, "open_pull", True),
    (submitting, "finish_operation", False),
    (accepting, "push", True),
    (accepting, "merge", True),
    (accepting, "end_pull", False),
    (accepting, "end_pull", True),
    (accepting, "finish_operation", False),
]


@pytest.mark.parametrize(("act", "step", "after"), DEATHS)
def test_a_write_repeated_after_a_death_has_one_effect(
    ada_clone: Clone,
    remote: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Clone], Callable[[], Receipt]],
    step: str,
    after: bool,
) -> None:
    write = act(ada_clone)
    owner = DoltLiteEngine if step == "push" else PlainHost
    real: Callable[..., Any] = getattr(owner, step)

    def deadly(*args: Any, **named: Any) -> None:
        if after:
            real(*args, **named)
        raise Death

    with monkeypatch.context() as broken:
        broken.setattr(owner, step, deadly)
        with pytest.raises(Death):
            write()

    first, again = write(), write()

    assert essence(first) == essence(again)
    effects: dict[Callable[[Clone], Callable[[], Receipt]], tuple[str, list[str], int]] = {
        claiming: ("claimed", [], 0),
        submitting: ("open", [f"wl/ada/{ITEM}"], 0),
        accepting: ("completed", [], 1),
    }
    assert effects[act] == (
        rows_of(remote)[ITEM]["status"],
        branches_of(remote),
        len(rows_of(remote, "stamps")),
    )
    assert [] == list(ada_clone.host.unfinished(REPO))
