"""The driver's promises, one by one, on real files of the embedded engine."""

import enum
import gc
import math
import multiprocessing
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.engines.doltlite import driver
from wasteland.engines.doltlite._abi import ffi

LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000000)"
    " SELECT max(i) FROM n"
)
COUNT = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
    " SELECT i, 'row ' || i FROM n"
)


class Colour(enum.StrEnum):
    """A str that is not of type str."""

    RED = "red"


class Level(enum.IntEnum):
    """An int that is not of type int."""

    HIGH = 3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.db"


@pytest.fixture
def db(path: Path) -> Iterator[driver.Connection]:
    with driver.connect(path) as connection:
        connection.execute("CREATE TABLE item (id TEXT PRIMARY KEY, n INTEGER)")
        yield connection


@pytest.fixture
def commits(db: driver.Connection) -> list[str]:
    """Two commits on main, of item a with n = 1 and n = 2; a branch wl/a at the first."""
    db.executescript("SELECT dolt_config('user.name', 'A'); SELECT dolt_config('user.email', 'e')")
    db.execute("INSERT INTO item VALUES ('a', 1)")
    first = one(db, "SELECT dolt_commit('-Am', 'first')")
    one(db, "SELECT dolt_branch('wl/a')")
    db.execute("UPDATE item SET n = 2")
    return [first, one(db, "SELECT dolt_commit('-Am', 'second')")]


def one(db: driver.Connection, sql: str, parameters: Any = ()) -> Any:
    """Return the only cell of the only row."""
    [(cell,)] = db.execute(sql, parameters).fetchall()
    return cell


def open_statements(db: driver.Connection) -> int:
    """Count the statements that the library itself holds for this connection."""
    count, statement = 0, db._lib.sqlite3_next_stmt(db._db, ffi.NULL)
    while statement:
        count, statement = count + 1, db._lib.sqlite3_next_stmt(db._db, statement)
    return count


# Values


@pytest.mark.parametrize(
    "value",
    [None, 0, -(2**63), 2**63 - 1, 2.5, math.inf, "", "naïve 🦊", "a\0b\0", b"", b"\0\xff"],
)
def test_a_value_comes_back_as_it_went_in(db: driver.Connection, value: object) -> None:
    """Type and content survive, NUL characters and empty strings included."""
    back = one(db, "SELECT ?", (value,))

    assert (type(value), value) == (type(back), back)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]))
        | st.binary()
        | st.integers(-(2**63), 2**63 - 1)
    )
)
def test_any_row_survives_a_table(row: list[Any]) -> None:
    """Stored cells are read back equal and of the same type."""
    with driver.connect(":memory:") as db:
        db.execute("CREATE TABLE t (cell)")
        db.executemany("INSERT INTO t VALUES (?)", [(cell,) for cell in row])
        back = [cell for (cell,) in db.execute("SELECT cell FROM t ORDER BY rowid")]

    assert [(type(cell), cell) for cell in row] == [(type(cell), cell) for cell in back]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (True, 1),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[::2], b"ac"),
    ],
)
def test_a_relative_of_a_plain_type_is_stored_as_that_type(
    db: driver.Connection, value: object, stored: object
) -> None:
    """Booleans, enums and buffers need no conversion by the caller."""
    back = one(db, "SELECT ?", (value,))

    assert (type(stored), stored) == (type(back), back)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "\ud800"])
def test_a_value_that_does_not_fit_raises_data_error(db: driver.Connection, value: object) -> None:
    """Integers over 64 bits and lone surrogates are refused, not bent."""
    with pytest.raises(driver.DataError):
        db.execute("SELECT ?", (value,))


def test_a_value_of_another_type_raises_interface_error_with_its_type(
    db: driver.Connection,
) -> None:
    """The message says which type it was."""
    with pytest.raises(driver.InterfaceError, match="Path"):
        db.execute("SELECT ?", (Path(),))


def test_text_that_is_no_utf8_reads_with_replacement_characters(db: driver.Connection) -> None:
    """Such text can be printed and sent on; its bytes are still to be had."""
    text, raw = db.execute("SELECT t, CAST(t AS BLOB) FROM (SELECT CAST(x'61ff62' AS TEXT) AS t)"
                           ).fetchall()[0]  # fmt: skip

    assert ("a\N{REPLACEMENT CHARACTER}b", b"a\xffb") == (text, raw)


def test_a_value_over_the_length_limit_raises_data_error(db: driver.Connection) -> None:
    """SQLITE_LIMIT_LENGTH, category 0, is ours to set."""
    previous = db.set_limit(0, 1000)

    assert previous > 1000
    with pytest.raises(driver.DataError):
        db.execute("SELECT ?", ("x" * 1001,))


# Parameters and statements


def test_named_placeholders_take_a_mapping(db: driver.Connection) -> None:
    """A name used twice is one value; a value without placeholder is no mistake."""
    row = db.execute("SELECT :a, :b, :a", {"a": 1, "b": 2, "c": 3}).fetchone()

    assert (1, 2, 1) == row


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT :a", {"b": 1}),
        ("SELECT :a", (1,)),
        ("SELECT ?", {"a": 1}),
        ("SELECT ?, :a", {"a": 1}),
        ("SELECT ?", ()),
        ("SELECT ?", (1, 2)),
        ("SELECT ?", "x"),
        ("SELECT ?", 7),
        ("SELECT 1; SELECT 2", ()),
        ("SELECT 1; nonsense", ()),
        ("SELECT 1\0", ()),
        ("SELECT '\ud800'", ()),
        ("", ()),
        (" ; -- nothing\n /* here */", ()),
    ],
)
def test_a_callers_mistake_raises_programming_error(
    db: driver.Connection, sql: str, parameters: Any
) -> None:
    """Nothing is guessed, cut short or left out; the connection stays usable."""
    with pytest.raises(driver.ProgrammingError):
        db.execute(sql, parameters)

    assert 1 == one(db, "SELECT 1")


def test_blank_text_around_a_statement_is_allowed(db: driver.Connection) -> None:
    """Semicolons, space and comments are no second statement."""
    assert 1 == one(db, " ; /* a; */ -- b;\n SELECT 1 ; -- c;\n /* unclosed ; SELECT 2")


def test_executescript_runs_every_statement(db: driver.Connection) -> None:
    """In order, and rows of a SELECT among them are dropped."""
    db.executescript("INSERT INTO item VALUES ('a', 1); SELECT 1; UPDATE item SET n = 2; -- end")

    assert [("a", 2)] == db.execute("SELECT * FROM item").fetchall()


def test_values_of_one_run_do_not_reach_the_next(db: driver.Connection) -> None:
    """A None after a value, through the same cached statement, is NULL."""
    first = one(db, "SELECT ?", ("secret",))
    second = one(db, "SELECT ?", (None,))

    assert ("secret", None) == (first, second)


# Transactions and counts


def test_no_transaction_begins_by_itself(db: driver.Connection, path: Path) -> None:
    """A write outside BEGIN is at once visible to another connection."""
    db.execute("INSERT INTO item VALUES ('a', 1)")

    assert not db.in_transaction
    with driver.connect(path) as other:
        assert 1 == one(other, "SELECT count(*) FROM item")


def test_rollback_undoes_and_commit_keeps(db: driver.Connection) -> None:
    """Both end the transaction, and do nothing outside one."""
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO item VALUES ('undone', 1)")
    db.rollback()
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO item VALUES ('kept', 1)")
    assert db.in_transaction
    db.commit()
    db.commit()
    db.rollback()

    assert not db.in_transaction
    assert "kept" == one(db, "SELECT id FROM item")


def test_leaving_the_with_block_rolls_back_and_closes(db: driver.Connection, path: Path) -> None:
    """What was not committed is gone, and the lock with it."""
    with driver.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO item VALUES ('a', 1)")

    assert 0 == one(db, "SELECT count(*) FROM item")
    db.execute("BEGIN IMMEDIATE")
    with pytest.raises(driver.ProgrammingError, match="closed"):
        other.execute("SELECT 1")


def test_rowcount_says_how_many_rows_a_write_changed(db: driver.Connection) -> None:
    """One for one, zero for none, the sum for executemany, -1 where rows are not changed."""
    counts = [
        db.execute("INSERT INTO item VALUES ('a', 1)").rowcount,
        db.executemany("INSERT INTO item VALUES (?, ?)", [("b", 1), ("c", 1)]).rowcount,
        db.execute("UPDATE item SET n = 2").rowcount,
        db.execute("/* guarded */ UPDATE item SET n = 3 WHERE id = 'x'").rowcount,
        db.execute("CREATE TABLE other (id)").rowcount,
        db.execute("SELECT * FROM item").rowcount,
        db.execute("WITH w AS (SELECT 'a' AS id) DELETE FROM item WHERE id IN w").rowcount,
    ]

    assert [1, 2, 3, 0, -1, -1, 1] == counts
    assert 1 == db.changes


def test_a_write_that_returns_rows_counts_them_when_read(db: driver.Connection) -> None:
    """Before its rows are read the statement is not finished."""
    cursor = db.execute("INSERT INTO item VALUES ('a', 1), ('b', 2) RETURNING id")
    rows = cursor.fetchall()

    assert ([("a",), ("b",)], 2) == (rows, cursor.rowcount)


def test_executemany_refuses_a_statement_with_rows(db: driver.Connection) -> None:
    """Nobody could read them."""
    with pytest.raises(driver.ProgrammingError):
        db.executemany("SELECT ?", [(1,)])


def test_executemany_may_read_from_its_own_connection(db: driver.Connection) -> None:
    """The rows may come from a query that is still running."""
    db.executemany("INSERT INTO item VALUES (?, ?)", [("a", 1), ("b", 2)])
    db.execute("CREATE TABLE copy (id, n)")
    db.executemany("INSERT INTO copy VALUES (?, ?)", db.execute("SELECT * FROM item"))

    assert [("a", 1), ("b", 2)] == db.execute("SELECT * FROM copy").fetchall()


# Cursors


def test_rows_are_fetched_in_portions(db: driver.Connection) -> None:
    """One, some, the rest, none; iteration gives the same."""
    cursor = db.execute(COUNT, {"last": 5})
    cursor.arraysize = 2
    portions = [cursor.fetchone(), cursor.fetchmany(), cursor.fetchmany(1), cursor.fetchall()]
    after = [cursor.fetchone(), cursor.fetchmany(), cursor.fetchall()]

    assert [(1, "row 1"), [(2, "row 2"), (3, "row 3")], [(4, "row 4")], [(5, "row 5")]] == portions
    assert [None, [], []] == after
    assert [1, 2, 3] == [i for i, _ in db.execute(COUNT, {"last": 3})]


def test_fetching_without_a_result_raises_programming_error(db: driver.Connection) -> None:
    """Before the first statement, and after one that gives no rows."""
    cursor = db.cursor()
    with pytest.raises(driver.ProgrammingError):
        cursor.fetchone()
    with pytest.raises(driver.ProgrammingError):
        cursor.execute("DELETE FROM item").fetchall()


def test_two_cursors_with_the_same_text_do_not_disturb_each_other(db: driver.Connection) -> None:
    """A statement in use is not shared."""
    first = db.execute(COUNT, {"last": 3})
    second = db.execute(COUNT, {"last": 2})
    pairs = [(first.fetchone(), second.fetchone()) for _ in range(2)]

    assert [((1, "row 1"),) * 2, ((2, "row 2"),) * 2] == pairs
    assert [(3, "row 3")] == first.fetchall()


def test_description_names_the_columns(db: driver.Connection) -> None:
    """None for a statement without result."""
    cursor = db.execute("SELECT id, n AS number FROM item")
    names = [column[0] for column in cursor.description or ()]
    cursor.execute("DELETE FROM item")

    assert ["id", "number"] == names
    assert cursor.description is None


def test_a_cached_statement_follows_a_changed_schema(db: driver.Connection) -> None:
    """Names and number of columns are those of now, also after another connection's change."""
    db.execute("INSERT INTO item VALUES ('a', 1)")
    db.execute("SELECT * FROM item").fetchall()
    db.execute("ALTER TABLE item RENAME COLUMN n TO number")
    db.execute("ALTER TABLE item ADD COLUMN note DEFAULT 'new'")
    cursor = db.execute("SELECT * FROM item")

    assert ["id", "number", "note"] == [column[0] for column in cursor.description or ()]
    assert [("a", 1, "new")] == cursor.fetchall()


def test_a_closed_cursor_holds_no_rows_and_can_be_used_again(db: driver.Connection) -> None:
    """Leaving its with block closes it."""
    with db.execute(COUNT, {"last": 3}) as cursor:
        pass
    with pytest.raises(driver.ProgrammingError):
        cursor.fetchone()

    assert [(1, "row 1")] == cursor.execute(COUNT, {"last": 1}).fetchall()


# Errors


@pytest.mark.parametrize(
    ("sql", "kind", "code", "extended_code"),
    [
        ("SELEC 1", driver.OperationalError, 1, 1),
        ("SELECT * FROM missing", driver.OperationalError, 1, 1),
        ("INSERT INTO item VALUES ('a', 2)", driver.IntegrityError, 19, 19 | 6 << 8),
        ("SELECT zeroblob(3000000000)", driver.DataError, 18, 18),
    ],
)
def test_an_error_carries_class_code_and_message(
    db: driver.Connection, sql: str, kind: type[driver.Error], code: int, extended_code: int
) -> None:
    """The primary code picks the class; the extended one tells more."""
    db.execute("INSERT INTO item VALUES ('a', 1)")
    with pytest.raises(kind) as caught:
        db.execute(sql)

    error = caught.value
    assert (kind, code, extended_code) == (type(error), error.code, error.extended_code)
    assert str(error) == error.message != ""


def test_an_error_in_the_middle_of_a_result_reaches_the_reader(db: driver.Connection) -> None:
    """Rows before it are not mistaken for all rows; the cursor can be used again."""
    cursor = db.execute("SELECT abs(column1) FROM (VALUES (1), (-9223372036854775807 - 1))")
    with pytest.raises(driver.OperationalError, match="overflow"):
        cursor.fetchall()

    assert [(7,)] == cursor.execute("SELECT 7").fetchall()


def test_a_second_writer_is_told_that_the_file_is_locked(db: driver.Connection, path: Path) -> None:
    """After its time to wait, here none, with code 5 (busy)."""
    db.execute("BEGIN IMMEDIATE")
    with driver.connect(path, timeout_s=0) as other, pytest.raises(driver.Error) as caught:
        other.execute("BEGIN IMMEDIATE")

    assert (driver.OperationalError, 5) == (type(caught.value), caught.value.code)


def test_a_damaged_file_raises_corrupt_database(
    db: driver.Connection, commits: list[str], path: Path
) -> None:
    """It is a DatabaseError, so that general handlers see it."""
    assert issubclass(driver.CorruptDatabase, driver.DatabaseError)
    assert commits
    db.close()
    path.write_bytes(bytes(255 - byte for byte in path.read_bytes()))
    with pytest.raises(driver.CorruptDatabase), driver.connect(path) as other:
        other.execute("SELECT * FROM item").fetchall()


def test_interrupt_stops_a_statement_in_another_thread(db: driver.Connection) -> None:
    """It ends with code 9 (interrupt)."""
    caught: list[driver.Error] = []

    def run() -> None:
        try:
            db.execute(LONG)
        except driver.Error as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():  # it may not have begun at the first call
        db.interrupt()
        thread.join(0.01)

    assert [(driver.OperationalError, 9)] == [(type(error), error.code) for error in caught]


def test_a_time_limit_stops_what_runs_past_it(db: driver.Connection) -> None:
    """With code 9; lifting the limit lets long statements run again."""
    db.set_time_limit(0)
    with pytest.raises(driver.OperationalError) as caught:
        db.execute(LONG)
    db.set_time_limit(None)

    assert 9 == caught.value.code
    assert 50_000 == one(db, f"SELECT count(*) FROM ({COUNT})", {"last": 50_000})


def test_a_time_limit_not_reached_changes_nothing(db: driver.Connection) -> None:
    """The clock is looked at, and the statement goes on."""
    db.set_time_limit(3600)

    assert 50_000 == one(db, f"SELECT count(*) FROM ({COUNT})", {"last": 50_000})


# Threads and processes


def test_a_connection_may_be_handed_to_another_thread(db: driver.Connection) -> None:
    """One thread after the other is fine."""
    thread = threading.Thread(target=db.execute, args=("INSERT INTO item VALUES ('a', 1)",))
    thread.start()
    thread.join()

    assert 1 == one(db, "SELECT count(*) FROM item")


def test_two_threads_at_once_are_refused(db: driver.Connection) -> None:
    """The second is told so; the first goes on unharmed."""
    caught: list[driver.Error] = []

    def intrude() -> None:
        try:
            db.execute("SELECT 1")
        except driver.Error as error:
            caught.append(error)

    def rows() -> Iterator[tuple[str, int]]:
        thread = threading.Thread(target=intrude, daemon=True)
        thread.start()
        thread.join(10)  # if it were made to wait, it would wait for us
        yield "a", 1

    db.executemany("INSERT INTO item VALUES (?, ?)", rows())

    assert [driver.ProgrammingError] == [type(error) for error in caught]
    assert "a" == one(db, "SELECT id FROM item")


def test_a_connection_cannot_be_closed_under_a_running_statement(db: driver.Connection) -> None:
    """Nor is the statement lost."""

    def rows() -> Iterator[tuple[str, int]]:
        yield "a", 1
        with pytest.raises(driver.ProgrammingError):
            db.close()
        yield "b", 2

    assert 2 == db.executemany("INSERT INTO item VALUES (?, ?)", rows()).rowcount


def add_item(path: Path) -> None:
    """Run in a spawned process."""
    with driver.connect(path) as db:
        db.execute("INSERT INTO item VALUES ('spawned', 1)")


def test_a_spawned_process_opens_the_same_file(db: driver.Connection, path: Path) -> None:
    """It runs the same engine, and its rows are seen here without opening again."""
    process = multiprocessing.get_context("spawn").Process(target=add_item, args=(path,))
    process.start()
    process.join()

    assert 0 == process.exitcode
    assert "spawned" == one(db, "SELECT id FROM item")


# Resources


def test_the_library_holds_no_more_statements_than_the_pool(db: driver.Connection) -> None:
    """The oldest make room, whatever number of texts is run."""
    for number in range(500):
        db.execute(f"SELECT {number}").fetchall()

    assert 64 == open_statements(db)


def test_a_statement_used_again_is_not_prepared_again(path: Path) -> None:
    """The same text is one statement, also when two cursors had it at once."""
    with driver.connect(path) as db:
        for _ in range(3):
            pair = db.execute(COUNT, {"last": 2}), db.execute(COUNT, {"last": 2})
            assert 2 == open_statements(db)
            assert 2 == len([cursor.fetchall() for cursor in pair])
            assert 1 == open_statements(db)


@pytest.mark.parametrize("sql", ["SELECT ? FROM", "SELECT 1; SELECT 2"])
def test_refused_text_leaves_no_statement_behind(path: Path, sql: str) -> None:
    """Neither bad SQL nor the first of two statements."""
    with driver.connect(path) as db:
        with pytest.raises(driver.DatabaseError):
            db.execute(sql)

        assert 0 == open_statements(db)


def test_a_cursor_forgotten_half_read_gives_its_statement_back(path: Path) -> None:
    """At once, if the connection is idle."""
    with driver.connect(path, cached_statements=0) as db:
        cursor = db.execute(COUNT, {"last": 5})
        held = open_statements(db)
        del cursor
        gc.collect()

        assert (1, 0) == (held, open_statements(db))


def test_a_cursor_forgotten_while_the_connection_is_busy_gives_it_back_later(path: Path) -> None:
    """With the next use of the connection."""
    with driver.connect(path, cached_statements=0) as db:
        db.execute("CREATE TABLE item (n)")
        cursors = [db.execute(COUNT, {"last": 5})]

        def rows() -> Iterator[tuple[int]]:
            cursors.clear()
            gc.collect()
            assert 2 == open_statements(db)  # the forgotten one and the INSERT
            yield (1,)

        db.executemany("INSERT INTO item VALUES (?)", rows())
        assert 1 == one(db, "SELECT count(*) FROM item")

        assert 0 == open_statements(db)


def test_close_frees_the_statements_of_open_cursors(path: Path) -> None:
    """The cursor then refuses; closing again does nothing."""
    db = driver.connect(path)
    cursor = db.execute(COUNT, {"last": 5})
    db.close()
    db.close()
    db.interrupt()

    with pytest.raises(driver.ProgrammingError, match="closed"):
        cursor.fetchone()


def test_opening_and_closing_over_and_over_uses_no_more_memory(
    db: driver.Connection, path: Path
) -> None:
    """By the library's own count, also where close is left to the garbage collector."""

    def use() -> int:
        for _ in range(20):
            with driver.connect(path) as other:
                other.execute(COUNT, {"last": 5}).fetchone()
            forgotten = driver.connect(path)
            forgotten.execute("SELECT * FROM item").fetchall()
            del forgotten
        gc.collect()
        return int(db._lib.sqlite3_memory_used())

    use()

    assert use() == use()


def test_streaming_rows_uses_no_more_memory_for_more_rows(db: driver.Connection) -> None:
    """Neither the library nor Python keeps anything of rows that were read."""
    in_library = set()
    tracemalloc.start()
    for number, _ in db.execute(COUNT, {"last": 30_001}):
        if number % 1000 == 0:
            in_library.add(db._lib.sqlite3_memory_used())
    peak_in_python = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert 1 == len(in_library)
    assert peak_in_python < 200_000


# Opening


def test_a_path_may_end_in_a_branch_or_a_commit(
    db: driver.Connection, commits: list[str], path: Path
) -> None:
    """A branch is written to as any; a commit can only be read."""
    with driver.connect(f"{path}/wl/a") as branch:
        assert ("wl/a", 1) == branch.execute("SELECT active_branch(), n FROM item").fetchone()
        branch.execute("UPDATE item SET n = 3")
    with driver.connect(f"{path}/{commits[0]}") as revision:
        assert 1 == one(revision, "SELECT n FROM item")
        with pytest.raises(driver.OperationalError, match="readonly"):
            revision.execute("UPDATE item SET n = 3")

    assert 2 == one(db, "SELECT n FROM item")


@pytest.mark.parametrize("place", ["", "/wl/mine"])
def test_a_lazy_clone_opens_by_uri_also_at_a_branch(
    db: driver.Connection, commits: list[str], path: Path, tmp_path: Path, place: str
) -> None:
    """It reads its rows from the origin when they are asked for."""
    fork = tmp_path / "fork.db"
    with driver.connect(fork) as clone:
        clone.execute("SELECT dolt_clone('--lazy', ?)", (path.as_uri(),))
    with driver.connect(f"{fork.as_uri()}?lazy_origin=1", uri=True) as clone:
        one(clone, "SELECT dolt_branch('wl/mine')")
    with driver.connect(f"{fork.as_uri()}{place}?lazy_origin=1", uri=True) as clone:
        assert (place[1:] or "main", 2) == clone.execute(
            "SELECT active_branch(), n FROM item"
        ).fetchone()

    assert commits[1] == one(db, "SELECT dolt_hashof('main')")


def test_a_read_only_connection_refuses_writes(db: driver.Connection, path: Path) -> None:
    """Rows and branches alike."""
    assert 0 == one(db, "SELECT count(*) FROM item")
    with driver.connect(path, read_only=True) as reader:
        assert 0 == one(reader, "SELECT count(*) FROM item")
        for sql in ("INSERT INTO item VALUES ('a', 1)", "SELECT dolt_branch('b')"):
            with pytest.raises(driver.OperationalError) as caught:
                reader.execute(sql)
            assert 8 == caught.value.code


@pytest.mark.parametrize("options", [{"create": False}, {"read_only": True}])
def test_a_missing_file_is_only_made_on_request(path: Path, options: dict[str, Any]) -> None:
    """Otherwise opening fails with code 14 (cannot open) and leaves nothing behind."""
    with pytest.raises(driver.OperationalError) as caught:
        driver.connect(path, **options)

    assert 14 == caught.value.code
    assert [] == list(path.parent.iterdir())


@pytest.mark.parametrize("place", ["/nope", "\0"])
def test_a_place_that_does_not_exist_cannot_be_opened(
    db: driver.Connection, path: Path, place: str
) -> None:
    """An unknown branch, and a path that the library would cut short."""
    assert not db.in_transaction
    with pytest.raises(driver.DatabaseError):
        driver.connect(f"{path}{place}")
