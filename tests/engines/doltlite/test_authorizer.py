"""The driver's authorizer, and the declared types of columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wasteland.engines.doltlite import driver

READ, SELECT, FUNCTION = 20, 21, 31


@pytest.fixture
def db(tmp_path: Path) -> Iterator[driver.Connection]:
    with driver.connect(tmp_path / "c.db") as connection:
        connection.execute("CREATE TABLE item (id VARCHAR(9) PRIMARY KEY, n INTEGER)")
        connection.execute("CREATE VIEW ids AS SELECT id FROM item")
        yield connection


def test_the_judge_is_asked_about_all_that_a_statement_does(db: driver.Connection) -> None:
    """Action, its two arguments, the database, and the view that asks."""
    asked: list[tuple[object, ...]] = []

    def note(*question: object) -> bool:
        asked.append(question)
        return True

    db.set_authorizer(note)
    db.execute("SELECT upper(id) FROM ids").fetchall()

    assert {
        (SELECT, None, None, None, None),
        (FUNCTION, None, "upper", None, None),
        (READ, "ids", "id", "main", None),
        (READ, "item", "id", "main", "ids"),
    } <= set(asked)


def test_what_the_judge_refuses_fails_with_code_23(db: driver.Connection) -> None:
    """It is refused before it runs, and nothing else is touched."""
    db.set_authorizer(lambda action, *_: action != READ)
    with pytest.raises(driver.OperationalError) as caught:
        db.execute("SELECT id FROM item")

    assert 23 == caught.value.code
    assert [(1,)] == db.execute("SELECT 1").fetchall()


def test_a_statement_that_was_prepared_before_is_judged_too(db: driver.Connection) -> None:
    """Kept statements are no way around it."""
    sql = "SELECT id FROM item"
    db.execute(sql).fetchall()
    db.set_authorizer(lambda *_: False)

    with pytest.raises(driver.OperationalError):
        db.execute(sql)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_judge_that_fails_refuses(db: driver.Connection) -> None:
    """A mistake in it opens nothing."""

    def fail(*_: object) -> bool:
        raise ValueError("judge")

    db.set_authorizer(fail)
    with pytest.raises(driver.OperationalError):
        db.execute("SELECT 1")


def test_none_lifts_the_authorizer(db: driver.Connection) -> None:
    db.set_authorizer(lambda *_: False)
    db.set_authorizer(None)

    assert [(1,)] == db.execute("SELECT 1").fetchall()


def test_description_gives_the_declared_type_of_columns(db: driver.Connection) -> None:
    """As the table spells it, also through a view; None for an expression."""
    cursor = db.execute("SELECT item.id, n, ids.id, n + 1 FROM item, ids")

    assert ["VARCHAR(9)", "INTEGER", "VARCHAR(9)", None] == [
        column[1] for column in cursor.description or ()
    ]
