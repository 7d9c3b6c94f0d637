"""No hostile statement gets through, and what looks like one does no harm."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sqlgate.databases import NOW, Database, checksum
from hub.sqlgate.grammar import statement
from hub.sqlgate.hostile import HOSTILE, ROLES, Hostile
from wasteland.engines.doltlite import driver
from wasteland.hub.sqlgate import check_ddl, check_read, check_write
from wasteland.protocol.errors import Forbidden, Invalid, Unsupported

REFUSALS = (Forbidden, Invalid, Unsupported)
DIALECTS = ("doltlite", "dolt")
DOORS: dict[str, Callable[[str, str], str]] = {
    "read": lambda sql, dialect: check_read(sql, dialect=dialect, now=NOW).sql,
    "write": lambda sql, dialect: check_write(sql, dialect=dialect, now=NOW, owner=True).sql,
    "ddl": lambda sql, dialect: check_ddl(sql, dialect=dialect).sql,
}
CATEGORIES = sorted({one.category for one in HOSTILE})


def _of(category: str) -> list[Hostile]:
    return [one for one in HOSTILE if one.category == category]


def _let_in(sql: str, door: str, dialect: str) -> str | None:
    """Return what a door makes of *sql*, None if it is refused."""
    try:
        return DOORS[door](sql, dialect)
    except REFUSALS as error:
        refusal = error
    assert refusal.message.isprintable(), refusal.message
    return None


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    assert len(HOSTILE) >= 400
    assert len(HOSTILE) == len({one.sql for one in HOSTILE})


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_hostile_statement_is_refused_at_every_door(category: str, dialect: str) -> None:
    """An owner's doors: what is refused there is refused to everybody."""
    found = [
        (door, one.sql)
        for one in _of(category)
        for door in DOORS
        if (_let_in(one.sql, door, dialect) is not None) != (door in one.passes)
    ]

    assert [] == found


def test_what_passes_passes_only_at_the_door_of_a_role_that_may() -> None:
    """Nobody but an owner changes the schema; the anonymous only read."""
    passing = {door for one in HOSTILE for door in one.passes}

    assert passing == set(DOORS)
    assert {"read"} == set(ROLES["anonymous"])
    assert ["owner"] == [role for role, doors in ROLES.items() if "ddl" in doors]


def test_what_passes_for_reading_changes_nothing_and_makes_no_file(doltlite: Database) -> None:
    """The file is opened normally: nothing but the gate keeps a statement from writing."""
    before = checksum(doltlite.engine), _files(doltlite)
    for one in HOSTILE:
        if "read" in one.passes:
            _run(doltlite, check_read(one.sql, dialect="doltlite", now=NOW).sql)

    assert before == (checksum(doltlite.engine), _files(doltlite))


@given(seed=st.integers(min_value=0, max_value=2**32))
@settings(max_examples=150)
def test_a_random_read_that_passes_changes_nothing(doltlite: Database, seed: int) -> None:
    sql = _random(seed)
    printed = _let_in(sql, "read", "doltlite")
    if printed is None:
        return
    with driver.connect(f"{doltlite.engine.location}/main") as connection:
        before = connection.execute("SELECT dolt_hashof_db('WORKING')").fetchall()
        _run(doltlite, printed)

        assert before == connection.execute("SELECT dolt_hashof_db('WORKING')").fetchall()
        assert 0 == connection.changes


@given(seed=st.integers(min_value=0, max_value=2**32), door=st.sampled_from(sorted(DOORS)))
@settings(max_examples=150)
def test_every_door_answers_any_text_with_sql_or_a_refusal(seed: int, door: str) -> None:
    sql = _random(seed)

    for dialect in DIALECTS:
        _let_in(sql, door, dialect)


@given(sql=st.text(max_size=200), door=st.sampled_from(sorted(DOORS)))
@settings(max_examples=100)
def test_no_text_at_all_breaks_the_gate(sql: str, door: str) -> None:
    for verb in ("", "SELECT ", "UPDATE wanted SET ", "CREATE TABLE ", "CALL "):
        _let_in(verb + sql, door, "doltlite")


@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60))
@settings(max_examples=100)
def test_a_text_escaped_as_clients_do_arrives_as_it_was(doltlite: Database, text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "''")

    assert [(text,)] == doltlite.read(f"SELECT '{escaped}' AS t")[1]


@pytest.mark.dolt
@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60))
@settings(max_examples=100)
def test_a_text_arrives_on_dolt_as_it_was(dolt: Database, text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "''")

    assert [(text,)] == dolt.read(f"SELECT '{escaped}' AS t")[1]


def _random(seed: int) -> str:
    return statement(random.Random(seed))  # noqa: S311  dice, not secrets


def _run(doltlite: Database, sql: str) -> None:
    """Run *sql* with the power to write; what the engine refuses did nothing."""
    with driver.connect(f"{doltlite.engine.location}/main") as connection:
        connection.set_time_limit(1)
        try:
            cursor = connection.execute(sql)
            if cursor.description is not None:
                cursor.fetchmany(100)
        except driver.Error:
            return


def _files(made: Database) -> list[str]:
    return sorted(path.name for path in Path(made.engine.location).parent.rglob("*"))
