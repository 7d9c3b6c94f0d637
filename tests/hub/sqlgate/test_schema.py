"""What the door for schemas says and prints, and that both engines take it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.sqlgate.databases import Database, database
from wasteland.hub.sqlgate import CheckedDdl, check_ddl
from wasteland.protocol.errors import Forbidden, Invalid
from wasteland.protocol.schema import COMMONS_TABLES, Table

SEALS = (
    "create table IF NOT EXISTS Seals (id varchar(64) not null primary key, weight decimal(6,2) "
    "default -1.5, name varchar(40) default 'it''s', born date, seen timestamp null, tags json, "
    "tame boolean default true comment 'x', n int unique, "
    "unique key uq (name, born), constraint c check (n > 0 and name <> 'x') "
    ") engine=InnoDB default charset=utf8mb4 comment='seals'"
)
AFTER = (
    "ALTER TABLE Seals ADD COLUMN note TEXT",
    "ALTER TABLE Seals ADD tag VARCHAR(9) NOT NULL DEFAULT 'a'",
    "CREATE UNIQUE INDEX i ON Seals (name DESC, id)",
    "DROP TABLE IF EXISTS Seals",
)


@pytest.fixture(params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "dolt":
        request.getfixturevalue("dolt_program")
    with database(str(request.param), tmp_path) as made:
        yield made


def test_a_table_is_put_together_anew() -> None:
    assert CheckedDdl(
        "CREATE TABLE IF NOT EXISTS `Seals` (\n"
        "  `id` VARCHAR(64) NOT NULL PRIMARY KEY,\n"
        "  `weight` DECIMAL(6, 2) DEFAULT -1.5,\n"
        "  `name` VARCHAR(40) DEFAULT 'it''s',\n"
        "  `born` DATE,\n"
        "  `seen` TIMESTAMP NULL,\n"
        "  `tags` JSON,\n"
        "  `tame` TINYINT(1) DEFAULT TRUE,\n"
        "  `n` INT UNIQUE,\n"
        "  CONSTRAINT `uq` UNIQUE (`name`, `born`),\n"
        "  CONSTRAINT `c` CHECK (`n` > 0 AND `name` <> 'x')\n"
        ")",
        "create_table",
        "Seals",
    ) == check_ddl(SEALS, dialect="dolt")


def test_both_engines_take_the_statements(fresh: Database) -> None:
    fresh.run(check_ddl(SEALS, dialect=fresh.dialect).sql)
    fresh.run("INSERT INTO Seals (id) VALUES ('a')")

    assert [("a", "it's", 1)] == fresh.run("SELECT id, name, tame FROM Seals")[1]
    for sql in AFTER:
        fresh.run(check_ddl(sql, dialect=fresh.dialect, tables=["Seals"]).sql)
    with pytest.raises(Exception, match=r"(?i)no such table|not found"):
        fresh.run("SELECT * FROM Seals")


@pytest.mark.parametrize("table", COMMONS_TABLES, ids=lambda table: table.name)
def test_the_schema_of_the_protocol_passes_as_it_is(table: Table) -> None:
    printed = check_ddl(table.create_sql(), dialect="doltlite").sql

    assert table.create_sql().split() == printed.replace("NOT (", "NOT(").split()


def test_a_table_of_the_hub_is_not_touched_nor_made() -> None:
    for sql in ("DROP TABLE wlx_leases", "CREATE TABLE wlx_new (id INT PRIMARY KEY)"):
        with pytest.raises(Forbidden, match="kept by the hub"):
            check_ddl(sql, dialect="dolt")


def test_a_table_needs_a_key_and_must_exist_to_be_changed() -> None:
    with pytest.raises(Invalid, match="PRIMARY KEY"):
        check_ddl("CREATE TABLE a (id INT, CHECK (id <> 'PRIMARY KEY ('))", dialect="dolt")
    with pytest.raises(Invalid, match="table not found"):
        check_ddl("DROP TABLE seals", dialect="dolt", tables=["pups"])
