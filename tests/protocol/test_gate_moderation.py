"""The gate on records of moderation: who may write which, about what, and how they are linked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.town import (
    AT,
    CARL,
    CLAIMED,
    DORA,
    EARLIER,
    ITEM,
    MONA,
    NOW,
    PETE,
    RIGS,
    Town,
    add,
    applied,
    edit,
    refusal,
    remove,
)
from wasteland.protocol import chain
from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    Suspended,
    TrustTooLow,
    WastelandError,
)
from wasteland.protocol.moderation import Deed
from wasteland.protocol.policy import Policy
from wasteland.protocol.records import Chain, Moderation, Record, Rig, RigLink

MAYA = Rig("maya", dolthub_org="maya-org", trust_level=3)
REPORT = Moderation(
    "m-r", "pete", "report", "ads", "carl", EARLIER, target_type="item", target="w-1",
    category="spam",
)  # fmt: skip
SUSPEND = Moderation("m-s", "carl", "suspend", "spam", "mona", EARLIER)
APPEAL = Moderation("m-a", "carl", "appeal", "mine", "carl", EARLIER, about="m-s")
LIFT = Moderation("m-l", "carl", "restore", "served", "mona", EARLIER, about="m-s")
ANSWER = Moderation("m-w", "pete", "answer", "no", "mona", EARLIER, about="m-r", outcome="upheld")
BLOCK = Moderation(
    "m-b", "", "block", "flood", "mona", EARLIER, target_type="peer", target="rust.example"
)
RAISE = edit(CARL, trust_level=2)
TRUST = Moderation("m-t", "carl", "trust", "careful", "mona", EARLIER)
TAKEN = edit(ITEM, status="withdrawn", updated_at=AT)
WITHDRAW = Moderation(
    "m-d", "pete", "withdraw", "ads", "mona", EARLIER, target_type="item", target="w-1"
)
FREED = edit(CLAIMED, status="open", claimed_by=None, updated_at=AT)
UNCLAIM = replace(WITHDRAW, id="m-u", rig="carl", action="unclaim")


def town(*records: Record) -> Town:
    """Return a commons with two maintainers whose main holds *records*."""
    has_item = any(record.table == "wanted" for record in records)
    return Town([*records, *([] if has_item else [ITEM])], rigs=(*RIGS, MAYA))


LEGAL: list[tuple[str, Town, list[RowChange]]] = [
    ("carl", town(), [add(REPORT)]),
    ("carl", town(), [add(replace(REPORT, target_type="rig", target="pete"))]),
    ("carl", town(), [add(replace(REPORT, target_type="comment", target="12#3"))]),
    ("mona", town(), [add(SUSPEND)]),
    ("mona", town(), [add(replace(SUSPEND, scope="posting", expires_at=AT + timedelta(days=1)))]),
    ("mona", town(SUSPEND), [add(LIFT)]),
    ("carl", town(SUSPEND), [add(APPEAL)]),
    ("mona", town(REPORT), [add(ANSWER)]),
    ("mona", town(REPORT), [add(replace(SUSPEND, rig="pete", about="m-r")), add(ANSWER)]),
    ("mona", town(), [add(BLOCK)]),
    ("mona", town(BLOCK), [add(Moderation("m-x", "", "unblock", None, "mona", about="m-b"))]),
    ("mona", town(), [RAISE, add(TRUST)]),
    ("mona", town(), [TAKEN, add(WITHDRAW)]),
    ("mona", town(CLAIMED), [FREED, add(UNCLAIM)]),
]


@pytest.mark.parametrize(("actor", "where", "rows"), LEGAL)
def test_each_record_is_written_by_whom_it_is_for_and_linked_by_the_merge(
    actor: str, where: Town, rows: list[RowChange]
) -> None:
    verdict = where.judge(actor, *rows)

    assert [] == [str(reason) for reason in verdict.reasons]
    before = [r.to_row() for r in where.records if isinstance(r, Moderation)]
    written = [row.row for row in applied(verdict, rows) if row.table == "wlx_moderation"]
    found = chain.verify([*before, *written])
    assert (True, len(written)) == (found.holds, found.count)
    assert {NOW} == {row["created_at"] for row in written}


@pytest.mark.parametrize(("actor", "where", "rows"), LEGAL)
def test_nobody_writes_a_record_in_the_name_of_another(
    actor: str, where: Town, rows: list[RowChange]
) -> None:
    assert not where.judge(actor, *in_the_name_of("x", rows)).allowed


def in_the_name_of(handle: str, rows: list[RowChange]) -> list[RowChange]:
    """Return *rows* with the records among them made by *handle*."""
    return [
        add(Moderation.from_row(row.row), decided_by=handle)
        if row.table == "wlx_moderation"
        else row
        for row in rows
    ]


@pytest.mark.parametrize(("where", "rows"), [case[1:] for case in LEGAL if case[0] == "mona"])
def test_participants_decide_nothing(where: Town, rows: list[RowChange]) -> None:
    mine = [
        row
        if row.table != "wlx_moderation"
        else add(Moderation.from_row(row.row), decided_by="dora")
        for row in rows
    ]

    assert not where.judge("dora", *mine).allowed


def decided(record: Moderation, **cells: object) -> RowChange:
    """Return the change that adds *record* with other fields."""
    return add(replace(record, **cells))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("actor", "where", "row", "error"),
    [
        ("pete", town(), decided(REPORT, decided_by="pete"), Forbidden),
        ("carl", town(), decided(REPORT, target="w-9"), NotFound),
        ("carl", town(), decided(REPORT, rig="dora"), NotFound),
        ("carl", town(), decided(REPORT, category="taste"), Invalid),
        ("carl", town(), decided(REPORT, target_type="peer", target="x.y"), Invalid),
        ("carl", town(), decided(REPORT, target_type="comment", target="12#0"), NotFound),
        ("carl", town(REPORT), decided(REPORT, id="m-2"), Conflict),
        ("nora", town(), decided(REPORT, decided_by="nora"), Forbidden),
        ("mona", town(SUSPEND), decided(SUSPEND, id="m-2"), Conflict),
        ("mona", town(), decided(SUSPEND, rig="ghost"), NotFound),
        ("mona", town(), decided(SUSPEND, rig="mona"), Forbidden),
        ("mona", town(), decided(SUSPEND, reason=None), Invalid),
        ("mona", town(), decided(SUSPEND, reason=" spam"), Invalid),
        ("mona", town(), decided(SUSPEND, reason="bell\a"), Invalid),
        ("mona", town(), decided(SUSPEND, scope="breathing"), Invalid),
        ("mona", town(), decided(SUSPEND, expires_at=EARLIER), Invalid),
        ("mona", town(), decided(SUSPEND, about="m-9"), NotFound),
        ("mona", town(), decided(SUSPEND, lifted_at=AT), Invalid),
        ("mona", town(), add(SUSPEND, expires_at="soon"), Invalid),
        ("mona", town(), decided(LIFT), NotFound),
        ("mona", town(SUSPEND, LIFT), decided(LIFT, id="m-2"), Conflict),
        ("mona", town(SUSPEND), decided(LIFT, rig="dora"), NotFound),
        ("carl", town(), decided(APPEAL), NotFound),
        ("dora", town(SUSPEND), decided(APPEAL, decided_by="dora"), Forbidden),
        ("carl", town(SUSPEND, LIFT), decided(APPEAL), Conflict),
        ("carl", town(SUSPEND, APPEAL), decided(APPEAL, id="m-2"), Conflict),
        ("mona", town(), decided(ANSWER), NotFound),
        ("mona", town(REPORT), decided(ANSWER, outcome="perhaps"), Invalid),
        ("mona", town(REPORT), decided(ANSWER, reason=None), Invalid),
        ("mona", town(REPORT, ANSWER), decided(ANSWER, id="m-2"), Conflict),
        ("mona", town(REPORT), decided(ANSWER, rig="dora"), NotFound),
        ("mona", town(SUSPEND, APPEAL), decided(ANSWER, rig="carl", about="m-a"), Forbidden),
        ("mona", town(), decided(BLOCK, target="Rust.example/"), Invalid),
        ("mona", town(BLOCK), decided(BLOCK, id="m-2"), Conflict),
        ("mona", town(), decided(TRUST), Forbidden),
        ("mona", town(), decided(WITHDRAW), Forbidden),
        ("mona", town(), decided(UNCLAIM), Forbidden),
        ("mona", town(), decided(SUSPEND, action="praise"), Invalid),
        ("dora", town(), decided(SUSPEND, decided_by="dora"), TrustTooLow),
    ],
)
def test_what_a_record_says_is_so(
    actor: str, where: Town, row: RowChange, error: type[WastelandError]
) -> None:
    assert refusal(where.judge(actor, row)) is error


def test_an_appeal_is_upheld_by_another_who_lifts_the_suspension_with_it() -> None:
    where = town(SUSPEND, APPEAL)
    answer = decided(ANSWER, rig="carl", about="m-a", decided_by="maya")
    lift = decided(LIFT, decided_by="maya")

    assert refusal(where.judge("maya", answer)) is Forbidden
    assert where.judge("maya", answer, lift).allowed


def test_the_owner_of_who_decided_is_not_another() -> None:
    second = Rig("mona-two", dolthub_org="mona-org", trust_level=3)
    where = Town([SUSPEND, APPEAL, ITEM], rigs=(*RIGS, MAYA, second))
    answer = decided(ANSWER, rig="carl", about="m-a", decided_by="mona-two", outcome="dismissed")

    assert refusal(where.judge("mona-two", answer, account="mona-org")) is Forbidden
    alone = Town([SUSPEND, APPEAL, ITEM], rigs=(*RIGS, second))
    assert alone.judge("mona-two", answer, account="mona-org").allowed


def test_reports_and_appeals_are_counted_by_the_day() -> None:
    where = replace(town(), policy=Policy({"reports_per_day": "2"}, "open"))
    three = [
        decided(REPORT, id=f"m-{n}", target_type="comment", target=f"1#{n}") for n in (1, 2, 3)
    ]

    assert where.judge("carl", *three[:2]).allowed
    assert refusal(where.judge("carl", *three)) is LimitReached


@pytest.mark.parametrize("deed", Deed)
def test_a_suspended_rig_writes_no_record_but_an_appeal(deed: Deed) -> None:
    held = replace(SUSPEND, rig="mona", decided_by="maya")
    where = replace(town(held), suspended={"mona": held})
    record = Moderation("m-9", "mona", deed, "why", "mona", EARLIER, about=held.id)

    verdict = where.judge("mona", add(record))

    if deed is Deed.APPEAL:
        assert verdict.allowed
    elif deed not in {Deed.REPORT, Deed.BLOCK, Deed.TRUST}:  # whose form is judged first
        assert refusal(verdict) is Suspended
    assert verdict.allowed == (deed is Deed.APPEAL)


@given(st.sampled_from(LEGAL), st.data())
@settings(max_examples=80)
def test_no_record_is_ever_changed_or_removed(
    case: tuple[str, Town, list[RowChange]], data: st.DataObject
) -> None:
    _, where, rows = case
    row = data.draw(st.sampled_from([r for r in rows if r.table == "wlx_moderation"]))
    record = Moderation.from_row(row.row)
    actor = data.draw(st.sampled_from(["mona", "maya", "carl", "pete"]))
    column = data.draw(st.sampled_from([n for n in row.row if n != "id"]))
    value = 7 if column == "seq" else "2030-01-01 00:00:00"

    assert refusal(where.judge(actor, remove(record))) is Forbidden
    assert not where.judge(actor, RowChange(row.table, row.row, {**row.row, column: value})).allowed


@given(st.permutations(range(4)), st.integers(0, 9), st.text(max_size=5))
def test_what_a_change_says_of_its_own_place_is_not_believed(
    order: list[int], seq: int, lie: str
) -> None:
    rows = [
        add(
            replace(REPORT, id=f"m-{n}", target_type="comment", target=f"1#{n + 1}"),
            seq=seq,
            prev_hash=lie,
            block_hash=lie,
        )
        for n in order
    ]
    old = replace(SUSPEND, id="m-old")
    where = town(old)

    verdict = where.judge("carl", *rows)

    assert verdict.allowed
    written = [row.row for row in applied(verdict, rows)]
    assert chain.verify([old.to_row(), *written]).holds
    assert {1, 2, 3, 4} == {row["seq"] for row in written}


# --- peers


def far(handle: str) -> Rig:
    """Return a rig that says it comes from rust.example."""
    return Rig(
        handle, dolthub_org=f"{handle}-org", trust_level=1, hop_uri="hop://r@Rust.example/r/"
    )


def test_nothing_is_taken_from_a_blocked_peer() -> None:
    where = replace(town(), rigs=(*RIGS, far("frida")), blocked=["rust.example"])
    post = add(replace(ITEM, id="w-9", posted_by="frida", created_at=AT))

    assert refusal(where.judge("frida", post)) is Forbidden
    assert refusal(where.judge("finn", add(far("finn")), account="finn-org")) is Forbidden
    assert replace(where, blocked=["gold.example"]).judge("frida", post).allowed


def test_nothing_is_linked_to_a_blocked_peer_but_links_may_end() -> None:
    where = replace(town(), rigs=(*RIGS, far("frida")), blocked=["rust.example"])
    link = RigLink("l-1", "carl", "frida", assertion_a="one", created_at=EARLIER)
    known = Chain("c-1", hop_uri="hop://rust.example/board")

    assert refusal(where.judge("carl", add(link))) is Forbidden
    assert refusal(where.judge("mona", add(known))) is Forbidden
    ended = edit(link, status="revoked", revoked_at=AT, revoked_by="carl")
    assert where.judge("carl", ended).allowed


def test_nobody_blocks_where_one_comes_from() -> None:
    at_home = replace(MONA, hop_uri="hop://acme/board/rigs/mona")
    where = Town([ITEM], rigs=(at_home, PETE, DORA))

    assert refusal(where.judge("mona", decided(BLOCK, target="acme/board"))) is Forbidden
