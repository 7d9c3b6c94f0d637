"""Values: what goes in comes out."""

from __future__ import annotations

import json

import pytest

from engines.laboratory import AT, INSERT_WANTED, post, save, stored, wanted
from wasteland.engines.base import Engine
from wasteland.engines.sql import insert_sql
from wasteland.protocol.errors import Invalid
from wasteland.protocol.schema import BOOT_BLOCKS, STAMPS, Value, canonical_row

TEXTS = [
    "",
    " leading and trailing ",
    "line\nline\r\nline\ttab",
    'it\'s "quoted" and `ticked`',
    "back\\slash \\n \\' \\0 \\\\",
    "nul\0inside",
    "emoji 🪨🏚️ é (e + accent) 漢字 \u202e rtl",
    "'); DROP TABLE wanted; --",
    "100 % %s %(id)s %%",
    ":id ::id @id $id ?",
    "NULL",
    "0123",
    "1e5",
    "2026-01-02 03:04:05",
    "x" * 60_000,
]
JSON_TEXTS = [
    "null",
    "true",
    "[]",
    "{}",
    '["a","b c"]',
    "0",
    "-1.5",
    "12345678901234",
    '"text"',
    '{"a":{"b":[1,null,false,{"c":"d"}]},"z":"ü🪨"}',
    '{"quote":"\\"","back":"\\\\","newline":"\\n"}',
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_comes_back_as_it_was(engine: Engine, text: str) -> None:
    post(engine, "w-1", description=text)

    (row,) = engine.read("SELECT id FROM wanted WHERE description = :text", {"text": text})
    assert row == {"id": "w-1"}
    assert stored(engine, "wanted", "id", "w-1")["description"] == text


@pytest.mark.parametrize("text", TEXTS[1:8], ids=range(7))
def test_a_diff_carries_text_as_it_was(engine: Engine, text: str) -> None:
    base = engine.head()
    post(engine, "w-1", description=text)

    (change,) = engine.diff(base, "main")

    assert (change.after or {})["description"] == text


@pytest.mark.parametrize("text", JSON_TEXTS, ids=range(len(JSON_TEXTS)))
def test_json_keeps_its_meaning(engine: Engine, text: str) -> None:
    row = wanted("w-1", tags='["t"]', sandbox_scope=text)
    post(engine, "w-1", tags='["t"]', sandbox_scope=text)

    (raw,) = engine.read("SELECT * FROM wanted")

    # JSON null may come back as NULL; they mean the same.
    scope = raw["sandbox_scope"]
    assert json.loads("null" if scope is None else str(scope)) == json.loads(text)
    assert canonical_row("wanted", raw) == canonical_row("wanted", row)


@pytest.mark.parametrize("column", ["description", "tags", "claimed_by", "priority", "updated_at"])
def test_null_stays_null(engine: Engine, column: str) -> None:
    row: dict[str, Value] = {**wanted("w-1"), column: None}
    save(engine, INSERT_WANTED, [row])

    assert engine.read(f"SELECT `{column}` AS v FROM wanted") == [{"v": None}]
    assert engine.read(f"SELECT id FROM wanted WHERE `{column}` IS NULL") == [{"id": "w-1"}]


@pytest.mark.parametrize("number", [0, 1, -1, 2**31 - 1, -(2**31)])
def test_whole_numbers_are_numbers(engine: Engine, number: int) -> None:
    post(engine, "w-1", priority=number)

    (row,) = engine.read("SELECT priority FROM wanted")
    assert (row["priority"], type(row["priority"])) == (number, int)


@pytest.mark.parametrize("number", [0.0, 1.0, 0.85, 0.1])
def test_real_numbers_keep_six_digits(engine: Engine, number: float) -> None:
    names = ("handle", "source", "sheet_json", "confidence", "version", "created_at")
    row: dict[str, Value] = dict.fromkeys(names, "x")
    row |= {"sheet_json": "{}", "confidence": number, "created_at": "2026-01-02 03:04:05"}
    save(engine, insert_sql(BOOT_BLOCKS, names), [row], table="boot_blocks")

    assert stored(engine, "boot_blocks", "handle", "x") == row


@pytest.mark.parametrize("flag", [0, 1])
def test_flags_are_numbers(engine: Engine, flag: int) -> None:
    post(engine, "w-1", sandbox_required=flag)

    assert engine.read("SELECT sandbox_required AS v FROM wanted") == [{"v": flag}]


@pytest.mark.parametrize(
    "time", ["2026-01-02 03:04:05", "1999-12-31 23:59:59", "2036-02-29 00:00:00"]
)
def test_times_are_utc_text_to_the_second(engine: Engine, time: str) -> None:
    post(engine, "w-1", created_at=time)

    assert engine.read("SELECT created_at FROM wanted") == [{"created_at": time}]
    found = engine.read("SELECT id FROM wanted WHERE created_at <= :time", {"time": time})
    assert found == [{"id": "w-1"}]


def test_times_in_diffs_and_histories_are_the_same_text(engine: Engine) -> None:
    base = engine.head()
    post(engine, "w-1", created_at="2026-01-02 03:04:05")

    (change,) = engine.diff(base, "main")
    (version,) = engine.history("wanted", "w-1")

    assert (change.after or {})["created_at"] == "2026-01-02 03:04:05"
    assert version.row["created_at"] == "2026-01-02 03:04:05"


def test_times_sort_as_text(engine: Engine) -> None:
    times = ["2026-01-10 00:00:00", "2025-12-31 23:59:59", "2026-01-09 00:00:00"]
    for number, time in enumerate(times):
        post(engine, f"w-{number}", created_at=time)

    rows = engine.read("SELECT created_at FROM wanted ORDER BY created_at")
    assert [row["created_at"] for row in rows] == sorted(times)


def test_signs_inside_literals_are_no_parameters(engine: Engine) -> None:
    sql = "SELECT '100 % of :name at 12:30 %s' AS a, :b AS b, 'it''s :b' AS c"

    expected = [{"a": "100 % of :name at 12:30 %s", "b": "x", "c": "it's :b"}]
    assert expected == engine.read(sql, {"b": "x"})


def test_patterns_with_percent_signs_work_with_and_without_parameters(engine: Engine) -> None:
    post(engine, "w-1", description="100 % done")

    for sql, params in (
        ("SELECT id FROM wanted WHERE description LIKE '%done'", None),
        ("SELECT id FROM wanted WHERE description LIKE '%done' AND id = :id", {"id": "w-1"}),
        ("SELECT id FROM wanted WHERE description LIKE :like", {"like": "%% done"}),
    ):
        assert engine.read(sql, params) == [{"id": "w-1"}]


def test_a_parameter_may_be_used_twice(engine: Engine) -> None:
    assert engine.read("SELECT :a AS x, :a AS y", {"a": "v"}) == [{"x": "v", "y": "v"}]


def test_an_arrays_members_are_found_by_the_dialect(engine: Engine) -> None:
    post(engine, "w-1", tags='["a","it\'s","ü"]')
    post(engine, "w-2", tags='["aa"]')
    post(engine, "w-3", tags=None)
    sql = f"SELECT id FROM wanted WHERE {engine.dialect.json_has('tags', 'tag')}"

    found = {
        tag: [row["id"] for row in engine.read(sql, {"tag": tag})] for tag in ("a", "it's", "b")
    }
    assert found == {"a": ["w-1"], "it's": ["w-1"], "b": []}


def test_text_that_no_database_can_hold_is_invalid(engine: Engine) -> None:
    with pytest.raises(Invalid):
        post(engine, "w-1", description="half a \ud83e surrogate")

    assert engine.dirty() == []


def test_every_column_of_a_stamp_comes_back(engine: Engine) -> None:
    row: dict[str, Value] = dict.fromkeys(STAMPS.column_names, "x")
    row |= {"author": "ann", "subject": "bob", "valence": '{"quality": 0.8}', "confidence": 0.5}
    row |= {"skill_tags": '["go"]', "created_at": f"{AT:%Y-%m-%d %H:%M:%S}"}
    save(engine, insert_sql(STAMPS, STAMPS.column_names), [row], table="stamps")

    assert stored(engine, "stamps", "id", "x") == canonical_row("stamps", row)
