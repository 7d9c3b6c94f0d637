"""Writes that wait for their hub: kept, sent in order, and never carried out twice."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commons.far import EVIDENCE, ROOT, Far
from hub.desks import BOARD, open_desk
from wasteland.commons.catching_up import catch_up
from wasteland.commons.memberships import HUB, Membership
from wasteland.commons.operations import BY_NAME, OPERATIONS, Kind, Operation
from wasteland.commons.outbox import QUEUED, Outbox
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    Unauthenticated,
    Unavailable,
    WastelandError,
)

ADA = Membership(BOARD, "ada", "ada", HUB, ROOT, engine="remote")
Call = Callable[[Operation, Mapping[str, Any]], Any]


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    """A hub with a board."""
    with open_desk(tmp_path / "host") as desk:
        yield Far(desk, tmp_path)


def op(number: int) -> str:
    """Return an operation id."""
    return f"op-{number:032x}"


def queue(box: Outbox, name: str, number: int, **values: Any) -> None:
    """Let ada's write wait."""
    box.add(ADA, BY_NAME[name], {**values, "op_id": op(number)})


def test_what_waits_is_listed_in_order_with_the_id_that_it_will_have(box: Outbox) -> None:
    for number in range(12):
        queue(box, "post", number, title=f"Number {number}")
    queue(box, "done", 20, id="w-1", evidence=EVIDENCE)
    waiting = box.of(ADA)

    assert [f"Number {n}" for n in range(12)] == [w.values["title"] for w in waiting[:12]]
    assert ("done", "w-1") == (waiting[12].operation, waiting[12].id)
    assert waiting[0].id.startswith("w-")
    assert [] == box.of(replace(ADA, handle="ben"))
    assert [] == box.of(replace(ADA, url="http://127.0.0.1:1"))


def test_the_same_operation_waits_once(box: Outbox) -> None:
    queue(box, "post", 1, title="Once")
    queue(box, "post", 1, title="Once")

    assert 1 == len(box.all())


def test_nobody_else_reads_what_waits(box: Outbox) -> None:
    queue(box, "post", 1, title="Private")

    assert 0o700 == stat.S_IMODE(box.folder.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in box.folder.iterdir()}


def test_it_is_sent_in_order_with_its_operation_id(far: Far, box: Outbox) -> None:
    queue(box, "post", 1, title="First")
    item = box.all()[0].id
    queue(box, "update", 2, id=item, title="First, corrected")
    sent = list(box.send(box.of(ADA), far.at("ada").call))

    assert ["sent", "sent"] == [one.state for one in sent]
    assert [] == box.all()
    assert "First, corrected" == far.near("ada").show(item).item.title


def test_what_had_landed_is_not_done_again(far: Far, box: Outbox) -> None:
    far.wire.cut_after = True
    row = BY_NAME["post"]
    values = {"title": "Unsure", "op_id": op(1)}
    with pytest.raises(Unavailable) as unsure:
        far.at("ada").call(row, values)
    box.add(ADA, row, values)
    far.wire.cut_after = False
    sent = list(box.send(box.of(ADA), far.at("ada").call))

    assert unsure.value.facts["unsure"]
    assert ["sent"] == [one.state for one in sent]
    assert ["Unsure"] == [row.item.title for row in far.near("ada").browse()]


def test_a_refusal_is_reported_and_the_rest_is_sent(far: Far, box: Outbox) -> None:
    queue(box, "update", 1, id="w-none", title="Nothing")
    queue(box, "post", 2, title="Something")
    first, second = box.send(box.of(ADA), far.at("ada").call)

    assert ("refused", "sent") == (first.state, second.state)
    assert "w-none" in first.detail
    assert [] == box.all()


def test_a_refusal_is_kept_by_choice(far: Far, box: Outbox) -> None:
    queue(box, "update", 1, id="w-none", title="Nothing")
    (kept,) = box.send(box.of(ADA), far.at("ada").call, keep=True)

    assert "refused" == kept.state
    assert [op(1)] == [w.op_id for w in box.all()]


@pytest.mark.parametrize("error", [Unavailable("Down."), Unauthenticated("Who?")])
def test_nothing_is_lost_while_the_hub_is_gone(box: Outbox, error: WastelandError) -> None:
    asked: list[str] = []

    def call(row: Operation, values: Mapping[str, Any]) -> Any:
        asked.append(row.name)
        raise error

    for number in range(3):
        queue(box, "post", number, title="Wait")
    told = list(box.send(box.of(ADA), call))

    assert ["waiting"] * 3 == [one.state for one in told]
    assert ["post"] == asked
    assert 3 == len(box.all())


def test_one_request_that_a_hub_fails_at_holds_nothing_up(box: Outbox) -> None:
    def call(row: Operation, values: Mapping[str, Any]) -> Any:
        if values["op_id"] == op(0):
            raise Unavailable("The hub failed.", http_status=500)

    for number in range(2):
        queue(box, "post", number, title="Wait")
    told = list(box.send(box.of(ADA), call))

    assert ["waiting", "sent"] == [one.state for one in told]
    assert [op(0)] == [w.op_id for w in box.all()]


def test_two_processes_do_not_send_at_once(box: Outbox) -> None:
    queue(box, "post", 1, title="Once")
    other = Outbox(box.folder)

    def call(row: Operation, values: Mapping[str, Any]) -> Any:
        with pytest.raises(Conflict):
            list(other.send(other.of(ADA), call))

    assert ["sent"] == [one.state for one in box.send(box.of(ADA), call)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        json.dumps({"operation": "accept", "op_id": op(1), "values": {}}),
        json.dumps({"operation": "post", "op_id": "a b", "values": {}}),
    ],
)
def test_a_file_that_holds_no_write_is_passed_over(box: Outbox, text: str) -> None:
    queue(box, "post", 1, title="Good")
    (box.folder / "00000000000000000000.json").write_text(text)

    assert [op(1)] == [w.op_id for w in box.all()]


def test_only_writes_that_may_come_late_wait() -> None:
    decided_now = {"claim", "accept", "reject", "close", "merge", "undo", "policy set"}
    writes = {row.name for row in OPERATIONS if row.kind is Kind.WRITE}

    assert writes >= QUEUED
    assert set() == QUEUED & decided_now
    assert not {name for name in QUEUED if name.startswith("rig ")}


def test_a_sync_sends_first_and_then_looks(far: Far, box: Outbox) -> None:
    queue(box, "post", 1, title="Queued")
    ada = far.at("ada", replica=far.replica())
    planned = catch_up(ada, box, box.of(ADA), dry_run=True)
    done = catch_up(ada, box, box.of(ADA))
    again = catch_up(ada, box, box.of(ADA))

    assert (["waiting"], True) == ([one.state for one in planned.sent], planned.dry_run)
    assert (["sent"], True, 1) == ([s.state for s in done.sent], done.clean, done.counts["open"])
    assert ([], "up to date") == (list(again.sent), again.steps[0].action)


def test_a_write_that_a_rule_refuses_by_now_is_not_clean(far: Far, box: Outbox) -> None:
    far.near("mia").set_rule("post", "trust:3")
    queue(box, "post", 1, title="Too late")
    report = catch_up(far.at("ada", replica=far.replica()), box, box.of(ADA))

    assert not report.clean
    assert ["refused"] == [one.state for one in report.sent]
    with pytest.raises(Forbidden):
        far.at("ada").call(BY_NAME["post"], {"title": "Now"})
