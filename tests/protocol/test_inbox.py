"""The review inbox: which card a change gets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol.diff import RowChange
from wasteland.protocol.inbox import KINDS, Card, CardKind, Detail, classify
from wasteland.protocol.item_verbs import Verb
from wasteland.protocol.schema import TABLES, Row, Value
from wasteland.protocol.text import terminal_safe

ITEM: Row = {
    "id": "w-1",
    "title": "Fix the login",
    "description": "It times out.",
    "type": "bug",
    "priority": 1,
    "tags": '["auth"]',
    "posted_by": "pat",
    "claimed_by": None,
    "status": "open",
    "effort_level": "small",
    "evidence_url": None,
    "updated_at": "2026-01-01 00:00:00",
}
WORK: Row = {
    "id": "c-1",
    "wanted_id": "w-1",
    "completed_by": "alice",
    "evidence": "https://example.com/pr/1",
    "validated_by": None,
    "stamp_id": None,
}
STAMP: Row = {
    "id": "s-1",
    "author": "mona",
    "subject": "alice",
    "valence": '{"quality":4}',
    "confidence": 0.9,
    "severity": "leaf",
    "context_id": "c-1",
    "context_type": "completion",
    "message": "Solid.",
}
RIG: Row = {"handle": "alice", "dolthub_org": "acme", "gt_version": "1.0", "trust_level": 0}


def item(**cells: Value) -> Row:
    return {**ITEM, **cells}


OPEN = item()
CLAIMED = item(status="claimed", claimed_by="alice")
IN_REVIEW = item(status="in_review", claimed_by="alice", evidence_url="https://example.com/pr/1")
COMPLETED = item(status="completed", claimed_by="alice")


def wanted(before: Row | None, after: Row | None) -> RowChange:
    return RowChange("wanted", before, after)


def added(table: str, row: Row) -> RowChange:
    return RowChange(table, None, row)


VALIDATED = RowChange("completions", WORK, {**WORK, "validated_by": "mona", "stamp_id": "s-1"})
REGISTERS = added("rigs", RIG)
CLAIMS = wanted(OPEN, CLAIMED)
SUBMITS = [wanted(CLAIMED, IN_REVIEW), added("completions", WORK)]
ACCEPTS = [wanted(IN_REVIEW, COMPLETED), VALIDATED, added("stamps", STAMP)]


def what(card: Card) -> tuple[CardKind, str]:
    return card.kind, card.subkind


@pytest.mark.parametrize(
    ("changes", "kind", "subkind"),
    [
        ([REGISTERS], CardKind.REGISTRATION, "register"),
        ([added("wanted", OPEN)], CardKind.WANTED_POST, "post"),
        ([wanted(OPEN, item(title="Fix it"))], CardKind.WANTED_EDIT, "update"),
        ([wanted(OPEN, item(status="withdrawn"))], CardKind.WANTED_EDIT, "withdraw"),
        ([wanted(CLAIMED, OPEN)], CardKind.WANTED_EDIT, "unclaim"),
        ([CLAIMS], CardKind.CLAIM, "claim"),
        ([wanted(CLAIMED, {**CLAIMED, "claimed_by": "bob"})], CardKind.CLAIM, "handover"),
        (SUBMITS, CardKind.WORK_SUBMISSION, "done"),
        (ACCEPTS, CardKind.ADMIN_ACTION, "accept"),
        ([wanted(IN_REVIEW, CLAIMED)], CardKind.ADMIN_ACTION, "reject"),
        ([wanted(IN_REVIEW, COMPLETED)], CardKind.ADMIN_ACTION, "close"),
        ([added("stamps", STAMP)], CardKind.ADMIN_ACTION, "stamp"),
        (
            [RowChange("rigs", RIG, {**RIG, "trust_level": 2})],
            CardKind.ADMIN_ACTION,
            "trust",
        ),
        ([added("rig_links", {"id": "l-1"})], CardKind.REGISTRATION, "link"),
        ([added("_meta", {"key": "policy.post", "value": "1"})], CardKind.ADMIN_ACTION, "policy"),
        (
            [RowChange("rigs", RIG, {**RIG, "display_name": "Alice"})],
            CardKind.REGISTRATION,
            "profile",
        ),
        (
            [RowChange("completions", WORK, {**WORK, "evidence": "https://example.com/2"})],
            CardKind.WORK_SUBMISSION,
            "evidence",
        ),
    ],
)
@pytest.mark.requirement("S1-15", "S1-16", "S1-17", "S1-18", "S1-19")
def test_rows_decide_the_kind_of_card(
    changes: list[RowChange], kind: CardKind, subkind: str
) -> None:
    assert what(classify(changes)) == (kind, subkind)


@pytest.mark.parametrize(
    "change",
    [
        added("secrets", {"id": "x"}),
        added("wanted", {"title": "no key"}),
        wanted(OPEN, None),
        wanted(COMPLETED, OPEN),
        wanted(OPEN, item(status="gone fishing")),
        wanted(OPEN, item(posted_by="mallory")),
        RowChange("completions", WORK, None),
        RowChange("completions", WORK, {**WORK, "completed_by": "mallory"}),
        VALIDATED,
        RowChange("stamps", STAMP, {**STAMP, "valence": '{"quality":5}'}),
        RowChange("stamps", STAMP, None),
        RowChange("rigs", RIG, None),
        added("wlx_leases", {"wanted_id": "w-1", "holder": "bob", "token": "t"}),
    ],
)
@pytest.mark.requirement("S1-20")
def test_a_change_that_the_protocol_has_no_name_for_is_unknown(change: RowChange) -> None:
    card = classify([change], message="wl claim: w-1")

    assert what(card) == (CardKind.UNKNOWN, "foreign")


def test_an_empty_change_is_unknown() -> None:
    assert what(classify([])) == (CardKind.UNKNOWN, "foreign")


def test_one_foreign_row_makes_the_whole_card_unknown_and_names_the_rest() -> None:
    card = classify([*ACCEPTS, added("secrets", {"id": "x"})])

    assert what(card) == (CardKind.UNKNOWN, "foreign")
    assert card.others == ("accept",)


def test_registration_claim_and_submission_in_one_change_are_a_submission() -> None:
    changes = [REGISTERS, wanted(OPEN, IN_REVIEW), added("completions", WORK)]

    card = classify(changes, author="alice")

    assert card == Card(
        kind=CardKind.WORK_SUBMISSION,
        subkind="done",
        wanted_ids=("w-1",),
        rigs=("alice",),
        summary="alice submits work on w-1.",
        evidence="https://example.com/pr/1",
        details=(
            Detail("completed_by", None, "alice"),
            Detail("evidence", None, "https://example.com/pr/1"),
        ),
        others=("claim", "register"),
    )


def test_a_raise_of_trust_beside_an_acceptance_leads_the_card() -> None:
    card = classify([*ACCEPTS, RowChange("rigs", RIG, {**RIG, "trust_level": 3})])

    assert card.subkind == "trust"
    assert card.details == (Detail("trust_level", 0, 3),)
    assert card.others == ("accept",)


@pytest.mark.requirement("S1-19")
def test_an_acceptance_shows_the_stamp_and_who_takes_part() -> None:
    card = classify(ACCEPTS, author="mona")

    assert card.rigs == ("mona", "alice")
    assert card.summary == "mona accepts the work on w-1."
    assert card.evidence == "https://example.com/pr/1"
    assert Detail("valence", None, '{"quality":4}') in card.details
    assert Detail("severity", None, "leaf") in card.details


@pytest.mark.parametrize("base", [OPEN, CLAIMED])
def test_work_that_main_has_never_seen_is_accepted_upstream(base: Row) -> None:
    accepted = {**WORK, "validated_by": "mona", "stamp_id": "s-1"}
    changes = [wanted(base, COMPLETED), added("completions", accepted), added("stamps", STAMP)]

    assert what(classify(changes)) == (CardKind.ADMIN_ACTION, "accept-upstream")
    assert what(classify(changes[:2])) == (CardKind.ADMIN_ACTION, "close-upstream")


def test_another_forks_completion_in_place_of_mains_is_accepted_upstream() -> None:
    other = {**WORK, "id": "c-2", "completed_by": "bob"}
    changes = [
        wanted(IN_REVIEW, COMPLETED),
        RowChange("completions", WORK, None),
        added("completions", other),
        added("stamps", {**STAMP, "context_id": "c-2", "subject": "bob"}),
    ]

    assert what(classify(changes)) == (CardKind.ADMIN_ACTION, "accept-upstream")


def test_the_message_tells_a_submission_and_its_acceptance_from_an_upstream_one() -> None:
    changes = [wanted(CLAIMED, COMPLETED), added("completions", WORK), added("stamps", STAMP)]

    card = classify(changes, message="wl done: w-1\nwl accept: w-1")

    assert card.subkind == "accept"
    assert card.others == ("done",)


@pytest.mark.parametrize("verb", ["accept", "accept-upstream", "post", "reject", "delete"])
def test_no_message_turns_a_close_into_an_acceptance(verb: str) -> None:
    card = classify([wanted(IN_REVIEW, COMPLETED)], message=f"wl {verb}: w-1")

    assert what(card) == (CardKind.ADMIN_ACTION, "close")


def test_a_close_may_say_that_it_is_one_of_upstream() -> None:
    card = classify([wanted(CLAIMED, COMPLETED)], message="wl close-upstream: w-1")

    assert card.subkind == "close-upstream"


@pytest.mark.parametrize(
    ("said", "verb"), [("reject", "reject"), ("unclaim", "unclaim"), ("", "reject")]
)
def test_an_item_that_goes_from_review_to_open_is_what_the_message_says(
    said: str, verb: str
) -> None:
    changes = [wanted(IN_REVIEW, OPEN), RowChange("completions", WORK, None)]

    assert classify(changes, message=f"wl {said}: w-1").subkind == verb


def test_a_rejection_takes_its_reason_from_the_message() -> None:
    changes = [wanted(IN_REVIEW, CLAIMED), RowChange("completions", WORK, None)]

    card = classify(changes, author="pat", message="wl reject: w-1 — tests are missing")

    assert card.details[-1] == Detail("reason", None, "tests are missing")
    assert card.summary == "pat rejects the work on w-1."
    assert card.by_poster


def test_the_reason_for_another_item_is_not_taken() -> None:
    card = classify([wanted(IN_REVIEW, CLAIMED)], message="wl reject: w-2 — no")

    assert "reason" not in {detail.name for detail in card.details}


def test_an_open_bounty_is_submitted_without_a_claim() -> None:
    bounty = item(tags='["open-bounty"]')
    changes = [
        wanted(bounty, {**bounty, "status": "in_review"}),
        added("completions", WORK),
    ]

    card = classify(changes)

    assert (card.subkind, card.others) == ("done", ())


def test_a_further_submission_to_a_bounty_changes_no_item() -> None:
    card = classify([added("completions", WORK)])

    assert (card.subkind, card.wanted_ids, card.rigs) == ("done", ("w-1",), ("alice",))


@pytest.mark.requirement("S1-17")
def test_an_edit_shows_only_the_cells_that_changed() -> None:
    changed = item(title="Fix it", tags='[ "auth" ]', updated_at="2026-02-02 00:00:00")

    card = classify([wanted(OPEN, changed)], author="pat")

    assert card.details == (Detail("title", "Fix the login", "Fix it"),)
    assert card.by_poster


@pytest.mark.requirement("S1-15")
def test_a_registration_shows_handle_account_version_and_the_trust_asked_for() -> None:
    card = classify([added("rigs", {**RIG, "owner_email": "a@example.com"})])

    assert card.rigs == ("alice",)
    assert [detail.name for detail in card.details] == [
        "handle",
        "dolthub_org",
        "gt_version",
        "trust_level",
    ]


@pytest.mark.requirement("S1-16")
def test_a_post_shows_title_description_type_and_priority() -> None:
    card = classify([added("wanted", OPEN)])

    shown = {detail.name: detail.after for detail in card.details}
    assert (shown["title"], shown["description"]) == (ITEM["title"], ITEM["description"])
    assert (shown["type"], shown["priority"]) == ("bug", 1)


def test_a_lease_belongs_to_its_claim() -> None:
    lease = added("wlx_leases", {"wanted_id": "w-1", "holder": "alice", "token": "t"})

    card = classify([CLAIMS, lease])

    assert (card.subkind, card.others) == ("claim", ())


def test_a_stamp_on_work_that_was_accepted_before_is_a_stamp() -> None:
    completed = RowChange("completions", {**WORK, "stamp_id": "s-0"}, {**WORK, "stamp_id": "s-1"})

    assert classify([completed, added("stamps", STAMP)]).subkind == "stamp"


def test_several_items_are_all_named() -> None:
    changes = [added("wanted", item(id=f"w-{n}")) for n in (1, 2)]

    card = classify(changes, author="pat")

    assert card.wanted_ids == ("w-1", "w-2")
    assert card.summary == "pat posts w-1, w-2."


def test_a_summary_never_drives_a_terminal() -> None:
    card = classify([added("wanted", item(id="w-1\x1b[2J\n", posted_by="pat\u202e"))])

    assert card.summary.isprintable()


def test_every_verb_has_a_kind() -> None:
    assert set(KINDS) == set(Verb)


stored = st.none() | st.text(max_size=4) | st.integers(-2, 9) | st.sampled_from(["w-1", "c-1"])
STATUSES = ["open", "claimed", "in_review", "completed", "validated", "withdrawn", "odd", None]


@st.composite
def rows(draw: st.DrawFn, table: str) -> Row:
    base: dict[str, Any] = {name: draw(stored) for name in TABLES[table].column_names}
    base[TABLES[table].key] = draw(st.sampled_from(["w-1", "c-1", "s-1"]))
    if table == "wanted":
        base["status"] = draw(st.sampled_from(STATUSES))
        base["tags"] = draw(st.sampled_from(["null", '["open-bounty"]', "{", json.dumps([1])]))
    return base


@st.composite
def changes_of_rows(draw: st.DrawFn) -> RowChange:
    table = draw(st.sampled_from(["wanted", "completions", "stamps", "rigs", "_meta", "rig_links"]))
    before, after = draw(st.none() | rows(table)), draw(rows(table))
    return RowChange(table, before, after)


@given(st.lists(changes_of_rows(), min_size=1, max_size=4), st.text(max_size=20))
def test_whatever_rows_come_a_card_comes_out(changes: list[RowChange], message: str) -> None:
    card = classify(changes, author="pat", message=message)

    assert card.kind is KINDS[Verb(card.subkind)]
    assert terminal_safe(card.summary, one_line=True) == card.summary


@given(st.permutations([REGISTERS, *ACCEPTS, CLAIMS]))
def test_the_order_of_rows_does_not_decide_the_card(changes: list[RowChange]) -> None:
    changes = [change for change in changes if change is not CLAIMS]

    assert what(classify(changes)) == (CardKind.ADMIN_ACTION, "accept")
