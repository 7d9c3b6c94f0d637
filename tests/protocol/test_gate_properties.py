"""What holds of the gate for any change, against an oracle that knows nothing of journeys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wasteland.protocol import lifecycle
from wasteland.protocol.diff import RowChange
from wasteland.protocol.gate import Verdict
from wasteland.protocol.lifecycle import EDITABLE, Step
from wasteland.protocol.policy import Action, Policy
from wasteland.protocol.records import Completion, Record, WantedItem
from wasteland.protocol.roles import Actor, is_allowed
from wasteland.protocol.schema import TABLES, Kind, Row, Value

from .town import (
    AT,
    BOUNTY,
    CARL,
    CLAIMED,
    COMPLETED,
    EARLIER,
    IN_REVIEW,
    ITEM,
    LEASE,
    OPEN,
    RIGS,
    STAMP,
    TEAM,
    UNSTATED,
    WORK,
    Town,
    add,
    applied,
    leases,
    remove,
)

HANDLES = [rig.handle for rig in RIGS]
TRUST = {rig.handle: rig.trust for rig in RIGS}
WORDS = ["open", "claimed", "in_review", "completed", "withdrawn", "validated", "paused", "", None]
ITEMS = [
    ITEM,
    CLAIMED,
    IN_REVIEW,
    COMPLETED,
    BOUNTY,
    replace(BOUNTY, status="in_review"),
    replace(ITEM, status="withdrawn"),
    replace(ITEM, status="paused"),
]
policies = st.sampled_from([OPEN, TEAM, UNSTATED, Policy({"accept": "anyone"}, "open")])
actors = st.sampled_from([*HANDLES, "nora", ""])

_GUESSES: dict[str, list[Value]] = {
    "status": [*WORDS],
    "stamp_id": [None, "s-1", "s-0"],
    "context_id": ["c-1", "c-2", None],
    "context_type": ["completion", "wanted", None],
    "wanted_id": ["w-1", "w-2", None],
    "trust_level": [0, 1, 2, 3, -1, 99, "3", None],
    "tags": [None, "[]", '["open-bounty"]', '"open-bounty"', "7", "no json"],
}
_RIG_COLUMNS = {
    "posted_by",
    "claimed_by",
    "completed_by",
    "validated_by",
    "author",
    "subject",
    "rig",
    "rig_a",
    "rig_b",
    "parent_rig",
    "decided_by",
}
_KEYS = {"wanted": "w", "completions": "c", "stamps": "s"}


def cells(table: str, column: str) -> st.SearchStrategy[Value]:
    """Return values for a cell, likely ones and nonsense."""
    if column in _GUESSES:
        return st.sampled_from(_GUESSES[column])
    if column in _RIG_COLUMNS:
        return st.sampled_from([*HANDLES, None, "ghost"])
    if TABLES[table].kind(column) is Kind.TIME:
        return st.sampled_from([None, "2026-03-01 12:00:00", "2031-01-01 00:00:00", "soon"])
    return st.none() | st.text(max_size=4) | st.integers(-2, 9) | st.floats(width=16)


@st.composite
def rows(draw: st.DrawFn, table: str, key: str) -> Row:
    """Return a row of *table*, every cell drawn."""
    found = {column: draw(cells(table, column)) for column in TABLES[table].column_names}
    return {**found, TABLES[table].key: key}


@st.composite
def changes(draw: st.DrawFn) -> list[RowChange]:
    """Return changes of arbitrary rows, one a row, most of them near the story of w-1."""
    places = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["wanted", "completions", "stamps", *TABLES]),
                st.sampled_from(["1", "2", "9"]),
            ),
            max_size=4,
            unique=True,
        )
    )
    found = []
    for table, number in places:
        key = draw(st.sampled_from(HANDLES)) if table == "rigs" else None
        key = key or f"{_KEYS.get(table, 'x')}-{number}"
        before = draw(st.none() | rows(table, key))
        after = draw(rows(table, key) if before is None else st.none() | tweaks(table, before))
        found.append(RowChange(table, before, after))
    return found


@st.composite
def tweaks(draw: st.DrawFn, table: str, row: Row) -> Row:
    """Return *row* with a few cells drawn anew, the key left."""
    names = [name for name in TABLES[table].column_names if name != TABLES[table].key]
    chosen = draw(st.lists(st.sampled_from(names), max_size=4))
    return {**row, **{name: draw(cells(table, name)) for name in chosen}}


@st.composite
def near_changes(draw: st.DrawFn) -> list[RowChange]:
    """Return tweaked rows of one item's story: those that come close to being legal."""
    story: list[Record] = [draw(st.sampled_from(ITEMS)), WORK, STAMP, CARL]
    found = []
    for record in story:
        stored = record.to_row()
        how = draw(st.sampled_from(["leave", "add", "tweak", "remove"]))
        if how == "add":
            found.append(RowChange(record.table, None, draw(tweaks(record.table, stored))))
        elif how == "tweak":
            found.append(RowChange(record.table, stored, draw(tweaks(record.table, stored))))
        elif how == "remove":
            found.append(remove(record))
    return found


def owned_by(actor: str, row: RowChange) -> bool:
    """Return whether *actor* is whom the row names as its maker, on each side it has."""
    maker = {
        "rigs": "handle",
        "completions": "completed_by",
        "stamps": "author",
        "wlx_moderation": "decided_by",
    }
    column = maker.get(row.table, "")
    return all(side.get(column) == actor for side in (row.before, row.after) if side)


def breaks(actor: str, policy: Policy, row: RowChange, all_rows: Sequence[RowChange]) -> str:
    """Return which plain rule an accepted *row* breaks, "" if none: the oracle."""
    trust = TRUST.get(actor, 0)
    new = row.before is None
    touched = set(row.cells)
    match row.table:
        case "rigs" if new:
            fine = owned_by(actor, row) and str(row.row["trust_level"]) in {"0", "1", "None"}
        case "rigs":
            fine = row.after is not None and (
                (trust == 3 and touched == {"trust_level"} and row.key != actor)
                or (owned_by(actor, row) and not touched & {"trust_level", "dolthub_org", "handle"})
            )
        case "wanted":
            fine = row.after is not None and breaks_item(actor, trust, policy, row, all_rows) == ""
        case "completions" if new:
            items = [r for r in all_rows if r.table == "wanted" and r.key == row.row["wanted_id"]]
            judged = {"in_review", "completed", "validated"}
            fine = owned_by(actor, row) and not row.row["stamp_id"]
            fine = fine and all(item.row["status"] in judged for item in items)
        case "completions" if row.after is None:
            fine = not row.row["stamp_id"]
        case "completions":
            stamps = {r.key for r in all_rows if r.table == "stamps" and r.before is None}
            fine = (
                touched <= {"validated_by", "stamp_id", "validated_at"}
                and row.row["validated_by"] == actor
                and row.row["stamp_id"] in stamps
            )
        case "stamps":
            fine = new and owned_by(actor, row) and row.row["subject"] != actor
        case "rig_links":
            fine = actor in {row.row["rig_a"], row.row["rig_b"]} and row.after is not None
        case "wlx_leases":
            fine = False
        case _:
            fine = trust == 3
    return "" if fine else f"{row.table} {row.kind}"


def breaks_item(
    actor: str, trust: int, policy: Policy, row: RowChange, all_rows: Sequence[RowChange]
) -> str:
    """Return which plain rule an accepted change of an item breaks, "" if none."""
    before, after = row.before, row.row
    touched = set(row.cells) - {"updated_at"}
    poster = (before or after)["posted_by"] == actor
    if before is None:
        return "" if poster and after["claimed_by"] in {actor, None} else "post for another"
    if touched - EDITABLE - {"status", "claimed_by", "evidence_url"}:
        return "foreign cell"
    if touched & EDITABLE and not (poster or trust >= 2):
        return "edit of another's"
    holders = {before["claimed_by"], actor, None}
    named = {r.row.get("completed_by") for r in all_rows if r.table == "completions"}
    if after["claimed_by"] not in holders | named:
        may = Actor(actor, next((r for r in RIGS if r.handle == actor), None))
        item = WantedItem.from_row(before)
        return "" if is_allowed(Action.HANDOVER, may, policy, item=item) else "claim for another"
    if before["claimed_by"] not in {actor, None} and "status" in touched:
        return "" if poster or trust >= 2 or before["status"] == "in_review" else "another's claim"
    return ""


def told(verdict: Verdict) -> None:
    """Check what is true of every verdict."""
    assert verdict.allowed == (not verdict.reasons)
    for reason in verdict.reasons:
        assert str(reason).endswith(".")
        assert reason.error.code
        assert reason.error.hint
    if verdict.reasons:
        assert not verdict.amendments
    places = [(a.table, a.key) for a in verdict.amendments]
    assert len(places) == len(set(places))


@settings(max_examples=80)
@given(changes(), actors, policies, st.sampled_from(ITEMS), st.booleans())
def test_any_rows_get_a_verdict_that_the_oracle_bears_out(
    found: list[RowChange], actor: str, policy: Policy, item: WantedItem, owned: bool
) -> None:
    town = Town([item, WORK, LEASE], policy, owned=owned)
    verdict = town.judge(actor, *found, account="")

    told(verdict)
    if verdict.allowed:
        real = [row for row in found if row.cells or row.before is None or row.after is None]
        assert [broken for row in real if (broken := breaks(actor, policy, row, found))] == []


@settings(max_examples=150)
@given(near_changes(), actors, policies)
def test_rows_that_come_near_the_legal_are_allowed_only_where_the_oracle_agrees(
    found: list[RowChange], actor: str, policy: Policy
) -> None:
    base = [r.before for r in found if r.table == "wanted" and r.before]
    item = WantedItem.from_row(base[0]) if base else IN_REVIEW
    verdict = Town([item, WORK], policy).judge(actor, *found, account="")

    told(verdict)
    if verdict.allowed:
        real = [row for row in found if row.cells or row.before is None or row.after is None]
        assert [broken for row in real if (broken := breaks(actor, policy, row, found))] == []


@settings(max_examples=50)
@given(st.data(), near_changes(), actors, policies)
def test_the_order_of_rows_does_not_matter(
    data: st.DataObject, found: list[RowChange], actor: str, policy: Policy
) -> None:
    town = Town([IN_REVIEW, WORK], policy)
    shuffled = data.draw(st.permutations(found))

    first, second = town.judge(actor, *found), town.judge(actor, *shuffled)

    assert [(r.table, r.key, str(r)) for r in first.reasons] == [
        (r.table, r.key, str(r)) for r in second.reasons
    ]
    assert first.amendments == second.amendments


# --- legal histories


@dataclass
class History:
    """
    What one rig does by lawful steps on its own branch.

    Attributes:
        start: The items and completions as main has them.
        items: As they are now, by id.
        work: Completions as they are now, by id.
    """

    start: dict[str, Record]
    items: dict[str, WantedItem]
    work: dict[str, Completion]

    def net(self) -> list[RowChange]:
        """Return the net row changes; what only moved the time did nothing."""
        now: dict[str, Record] = {**self.items, **self.work}
        found = [
            RowChange(
                (self.start.get(key) or now[key]).table,
                self.start[key].to_row() if key in self.start else None,
                now[key].to_row() if key in now else None,
            )
            for key in sorted({*self.start, *now})
        ]
        busy = {str(r.row["wanted_id"]) for r in found if r.table == "completions" and r.cells}
        return [
            row
            for row in found
            if set(row.cells) - {"updated_at"} or (row.cells and row.key in busy)
        ]


STEPS = [step for step in Step if step not in {Step.ACCEPT, Step.POST}]


def take(  # noqa: C901  # one case for each step
    history: History, actor: Actor, policy: Policy, step: Step, key: str, n: int
) -> None:
    """Take *step* on an item if lifecycle and policy let *actor*; else do nothing."""
    item = history.items[key]
    if not lifecycle.can(step, item):
        return
    if not is_allowed(Action(step.value), actor, policy, item=item):
        return
    me, at = actor.handle, AT - timedelta(minutes=30 - n)
    waiting = [c for c in history.work.values() if c.wanted_id == key and not c.stamp_id]
    after = item
    match step:
        case Step.EDIT:
            tags = () if item.is_open_bounty else ("open-bounty",)
            after = lifecycle.edit(item, {"title": f"T{n}", "tags": tags}, at=at)
        case Step.CLAIM:
            after = lifecycle.claim(item, by=me, at=at)
        case Step.UNCLAIM:
            after = lifecycle.unclaim(item, at=at)
        case Step.HANDOVER:
            # A claim made on this branch cannot be handed on before main knows it.
            known = history.start.get(key)
            held = isinstance(known, WantedItem) and known.claimed_by == item.claimed_by
            if held and item.claimed_by != me:
                after = lifecycle.handover(item, to=me, at=at)
        case Step.SUBMIT if lifecycle.takes_many(item) or item.claimed_by == me:
            if me not in {c.completed_by for c in waiting}:
                after, work = lifecycle.submit(
                    item, by=me, evidence="x", evidence_url=f"u{n}", new_id=f"c-{key}-{n}", at=at
                )
                history.work[work.id] = work
        case Step.REJECT if waiting:
            del history.work[waiting[0].id]
            after = lifecycle.reject(item, others=len(waiting) - 1, at=at)
        case Step.CLOSE if waiting:
            after = lifecycle.close(item, by=waiting[0].completed_by, at=at)
        case Step.WITHDRAW:
            after = lifecycle.withdraw(item, at=at)
    history.items[key] = after


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, Policy, History]:
    """Return a lawful history of one rig over two items of main and one of its own."""
    actor = draw(st.sampled_from(["mona", "tara", "pete", "carl"]))
    policy = draw(policies)
    first = draw(st.sampled_from(ITEMS[:6]))
    second = replace(draw(st.sampled_from(ITEMS[:2])), id="w-2")
    waits = [WORK] if first.status == "in_review" else []
    start: dict[str, Record] = {r.key: r for r in (first, second, *waits)}
    history = History(start, {"w-1": first, "w-2": second}, {w.id: w for w in waits})
    me = Actor(actor, next(rig for rig in RIGS if rig.handle == actor))
    posted = replace(ITEM, id="w-3", posted_by=actor)
    if draw(st.booleans()) and is_allowed(Action.POST, me, policy):
        history.items["w-3"] = posted
    for n in range(draw(st.integers(0, 10))):
        key = draw(st.sampled_from(sorted(history.items)))
        take(history, me, policy, draw(st.sampled_from(STEPS)), key, n)
    return actor, policy, history


@settings(max_examples=150)
@given(histories())
def test_the_net_of_any_lawful_history_is_allowed(found: tuple[str, Policy, History]) -> None:
    actor, policy, history = found

    verdict = Town(list(history.start.values()), policy).judge(actor, *history.net())

    assert [str(reason) for reason in verdict.reasons] == []


@settings(max_examples=50)
@given(histories())
def test_amendments_written_in_need_no_further_ones(found: tuple[str, Policy, History]) -> None:
    actor, policy, history = found
    start = [*history.start.values(), LEASE]
    net = history.net()
    verdict = Town(start, policy).judge(actor, *net)
    kept = [r for r in start if r.table != "wlx_leases" or not touches(verdict, r)]

    again = Town([*kept, *leases(verdict)], policy).judge(actor, *applied(verdict, net))

    assert (again.allowed, again.amendments) == (verdict.allowed, ())


def touches(verdict: Verdict, record: Record) -> bool:
    return any((a.table, a.key) == (record.table, record.key) for a in verdict.amendments)


@given(st.sampled_from(HANDLES), st.integers(-3, 9), policies)
def test_no_rig_raises_its_own_trust(handle: str, level: Any, policy: Policy) -> None:
    rig = next(rig for rig in RIGS if rig.handle == handle)
    raised = RowChange("rigs", rig.to_row(), {**rig.to_row(), "trust_level": level})

    assert Town(policy=policy).judge(handle, raised).allowed == (level == rig.trust_level)
    new = replace(rig, handle="nora", dolthub_org="nora-org", registered_at=EARLIER)
    registers = Town(policy=policy).judge("nora", add(new, trust_level=level))
    assert registers.allowed == (level in {0, 1})
