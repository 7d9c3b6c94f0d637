"""Every role at every cell of every table; and that nothing else of an accepted diff is foreign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasteland.protocol.diff import RowChange
from wasteland.protocol.records import (
    Badge,
    BootBlock,
    Chain,
    Lease,
    Meta,
    Moderation,
    Record,
    Rig,
    RigLink,
)
from wasteland.protocol.schema import TABLES, Row, Value

from .row_rules import DELETES, INSERTS, OWNERS, ROLES, TRUST_FOR, UPDATES, Rule
from .test_gate_properties import cells
from .town import (
    AT,
    CARL,
    CLAIMED,
    EARLIER,
    IN_REVIEW,
    ITEM,
    LEASE,
    RIGS,
    STAMP,
    SUSPENSION,
    WORK,
    Town,
    accept,
    add,
    edit,
    raw,
    remove,
    submit,
)

HANDLES = {
    "stranger": "nora",
    "unverified": "zero",
    "owner": "carl",
    "other": "dora",
    "trusted": "tara",
    "maintainer": "mona",
    "agent": "bot",
    "suspended": "suse",
}
BOT = Rig("bot", parent_rig="carl", trust_level=1, rig_type="agent")
SUSE = Rig("suse", dolthub_org="suse-org", trust_level=1)
PETES_WORK = replace(WORK, completed_by="pete")
TOWN = Town(
    [ITEM, WORK, STAMP, LEASE],
    rigs=(*RIGS, BOT, SUSE),
    suspended={"suse": replace(SUSPENSION, rig="suse")},
)


def with_rows(*records: Record) -> Town:
    """Return a commons whose main holds *records*."""
    return replace(TOWN, records=records)


def allowed(role: str, where: Town, rows: Sequence[RowChange]) -> bool:
    """Return whether the gate allows *rows* by the rig of *role*, signed in as its owner."""
    handle = HANDLES[role]
    account = "carl-org" if role == "agent" else f"{handle}-org"
    return where.judge(handle, *rows, account=account).allowed


def owned(role: str) -> Mapping[str, Record]:
    """Return table -> a row of carl; of the suspended rig where that asks, as its own."""
    owner = "suse" if role == "suspended" else "carl"
    return {
        "_meta": Meta("policy.lease_hours", "12"),
        "rigs": SUSE if role == "suspended" else CARL,
        "wanted": replace(ITEM, posted_by=owner),
        "completions": replace(WORK, completed_by=owner),
        "stamps": replace(STAMP, subject=owner),
        "badges": Badge("b-1", owner, "first"),
        "boot_blocks": BootBlock(owner, "github", {"stars": 9}, 1.0, "1", EARLIER),
        "chain_meta": Chain("chain-1"),
        "rig_links": RigLink("l-1", owner, "dora", assertion_a="we are one", created_at=EARLIER),
        "wlx_leases": replace(LEASE, holder=owner),
        "wlx_moderation": Moderation("m-1", "pete", "suspend", "spam", "mona", EARLIER),
    }


def update(role: str, table: str, column: str, value: Value) -> bool:
    """Return whether *role* may write one cell of an owner's row."""
    record = owned(role)[table]
    item = replace(IN_REVIEW, claimed_by=owned(role)["rigs"].key)
    main = [record, item] if table == "completions" else [record]
    return allowed(role, with_rows(*main), [raw(record, **{column: value})])


def insert(role: str, table: str, column: str, value: Value) -> bool:
    """Return whether *role* may add a row of its own, with the rows that go with it."""
    me = HANDLES[role]
    change = {column: value}
    match table:
        case "completions":
            held = replace(CLAIMED, claimed_by=me)
            step, _ = submit(held, WORK)
            work = replace(WORK, completed_by=me)
            return allowed(role, with_rows(held), [step, add(work, **change)])
        case "stamps":
            item = replace(IN_REVIEW, claimed_by="pete")
            stamp = replace(STAMP, author=me, subject="pete")
            row, validated, _ = accept(item, PETES_WORK, stamp)
            main = with_rows(item, PETES_WORK)
            return allowed(role, main, [row, validated, add(stamp, **change)])
        case _:
            return allowed(role, TOWN, [add(new(me)[table], **change)])


def new(me: str) -> Mapping[str, Record]:
    """Return table -> a row that *me* may think of adding by itself."""
    return {
        "_meta": Meta("policy.lease_hours", "12"),
        "rigs": Rig(me, dolthub_org=f"{me}-org"),
        "wanted": replace(ITEM, id="w-9", posted_by=me, created_at=AT),
        "badges": Badge("b-9", "pete", "first"),
        "boot_blocks": BootBlock("pete", "github", {"stars": 9}, 1.0, "1", EARLIER),
        "chain_meta": Chain("chain-9"),
        "rig_links": RigLink("l-9", me, "pete", assertion_a="we are one", created_at=EARLIER),
        "wlx_leases": Lease("w-1", me, "mine", AT),
        "wlx_moderation": Moderation("m-9", "pete", "suspend", "spam", me, EARLIER),
    }


def cells_of(table: Mapping[str, Sequence[Rule]]) -> Iterator[tuple[str, str, Value, object]]:
    """Yield table, column, value and who may, cell by cell."""
    for name, rules in table.items():
        for who, values in rules:
            for column, value in values.items():
                yield name, column, value, who


UPDATED, INSERTED = list(cells_of(UPDATES)), list(cells_of(INSERTS))


@pytest.mark.parametrize(("table", "column", "value", "who"), UPDATED)
def test_a_cell_is_changed_by_those_whom_the_table_names(
    table: str, column: str, value: Value, who: frozenset[str]
) -> None:
    assert who == {role for role in ROLES if update(role, table, column, value)}


@pytest.mark.parametrize(("table", "column", "value", "who"), INSERTED)
def test_a_row_is_added_by_those_whom_the_table_names(
    table: str, column: str, value: Value, who: frozenset[str]
) -> None:
    assert who == {role for role in ROLES if insert(role, table, column, value)}


@pytest.mark.parametrize(("table", "who"), DELETES.items())
def test_a_row_is_deleted_by_those_whom_the_table_names(table: str, who: frozenset[str]) -> None:
    rows = {role: remove(owned(role)[table]) for role in ROLES}

    assert who == {role for role in ROLES if allowed(role, TOWN, [rows[role]])}


def test_the_tables_speak_of_every_cell() -> None:
    """A column that somebody adds is in the table, or this fails."""
    every = {(table.name, name) for table in TABLES.values() for name in table.column_names}

    for table in (UPDATED, INSERTED):
        assert every == {(name, column) for name, column, *_ in table}
        assert len(table) == len(every)
    assert set(DELETES) == set(TABLES)
    assert (2 * len(every) + len(DELETES)) * len(ROLES) >= 600


# --- and nothing else


def stories(me: str) -> list[list[RowChange]]:
    """Return what *me* could do by the usual steps, whether or not it may."""
    mine = replace(CLAIMED, claimed_by=me)
    work = replace(WORK, completed_by=me)
    stamp = replace(STAMP, author=me)
    link = RigLink("l-9", me, "pete", assertion_a="we are one", created_at=EARLIER)
    rig = next((rig for rig in TOWN.rigs if rig.handle == me), Rig(me, dolthub_org=f"{me}-org"))
    return [
        [add(replace(ITEM, id="w-9", posted_by=me, created_at=AT))],
        [edit(ITEM, status="claimed", claimed_by=me)],
        [edit(ITEM, title="Other", priority=0)],
        [edit(ITEM, status="withdrawn")],
        [edit(mine, status="open", claimed_by=None)],
        [edit(mine, claimed_by="dora")],
        submit(mine, work),
        submit(ITEM, work, claimed_by=me),
        accept(stamp=stamp),
        [edit(IN_REVIEW, status="completed")],
        [edit(IN_REVIEW, status="claimed"), remove(WORK)],
        [edit(rig, display_name="New")],
        [edit(CARL, trust_level=2)],
        [add(Rig(me, dolthub_org=f"{me}-org"))],
        [add(link)],
        [add(Meta("policy.lease_hours", "12"))],
        [add(Badge("b-9", me, "hero"))],
        [add(Moderation("m-9", "pete", "suspend", "spam", me, EARLIER))],
    ]


@st.composite
def diffs(draw: st.DrawFn, me: str) -> list[RowChange]:
    """Return a step or two of *me* or of somebody else, with a few cells drawn anew."""
    places: dict[tuple[str, str], RowChange] = {}
    for _ in range(draw(st.integers(1, 2))):
        whose = draw(st.sampled_from([me, me, *HANDLES.values()]))
        for row in draw(st.sampled_from(stories(whose))):
            places.setdefault((row.table, row.key), row)
    found = list(places.values())
    for number in draw(st.lists(st.integers(0, len(found) - 1), max_size=2)):
        row = found[number]
        if row.after is not None:
            column = draw(st.sampled_from(sorted(set(row.after) - {TABLES[row.table].key})))
            after: Row = {**row.after, column: draw(cells(row.table, column))}
            found[number] = RowChange(row.table, row.before, after)
    return found


def is_mine(me: str, row: RowChange, rows: Sequence[RowChange]) -> bool:
    """Whether a row is *me*'s to touch, by the words of the tables alone."""
    before = row.before or row.row
    if me in {before.get(column) for column in OWNERS.get(row.table, ())}:
        return True
    trust = next((rig.trust for rig in TOWN.rigs if rig.handle == me), 0)
    if trust >= TRUST_FOR[row.table]:
        return True
    if row.table == "wanted" and before.get("status") == "open":
        # An open item is anybody's to claim, and nothing more.
        step = {"status", "claimed_by", "evidence_url", "updated_at"}
        return row.row.get("claimed_by") == me and set(row.cells) <= step
    if row.table == "completions" and row.after is None:
        # The poster gives work back.
        items = [r for r in rows if (r.table, r.key) == ("wanted", row.row.get("wanted_id"))]
        return any(item.row.get("posted_by") == me for item in items)
    return False


@settings(max_examples=400)
@given(st.data(), st.sampled_from(sorted(HANDLES.values())))
def test_an_accepted_diff_changes_only_rows_that_are_its_rigs_to_touch(
    data: st.DataObject, me: str
) -> None:
    rows = data.draw(diffs(me))
    account = "carl-org" if me == "bot" else f"{me}-org"
    present = [row.before for row in rows if row.before and row.table == "wanted"]
    item = type(ITEM).from_row(present[0]) if present else ITEM
    verdict = replace(TOWN, records=[item, WORK, LEASE]).judge(me, *rows, account=account)

    if verdict.allowed:
        real = [row for row in rows if row.cells or row.before is None or row.after is None]
        assert [row for row in real if not is_mine(me, row, rows)] == []


@pytest.mark.parametrize("me", ["tara", "mona"])
def test_the_stories_reach_the_gate_alive(me: str) -> None:
    """Else the property above would hold of nothing."""
    kept = [
        rows
        for rows in stories(me)
        if replace(TOWN, records=[WORK, LEASE]).judge(me, *rows).allowed
    ]

    assert len(kept) >= 10
