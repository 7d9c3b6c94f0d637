"""What the door for writes says and prints."""

from __future__ import annotations

import pytest

from hub.sqlgate.databases import NOW
from wasteland.hub.sqlgate import Call, CheckedWrite, check_write
from wasteland.protocol.errors import Forbidden, Invalid, Unsupported


def _write(sql: str, *, owner: bool = False) -> CheckedWrite:
    return check_write(sql, dialect="doltlite", now=NOW, owner=owner)


@pytest.mark.parametrize(
    ("sql", "kind", "table"),
    [
        ("INSERT INTO wanted (id, title) VALUES ('a','b')", "insert", "wanted"),
        ("INSERT IGNORE INTO rigs (handle) VALUES ('a')", "insert_ignore", "rigs"),
        (
            "INSERT INTO Rigs (handle) VALUES ('a') ON DUPLICATE KEY UPDATE handle='b'",
            "upsert",
            "rigs",
        ),
        ("UPDATE wanted SET title='x' WHERE id='a'", "update", "wanted"),
        ("DELETE FROM stamps WHERE id='a';", "delete", "stamps"),
    ],
)
def test_a_write_names_its_kind_and_table(sql: str, kind: str, table: str) -> None:
    write = _write(sql)

    assert (kind, table, None) == (write.kind, write.table, write.call)


def test_an_update_names_the_row_that_it_means() -> None:
    write = _write("UPDATE wanted SET title='x' WHERE (id='w-1' AND status='open') AND priority=2")

    assert (("id", "w-1"), ("status", "open"), ("priority", "2")) == write.where
    assert ("wanted", ("w-1",)) == (write.where_table, write.where_keys)


def test_an_insert_from_a_select_names_the_row_that_it_asks_for() -> None:
    write = _write(
        "INSERT IGNORE INTO completions (id) SELECT 'c' FROM wanted "
        "WHERE id='w-1' AND NOT EXISTS (SELECT 1 FROM completions WHERE wanted_id='w-9')"
    )

    assert ("completions", "wanted", ("w-1",)) == (
        write.table,
        write.where_table,
        write.where_keys,
    )


@pytest.mark.parametrize(
    "where", ["id='w-1' OR id='w-2'", "NOT id='w-1'", "id LIKE 'w-1'", "wanted_id='w-1'"]
)
def test_what_is_no_necessary_condition_names_no_row(where: str) -> None:
    assert () == _write(f"DELETE FROM completions WHERE {where}").where_keys


def test_only_an_owner_writes_meta_and_nobody_the_tables_of_the_hub() -> None:
    meta = "UPDATE _meta SET value='x' WHERE `key`='k'"

    assert "_meta" == _write(meta, owner=True).table
    with pytest.raises(Forbidden):
        _write(meta)
    with pytest.raises(Forbidden):
        _write("DELETE FROM wlx_leases WHERE wanted_id='w-1'", owner=True)


def test_a_table_outside_the_protocol_is_written_where_it_exists() -> None:
    sql = "UPDATE Seals SET weight=3 WHERE id=7"
    write = check_write(sql, dialect="dolt", now=NOW, tables=["seals"])

    assert ("UPDATE `Seals` SET `weight` = 3 WHERE `id` = 7", "seals") == (write.sql, write.table)
    with pytest.raises(Invalid, match="table not found"):
        check_write(sql, dialect="dolt", now=NOW)


def test_time_is_the_requests_on_both_engines() -> None:
    sql = "UPDATE wanted SET updated_at=NOW(), created_at=CURRENT_TIMESTAMP WHERE id='a'"

    for dialect in ("doltlite", "dolt"):
        written = check_write(sql, dialect=dialect, now=NOW).sql
        assert 2 == written.count("'2026-03-04 05:06:07'")


@pytest.mark.parametrize(
    ("sql", "call"),
    [
        ("CALL DOLT_BRANCH('-D', 'wl/ann/w-1')", Call("dolt_branch", ("-D", "wl/ann/w-1"))),
        ("call dolt_branch('-d','a','b');", Call("dolt_branch", ("-d", "a", "b"))),
        ('CALL dolt_branch("new", "main")', Call("dolt_branch", ("new", "main"))),
        ("CALL DOLT_MERGE('wl/ann/w-1') -- now", Call("dolt_merge", ("wl/ann/w-1",))),
    ],
)
def test_a_call_is_read_and_never_printed(sql: str, call: Call) -> None:
    assert CheckedWrite("", "call", "", call=call) == _write(sql)


@pytest.mark.parametrize(
    "sql", ["CALL DOLT_RESET('--hard')", "CALL DOLT_CHECKOUT('x')", "CALL x.y()", "CALL", "CALL 1"]
)
def test_a_refused_call_is_reported_as_clients_expect(sql: str) -> None:
    with pytest.raises(Unsupported, match=r"\AUnsupported SQL statement: CALL"):
        _write(sql)
