"""The chain of moderation records: it holds as it was made, and breaks at whatever is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.town import EARLIER
from wasteland.protocol import chain
from wasteland.protocol.records import Moderation
from wasteland.protocol.schema import MODERATION, Row, Value

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
records = st.builds(
    Moderation,
    id=st.uuids().map(str),
    rig=texts,
    action=st.sampled_from(["report", "suspend", "restore"]),
    reason=st.none() | texts,
    decided_by=texts,
    created_at=st.just(EARLIER),
    about=st.none() | texts,
)
logs = st.lists(records, min_size=1, max_size=12, unique_by=lambda record: record.id)


def linked(log: Sequence[Moderation], earlier: Sequence[Moderation] = ()) -> list[dict[str, Value]]:
    """Return the stored rows of a log, each linked to the one before, after those *earlier*."""
    rows = [record.to_row() for record in earlier]
    tip = chain.beginning(rows)
    for record in log:
        row = {**record.to_row(), **chain.link(record.to_row(), tip)}
        tip = chain.tip_of(row)
        rows.append(row)
    return rows


def in_other_spelling(row: Row) -> Row:
    """Return *row* as the other engine reads it back: more columns, numbers as text."""
    return {**row, "seq": None if row["seq"] is None else str(row["seq"]), "bribe": None}


@given(logs, st.lists(records, max_size=3, unique_by=lambda record: record.id))
def test_a_chain_holds_as_it_was_made_whoever_reads_it(
    log: list[Moderation], earlier: list[Moderation]
) -> None:
    rows = linked(log, [replace(record, id=f"old-{record.id}") for record in earlier])

    for read in (rows, rows[::-1], [in_other_spelling(row) for row in rows]):
        found = chain.verify(read)
        assert (found.holds, found.count, found.total) == (True, len(log), len(log))


@given(logs, st.data())
@settings(max_examples=60)
def test_any_change_of_a_record_is_found_where_it_is(
    log: list[Moderation], data: st.DataObject
) -> None:
    rows = linked(log)
    at = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from([n for n in MODERATION.column_names if n != "seq"]))
    changed = {**rows[at], column: f"{rows[at][column]}x"}
    if MODERATION.kind(column) == "time":
        changed[column] = "2031-01-01 00:00:00"

    found = chain.verify([*rows[:at], changed, *rows[at + 1 :]])

    assert not found.holds
    assert found.count == at
    assert found.broken_at == changed["id"]


@given(logs.filter(lambda log: len(log) > 1), st.data())
def test_a_record_that_is_missing_twice_there_or_moved_is_found(
    log: list[Moderation], data: st.DataObject
) -> None:
    rows = linked(log)
    at = data.draw(st.integers(0, len(rows) - 2))
    twin = {**rows[at], "id": "twin"}
    moved = [{**rows[at], "seq": rows[at + 1]["seq"]}, {**rows[at + 1], "seq": rows[at]["seq"]}]

    for broken in (
        [*rows[:at], *rows[at + 1 :]],
        [*rows, twin],
        [*rows[:at], *moved, *rows[at + 2 :]],
    ):
        assert not chain.verify(broken).holds


def test_records_of_earlier_versions_are_bound_by_the_first_link() -> None:
    old = Moderation("m-0", "pete", "suspend", "spam", "mona", EARLIER)
    rows = linked([replace(old, id="m-1")], [old])

    found = chain.verify([replace(old, lifted_at=EARLIER).to_row(), *rows[1:]])

    assert (found.count, found.broken_at) == (0, "m-1")
    assert "before the chain" in found.why


def test_an_empty_log_holds() -> None:
    assert chain.verify([]).holds
