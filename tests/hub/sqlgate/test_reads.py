"""What the door for reads says and prints."""

from __future__ import annotations

import pytest

from hub.sqlgate.databases import NOW, Database
from wasteland.hub.sqlgate import CheckedRead, check_read
from wasteland.protocol.errors import Forbidden, Invalid, Unsupported, WastelandError


def _read(sql: str, dialect: str = "doltlite") -> CheckedRead:
    return check_read(sql, dialect=dialect, now=NOW, database="board")


def _refused(sql: str) -> WastelandError:
    with pytest.raises(WastelandError) as caught:
        _read(sql)
    return caught.value


def test_a_read_names_its_tables_and_refs() -> None:
    read = _read(
        "SELECT * FROM dolt_diff('main', 'wl/ann/w-1~2', 'wanted') d "
        "JOIN Rigs ON 1=1 JOIN dolt_log('HEAD') l JOIN wanted AS OF 'v1' w "
        "WHERE dolt_hashof('main') = 'x'"
    )

    assert frozenset({"wanted", "rigs", "dolt_log"}) == read.tables
    assert ("main", "wl/ann/w-1", "HEAD", "v1") == read.refs
    assert not read.is_show_tables


def test_names_of_with_are_no_tables() -> None:
    read = _read(
        "WITH a AS (SELECT * FROM wanted), b AS (SELECT * FROM a) SELECT * FROM a, b, rigs"
    )

    assert frozenset({"wanted", "rigs"}) == read.tables


NAMED = [
    ("SELECT COUNT(*) FROM wanted", ["COUNT(*)"]),
    ("select count( * ), 'it''s', 1+1 , NOW() from wanted", ["count( * )", "it's", "1+1", "NOW()"]),
    ("SELECT id, w.title, 5 AS n FROM wanted w", ["id", "title", "n"]),
    ("SELECT DISTINCT LOWER(id) FROM wanted", ["LOWER(id)"]),
    ("(SELECT COUNT(*) FROM wanted) UNION SELECT 2", ["COUNT(*)"]),
    (
        "WITH a AS (SELECT 1, 2) SELECT (SELECT COUNT(*) FROM a), 3",
        ["(SELECT COUNT(*) FROM a)", "3"],
    ),
    ("SELECT CASE WHEN 1 IN (1,2) THEN 1 END, 2", ["CASE WHEN 1 IN (1,2) THEN 1 END", "2"]),
    ("SELECT JSON_CONTAINS(tags,'\"a\"') FROM wanted", ["JSON_CONTAINS(tags,'\"a\"')"]),
]


@pytest.mark.parametrize(("sql", "names"), NAMED)
def test_columns_without_a_name_get_the_one_that_mysql_gives(
    doltlite: Database, sql: str, names: list[str]
) -> None:
    assert names == doltlite.read(sql)[0]


@pytest.mark.dolt
@pytest.mark.parametrize(("sql", "names"), NAMED)
def test_they_get_it_on_dolt_too(dolt: Database, sql: str, names: list[str]) -> None:
    assert names == dolt.read(sql)[0]


def test_show_tables_lists_what_exists_and_nothing_of_the_engine() -> None:
    found = check_read(
        "show tables ;",
        dialect="doltlite",
        now=NOW,
        database="pups",
        tables=["seals", "it's", "sqlite_sequence", "dolt_ignore"],
    )

    assert found.is_show_tables
    assert "SELECT value AS `Tables_in_pups` FROM json_each('[\"it''s\", \"seals\"]')" == found.sql


def test_tables_of_any_database_can_be_read_by_their_name() -> None:
    read = check_read(
        "SELECT * FROM SEALS JOIN `odd name`", dialect="dolt", now=NOW, tables=["Seals", "odd name"]
    )

    assert frozenset({"Seals", "odd name"}) == read.tables
    with pytest.raises(Invalid, match="table not found: wanted"):
        check_read("SELECT * FROM wanted", dialect="dolt", now=NOW, tables=["Seals"])


def test_a_table_with_a_name_of_the_engine_is_never_read() -> None:
    with pytest.raises(Forbidden):
        check_read("SELECT * FROM sqlite_x", dialect="doltlite", now=NOW, tables=["sqlite_x"])


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        ("SELECT * FROM mysql.user", Unsupported, "Unsupported SQL: db in TABLE."),
        (
            "SELECT * FROM sqlite_master",
            Forbidden,
            "The table 'sqlite_master' is none of this database.",
        ),
        ("SELECT * FROM seals", Invalid, "table not found: seals"),
        ("SELECT SLEEP(1)", Unsupported, "Unsupported SQL: the function 'sleep'."),
        ("SELECT HEX('a')", Unsupported, "Unsupported SQL: the function HEX."),
        ("SELECT 1 FROM wanted FOR UPDATE", Unsupported, "Unsupported SQL: locks in SELECT."),
        ("DROP TABLE wanted", Unsupported, "Unsupported SQL statement: DROP."),
        ("SELECT 1; SELECT 2", Invalid, "The text holds several statements; send one at a time."),
        ("SELEC 1", Unsupported, "Unsupported SQL statement: SELEC."),
        ("SELECT * FROM wanted WHERE", Invalid, "syntax error at line 1, column 26, near 'WHERE'."),
        ("SELECT (1", Invalid, "syntax error at line 1, column 9, near '1'."),
        ("", Invalid, "There is no SQL statement."),
    ],
)
def test_a_refusal_says_what_is_refused(sql: str, kind: type[WastelandError], message: str) -> None:
    refusal = _refused(sql)

    assert (kind, message) == (type(refusal), refusal.message)
    assert "q" == refusal.facts["field"]


@pytest.mark.parametrize(
    "ref", ["a b", "-x", "--all", "", "a'b", "a`b", "a;b", "..", "a..", "é", "a~x"]
)
def test_what_is_no_ref_is_refused(ref: str) -> None:
    quoted = ref.replace("'", "''")

    assert isinstance(_refused(f"SELECT * FROM dolt_log('{quoted}')"), Invalid)


def test_refs_are_given_as_the_database_calls_them() -> None:
    read = check_read(
        "SELECT * FROM dolt_diff('main...wl/a/w-1^', 'wanted') JOIN wanted AS OF 'HEAD~2' w "
        "WHERE dolt_hashof('wl/a/w-1') = dolt_merge_base('main', 'wl/a/w-1')",
        dialect="doltlite",
        now=NOW,
        ref_map={"main": "m0", "wl/a/w-1": "b0"}.__getitem__,
    )

    assert (
        "SELECT * FROM dolt_diff_wanted('m0...b0^') CROSS JOIN dolt_at_wanted('HEAD~2') AS `w` "
        "WHERE dolt_hashof('b0') = dolt_merge_base('m0', 'b0')"
    ) == read.sql
    assert ("main", "wl/a/w-1", "HEAD") == read.refs


def test_a_map_that_gives_no_ref_is_not_printed() -> None:
    with pytest.raises(Invalid):
        check_read(
            "SELECT * FROM wanted AS OF 'main'",
            dialect="dolt",
            now=NOW,
            ref_map=lambda _: "x' UNION SELECT 1 -- ",
        )


@pytest.mark.parametrize(
    "ref", ["fork/bob/wl/bob/w-1", "FORK/bob/x", "main...fork/bob/x", "refs/heads/fork/bob/x"]
)
def test_an_upstream_on_dolt_does_not_know_the_branches_of_forks(ref: str) -> None:
    for sql in (f"SELECT * FROM dolt_log('{ref}')", f"SELECT dolt_hashof('{ref}')"):
        with pytest.raises(Invalid):
            check_read(sql, dialect="dolt", now=NOW)
    assert check_read(f"SELECT * FROM dolt_log('{ref}')", dialect="doltlite", now=NOW)


@pytest.mark.parametrize(
    "sql", ["SELECT 1 AS `a'\"b`", "SELECT `CURRENT_USER` FROM wanted", "SELECT `key` FROM _meta"]
)
def test_every_name_is_printed_in_backticks(sql: str) -> None:
    for dialect in ("doltlite", "dolt"):
        assert "`" in _read(sql, dialect).sql
        assert "CURRENT_USER()" not in _read(sql, dialect).sql


def test_nothing_that_the_library_thinks_of_a_statement_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for sql in (
        "ALTER TABLE a EXCHANGE PARTITION x WITH TABLE secret",
        "SHOW secret",
        "SELECT /*+ x */ 1",
    ):
        _refused(sql)

    assert "" == caplog.text
