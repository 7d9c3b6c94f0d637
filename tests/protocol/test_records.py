"""Rows as records."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol.records import (
    Badge,
    BootBlock,
    Chain,
    Completion,
    Lease,
    Meta,
    Moderation,
    Record,
    Rig,
    RigLink,
    Stamp,
    Status,
    WantedItem,
    read_time,
    write_time,
)
from wasteland.protocol.schema import TABLES, Kind, Value

RECORDS: list[type[Record]] = [
    Rig,
    WantedItem,
    Completion,
    Stamp,
    Badge,
    BootBlock,
    Chain,
    RigLink,
    Meta,
    Lease,
    Moderation,
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OF_KIND: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.text(),
    Kind.INTEGER: st.integers(-(2**31), 2**31 - 1),
    Kind.REAL: st.floats(0, 1, width=32),
    Kind.FLAG: st.integers(0, 1),
    Kind.JSON: st.lists(st.text()).map(tuple) | st.dictionaries(st.text(), st.integers()),
    Kind.TIME: st.integers(-(10**10), 10**11).map(lambda s: EPOCH + timedelta(seconds=s)),
}


@st.composite
def records(draw: st.DrawFn) -> Record:
    cls = draw(st.sampled_from(RECORDS))
    table = TABLES[cls.table]
    cells: dict[str, Any] = {}
    for field in fields(cls):
        filled = OF_KIND[table.kind(field.name)]
        cells[field.name] = draw(filled if field.name == table.key else st.none() | filled)
    return cls(**cells)


@pytest.mark.parametrize("cls", RECORDS)
def test_a_records_fields_are_the_tables_columns_in_order(cls: type[Record]) -> None:
    assert tuple(field.name for field in fields(cls)) == TABLES[cls.table].column_names


@given(records())
def test_a_record_reads_back_from_its_own_row(record: Record) -> None:
    assert type(record).from_row(record.to_row()) == record


@given(
    st.sampled_from(RECORDS),
    st.dictionaries(
        st.sampled_from(sorted({c for t in TABLES.values() for c in t.column_names})),
        st.none() | st.text() | st.integers() | st.floats(),
    ),
)
def test_any_row_can_be_read(cls: type[Record], row: dict[str, Value]) -> None:
    assert isinstance(cls.from_row(row), cls)


def test_a_missing_column_is_none_and_an_unknown_one_is_left_aside() -> None:
    rig = Rig.from_row({"handle": "alice", "favourite_colour": "blue"})

    assert (rig.handle, rig.rig_type, rig.trust) == ("alice", None, 0)


def test_a_value_that_cannot_be_read_is_none() -> None:
    row: dict[str, Value] = {
        "id": "w-1",
        "priority": "high",
        "tags": "{broken",
        "created_at": "yesterday",
        "sandbox_scope": "[" * 200_000,
    }

    item = WantedItem.from_row(row)

    assert (item.priority, item.tags, item.created_at, item.sandbox_scope) == (None,) * 4


def test_numbers_come_as_text_too() -> None:
    assert WantedItem.from_row({"id": "w-1", "priority": "3"}).priority == 3
    assert Stamp.from_row({"id": "s-1", "confidence": "0.5"}).confidence == 0.5


@pytest.mark.parametrize("number", ["nan", "inf", float("nan"), float("inf")])
def test_a_trust_level_that_is_no_whole_number_is_none(number: Value) -> None:
    assert Rig.from_row({"handle": "a", "trust_level": number}).trust == 0


def test_the_key_is_the_primary_keys_value() -> None:
    assert [Rig("alice").key, WantedItem("w-1").key, Meta("policy.post").key] == [
        "alice",
        "w-1",
        "policy.post",
    ]


@pytest.mark.parametrize(
    ("stored", "state"),
    [
        ("open", Status.OPEN),
        (None, Status.OPEN),
        ("", Status.OPEN),
        ("in_review", Status.IN_REVIEW),
        ("validated", Status.COMPLETED),
        ("withdrawn", Status.WITHDRAWN),
        ("OPEN", None),
        ("gone fishing", None),
    ],
)
def test_a_status_is_read_by_its_meaning(stored: str | None, state: Status | None) -> None:
    assert WantedItem("w-1", status=stored).state is state


def test_an_open_bounty_is_marked_by_its_tag() -> None:
    assert WantedItem("w-1", tags=("go", "open-bounty")).is_open_bounty
    assert not WantedItem("w-1", tags=("go",)).is_open_bounty
    assert not WantedItem("w-1").is_open_bounty


def test_a_link_is_in_force_while_active_and_not_revoked() -> None:
    link = RigLink("l-1", "a", "b", status="active")

    assert link.in_force
    assert not replace(link, status="pending").in_force
    assert not replace(link, revoked_at=AT).in_force


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02 03:04:05",
        "2026-01-02T03:04:05Z",
        "2026-01-02T04:04:05+01:00",
        "2026-01-02 03:04:05 UTC",
    ],
)
def test_a_time_is_read_in_each_spelling_as_utc(text: str) -> None:
    assert read_time(text) == AT


@pytest.mark.parametrize("text", ["", "yesterday", "0000-00-00 00:00:00", None, 5])
def test_what_is_no_time_is_none(text: Value) -> None:
    assert read_time(text) is None


def test_a_time_is_written_in_utc_without_a_zone() -> None:
    berlin = timezone(timedelta(hours=1))

    assert write_time(AT.astimezone(berlin)) == "2026-01-02 03:04:05"
    assert write_time(None) is None
