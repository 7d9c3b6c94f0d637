"""Work that a reviewer takes over from another rig's open pull request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import Forbidden, Invalid, OwnWork, TrustTooLow
from wasteland.protocol.gate import Submission
from wasteland.protocol.policy import Action
from wasteland.protocol.records import Completion, Lease, WantedItem

from .town import (
    AT,
    BOUNTY,
    CLAIMED,
    COMPLETED,
    IN_REVIEW,
    ITEM,
    LEASE,
    NOW,
    RIGS,
    STAMP,
    UNSTATED,
    WORK,
    Town,
    add,
    applied,
    edit,
    leases,
    refusal,
    remove,
)

EVIDENCE = "See https://x.test/1"
WAITING = Submission("w-1", "carl", EVIDENCE, "https://x.test/1")
TOWN = Town([CLAIMED, LEASE], submissions=[WAITING])
COPY = Completion("c-9", "w-1", "carl", EVIDENCE, completed_at=AT)
VALIDATED = replace(COPY, validated_by="tara", stamp_id="s-1", validated_at=AT)
STAMPED = replace(STAMP, context_id="c-9")


def accept(
    item: WantedItem = CLAIMED, work: Completion = VALIDATED, **cells: Any
) -> list[RowChange]:
    """Return what another client's accept-upstream leaves."""
    adopted = {"claimed_by": "carl", "evidence_url": EVIDENCE, "updated_at": AT} | cells
    return [edit(item, status="completed", **adopted), add(work), add(STAMPED)]


def close(item: WantedItem = CLAIMED, work: Completion = COPY, **cells: Any) -> list[RowChange]:
    """Return what another client's close-upstream leaves."""
    return accept(item, work, **cells)[:2]


@pytest.mark.parametrize("url", [EVIDENCE, "https://x.test/1", None])
@pytest.mark.parametrize("item", [CLAIMED, ITEM])
def test_waiting_work_is_accepted_from_a_copy(item: WantedItem, url: str | None) -> None:
    verdict = TOWN.judge("tara", *accept(item, evidence_url=url))

    assert refusal(verdict) is None
    assert verdict.actions == {Action.ACCEPT}


@pytest.mark.parametrize("actor", ["pete", "tara", "mona"])
def test_waiting_work_completes_an_item_without_a_stamp(actor: str) -> None:
    verdict = TOWN.judge(actor, *close())

    assert refusal(verdict) is None
    assert verdict.actions == {Action.CLOSE}


def test_the_lease_ends_and_times_are_the_hosts() -> None:
    late = replace(
        VALIDATED, completed_at=AT.replace(year=2031), validated_at=AT.replace(year=2031)
    )
    rows = accept(work=late)
    verdict = TOWN.judge("tara", *rows)

    assert leases(verdict) == []
    assert [a.table for a in verdict.amendments if a.after is None] == [Lease.table]
    copy = next(row for row in applied(verdict, rows) if row.table == "completions")
    assert (copy.row["completed_at"], copy.row["validated_at"]) == (NOW, NOW)
    assert copy.row["stamp_id"] == "s-1"


def test_accepting_needs_what_it_always_needs() -> None:
    assert refusal(TOWN.judge("pete", *accept())) is not None
    mine = [
        *accept(work=replace(VALIDATED, validated_by="pete"))[:2],
        add(replace(STAMPED, author="pete")),
    ]
    assert refusal(TOWN.judge("pete", *mine)) is TrustTooLow
    assert refusal(TOWN.judge("dora", *close())) is TrustTooLow


def test_the_yearbook_rule_holds_for_work_taken_over() -> None:
    rigs = [replace(rig, parent_rig="carl" if rig.handle == "tara" else None) for rig in RIGS]
    town = replace(TOWN, rigs=rigs)

    assert OwnWork in {type(reason.error) for reason in town.judge("tara", *accept()).reasons}


@pytest.mark.parametrize(
    "waiting",
    [
        None,
        replace(WAITING, wanted_id="w-2"),
        replace(WAITING, completed_by="dora"),
        replace(WAITING, evidence="See https://x.test/2"),
        replace(WAITING, evidence=""),
    ],
)
@pytest.mark.parametrize("town", [TOWN, replace(TOWN, policy=UNSTATED, owned=False)])
def test_work_that_does_not_wait_is_not_taken_over(waiting: Submission | None, town: Town) -> None:
    asked = replace(town, submissions=[waiting] if waiting else [])

    for rows in (accept(), close()):
        assert refusal(asked.judge("mona", *rows)) is Forbidden


@pytest.mark.parametrize(
    "item",
    [
        replace(CLAIMED, claimed_by="dora"),
        IN_REVIEW,
        replace(ITEM, status="withdrawn"),
        replace(CLAIMED, status="paused"),
    ],
)
def test_work_is_taken_over_only_where_its_rig_could_submit_it(item: WantedItem) -> None:
    for rows in (accept(item), close(item)):
        assert not Town([item], submissions=[WAITING]).judge("mona", *rows).allowed


@pytest.mark.parametrize(
    "cells",
    [
        {"evidence": "better"},
        {"completed_by": "dora"},
        {"wanted_id": "w-2"},
        {"parent_completion_id": "c-0"},
        {"block_hash": "forged"},
        {"validated_by": "mona"},
        {"stamp_id": "s-0"},
        {"stamp_id": None},
    ],
)
def test_a_copy_says_what_was_submitted_and_who_accepts_it(cells: dict[str, Any]) -> None:
    assert not TOWN.judge("tara", *accept(work=replace(VALIDATED, **cells))).allowed


@pytest.mark.parametrize("cells", [{"validated_by": "tara"}, {"validated_at": AT}])
def test_a_copy_that_is_not_stamped_names_no_validation(cells: dict[str, Any]) -> None:
    assert not TOWN.judge("tara", *close(work=replace(COPY, **cells))).allowed


@pytest.mark.parametrize(
    "cells",
    [
        {"claimed_by": "tara"},
        {"claimed_by": None},
        {"evidence_url": "https://evil.test"},
        {"title": "Other"},
        {"posted_by": "tara"},
        {"status": "in_review"},
        {"status": "claimed"},
        {"status": "withdrawn"},
    ],
)
@pytest.mark.parametrize("make", [accept, close])
def test_nothing_else_of_the_item_changes(make: Any, cells: dict[str, Any]) -> None:
    row, *rest = make()
    changed = RowChange("wanted", row.before, {**row.row, **cells})

    assert not TOWN.judge("tara", changed, *rest).allowed


def test_a_copy_without_its_item_is_refused() -> None:
    assert refusal(TOWN.judge("tara", add(COPY))) is Forbidden
    assert refusal(TOWN.judge("carl", *close(work=COPY)[:1])) is not None


def test_a_copy_that_only_hands_in_anothers_work_is_refused() -> None:
    """As judged after the submission, such a change would do nothing, and ask nobody."""
    row = edit(CLAIMED, status="in_review", evidence_url=WAITING.evidence_url)

    for actor in ("dora", "mona", "nora"):
        assert not TOWN.judge(actor, row, add(COPY)).allowed


def test_two_copies_are_one_too_many() -> None:
    for rows in (accept(), close()):
        assert not TOWN.judge("tara", *rows, add(replace(COPY, id="c-10"))).allowed


@pytest.mark.parametrize("key", ["", "two words", "tab\t", "x" * 256])
def test_the_key_of_a_copy_can_be_shown(key: str) -> None:
    assert refusal(TOWN.judge("pete", *close(work=replace(COPY, id=key)))) is Invalid


def test_a_copy_sweeps_no_other_work_away() -> None:
    reviewed = replace(BOUNTY, status="in_review")
    town = Town([reviewed, replace(WORK, completed_by="dora")], submissions=[WAITING])
    rows = accept(reviewed, claimed_by="carl")

    assert town.judge("tara", *rows).allowed
    assert not town.judge("tara", *rows, remove(replace(WORK, completed_by="dora"))).allowed


def test_what_is_completed_stays_so() -> None:
    town = Town([COMPLETED], submissions=[WAITING])
    done = edit(COMPLETED, updated_at=AT)

    assert not town.judge("mona", done, add(VALIDATED), add(STAMPED)).allowed


def test_a_rig_takes_over_no_work_of_its_own() -> None:
    """What waits under one's own name is submitted, not copied."""
    assert not TOWN.judge("carl", *close()).allowed
