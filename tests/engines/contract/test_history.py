"""The log, the state at a date, and the versions of a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engines.laboratory import AT, INSERT_WANTED, SCHEMA, Lab, post, retitle, save, wanted
from wasteland.engines.base import Commit, Engine
from wasteland.protocol.errors import NotFound

MESSAGES = [
    "one line",
    "subject\n\nbody with 'quotes', \"double\" and `ticks`\n\nWasteland-Op: op-1",
    "-m --author x",
    "100 % :name %s ? {} \\ ünïcode 🪨",
    "; DROP TABLE wanted; --",
]


def commit(
    engine: Engine, message: str, author: str = "ann", email: str = "", at: datetime = AT
) -> Commit:
    """Commit one new item, and return the newest entry of the log."""
    with engine.change() as change:
        change.execute(INSERT_WANTED, wanted(f"w-{len(engine.log())}"))
        change.commit(message, author=author, email=email, at=at, tables=["wanted"])
    return engine.log(limit=1)[0]


@pytest.mark.parametrize("message", MESSAGES)
def test_the_log_keeps_author_date_and_the_whole_message(engine: Engine, message: str) -> None:
    entry = commit(engine, message, "Ann B.", "ann@example.org")

    assert Commit(engine.head(), "Ann B.", "ann@example.org", AT, message) == entry


def test_a_missing_address_reads_as_empty(engine: Engine) -> None:
    assert not commit(engine, "m", email="").email


@pytest.mark.parametrize(
    ("author", "email"),
    [("Eve <root@x>", ""), ("a\nb", "e\n@x"), ("", ""), ("<>", "<>"), ('O\'Neil "x" \\', "o@x")],
)
def test_an_author_cannot_break_out_of_its_field(engine: Engine, author: str, email: str) -> None:
    entry = commit(engine, "m", author, email)

    assert entry.author
    assert not set("<>\n") & set(entry.author + entry.email)


def test_dates_are_utc_and_whole_seconds(engine: Engine) -> None:
    east = timezone(timedelta(hours=2))

    entry = commit(engine, "m", at=datetime(2026, 3, 1, 1, 30, 0, 999, tzinfo=east))

    assert datetime(2026, 2, 28, 23, 30, tzinfo=UTC) == entry.at


def test_the_log_is_newest_first_and_can_be_cut(engine: Engine) -> None:
    heads = [post(engine, f"w-{n}") for n in range(4)]

    assert [c.hash for c in engine.log(limit=2)] == [heads[3], heads[2]]
    assert [c.hash for c in engine.log(after=heads[1])] == [heads[3], heads[2]]
    assert [c.hash for c in engine.log(heads[2], after=heads[0])] == [heads[2], heads[1]]
    assert engine.log(after="main") == []


def test_the_log_of_a_branch_without_mains_commits_is_its_own(engine: Engine) -> None:
    post(engine, "w-1")
    engine.create_branch("wl/bob/w-2")
    own = post(engine, "w-2", branch="wl/bob/w-2")
    post(engine, "w-3")

    assert [c.hash for c in engine.log("wl/bob/w-2", after="main")] == [own]


def test_the_log_of_a_missing_ref_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.log("nope")
    with pytest.raises(NotFound):
        engine.log(after="nope")


def test_the_state_at_a_date_is_the_last_commit_before_it(engine: Engine) -> None:
    # The first commit of a database has the date of its making; ours come after it.
    start = datetime(2100, 1, 1, tzinfo=UTC)
    first = commit(engine, "one", at=start)
    second = commit(engine, "two", at=start + timedelta(days=1))

    assert engine.commit_at(start) == first.hash
    assert engine.commit_at(start + timedelta(hours=23)) == first.hash
    assert engine.commit_at(start + timedelta(days=1)) == second.hash
    assert engine.commit_at(start + timedelta(days=9), ref=first.hash) == first.hash


def test_the_state_before_the_history_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.commit_at(datetime(1999, 1, 1, tzinfo=UTC))


def test_a_rows_history_has_one_version_for_each_commit_that_changed_it(engine: Engine) -> None:
    later = AT + timedelta(hours=1)
    posted = post(engine, "w-1")
    post(engine, "w-2")
    retitled = retitle(engine, "w-1", "new", at=later)
    post(engine, "w-3")

    versions = engine.history("wanted", "w-1")

    seen = [(v.commit, v.author, v.at, v.row["title"]) for v in versions]
    assert seen == [(retitled, "alice", later, "new"), (posted, "alice", AT, "Item w-1")]
    assert set(versions[0].row) == set(wanted("w-1"))


def test_a_rows_history_is_that_of_the_ref(engine: Engine) -> None:
    first = post(engine, "w-1")
    engine.create_branch("wl/bob/w-1")
    branched = retitle(engine, "w-1", "new", branch="wl/bob/w-1")

    assert [v.commit for v in engine.history("wanted", "w-1")] == [first]
    on_branch = engine.history("wanted", "w-1", ref="wl/bob/w-1")
    assert [v.commit for v in on_branch] == [branched, first]


def test_a_row_that_never_was_has_no_history(engine: Engine) -> None:
    assert engine.history("wanted", "w-404") == []


def test_the_history_of_a_schema_that_others_just_made_is_seen(lab: Lab) -> None:
    engine = lab.create("bare")
    engine.head()
    with lab.opener(engine)() as other:
        other.run_ddl(SCHEMA, "schema", author="root", at=AT)
        head = post(other, "w-1")

    assert [version.commit for version in engine.history("wanted", "w-1")] == [head]


def test_the_history_of_a_new_table_is_seen_at_once(engine: Engine) -> None:
    post(engine, "w-1")
    engine.history("wanted", "w-1")
    ddl = ["CREATE TABLE extra (id VARCHAR(8) PRIMARY KEY)", "INSERT INTO extra VALUES ('x')"]
    head = engine.run_ddl(ddl, "extra", author="root", at=AT)

    assert [(v.commit, v.row) for v in engine.history("extra", "x")] == [(head, {"id": "x"})]


def test_a_rows_history_across_a_merge_names_the_commits_that_changed_it(engine: Engine) -> None:
    hours = [AT + timedelta(hours=n) for n in range(5)]
    posted = post(engine, "w-1")
    engine.create_branch("side")
    on_main = retitle(engine, "w-1", "main", at=hours[1])
    elsewhere = "UPDATE wanted SET project = 'p' WHERE id = 'w-1'"
    save(engine, INSERT_WANTED, [wanted("w-2")], branch="side", at=hours[2])
    on_side = save(engine, elsewhere, [{}], branch="side", at=hours[3])
    merged = engine.merge("side", author="ann", at=hours[4], message="merge")

    versions = engine.history("wanted", "w-1")

    assert {posted, on_main, on_side, merged} == {v.commit for v in versions}
    assert (merged, posted) == (versions[0].commit, versions[-1].commit)
