"""What the doctor finds in a commons' database, and how it mends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commons.users import BOARD, User, maintainer, run_sql
from wasteland.commons import heads, workspace
from wasteland.commons.doctor import engine as checks_engine
from wasteland.commons.doctor import refs as checks_refs
from wasteland.commons.doctor.findings import Level
from wasteland.commons.session import Seat
from wasteland.commons.work import Work
from wasteland.engines.dolt.server import Server
from wasteland.hosts.base import PullState

_DIRT = "INSERT INTO wanted (id, title) VALUES ('w-dirt', 'left behind')"
_POST = "INSERT INTO wanted (id, title, posted_by) VALUES (:id, :id, 'org')"


@pytest.fixture
def user(tmp_path: Path) -> User:
    return maintainer(tmp_path / "home")


def post(user: User, item: str, *, at: datetime | None = None) -> str:
    """Commit one item to main and return the head."""
    with user.engine() as engine, engine.change() as change:
        change.execute(_POST, {"id": item})
        return change.commit("post", author="org", at=at or datetime.now(UTC), tables=["wanted"])


def test_a_healthy_commons_has_no_findings_but_good_ones(user: User) -> None:
    assert {Level.OK} == {finding.level for finding in user.diagnose()}


def test_the_doctor_changes_nothing_unless_asked(user: User) -> None:
    before = {path: path.read_bytes() for path in user.settings.host.rglob("*.db")}

    user.diagnose()

    assert before[user.file] == user.file.read_bytes()


def test_a_damaged_file_is_a_problem(user: User) -> None:
    post(user, "w-1")
    data = bytearray(user.file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    user.file.write_bytes(bytes(data))

    found = [finding for finding in user.diagnose() if finding.commons]

    assert ["integrity"] == [finding.check for finding in found]
    assert (Level.PROBLEM, f"restore {user.file} from a backup") == (found[0].level, found[0].fix)


@pytest.mark.parametrize(("size", "check"), [(0, "open"), (10, "integrity"), (1000, "schema")])
def test_what_little_is_left_of_a_file_is_a_problem(user: User, size: int, check: str) -> None:
    user.file.write_bytes(user.file.read_bytes()[:size])

    finding = [finding for finding in user.diagnose() if finding.commons][-1]

    assert (check, Level.PROBLEM) == (finding.check, finding.level)
    assert finding.fix.startswith(f"restore {user.file} from a backup")


def test_nothing_is_mended_in_a_file_that_was_cut(user: User) -> None:
    post(user, "w-1")
    whole = user.file.read_bytes()
    post(user, "w-2")
    user.diagnose()
    user.file.write_bytes(user.file.read_bytes()[: len(whole)])

    user.diagnose(fix=True)

    assert whole == user.file.read_bytes()


def test_a_file_whose_tail_is_cut_off_is_noticed_by_its_head(user: User) -> None:
    post(user, "w-1")
    whole = user.file.read_bytes()
    post(user, "w-2")
    user.diagnose()
    user.file.write_bytes(user.file.read_bytes()[: len(whole)])

    finding = user.finding("head")

    assert Level.PROBLEM is finding.level
    assert finding.fix.startswith(f"restore {user.file} from a backup; if this state is right: rm ")


def test_the_doctor_never_takes_a_cut_file_for_good(user: User) -> None:
    post(user, "w-1")
    whole = user.file.read_bytes()
    post(user, "w-2")
    user.diagnose()
    user.file.write_bytes(user.file.read_bytes()[: len(whole)])

    assert user.finding("head", fix=True).is_open_problem
    assert user.finding("head").is_open_problem


def test_a_main_that_moved_back_is_a_warning_once(user: User) -> None:
    first = post(user, "w-1")
    post(user, "w-2")
    user.diagnose()
    with user.engine() as engine:
        engine.move_branch("main", first)

    assert Level.WARN is user.finding("head").level
    assert Level.OK is user.finding("head").level


def test_a_main_that_grew_is_remembered(user: User) -> None:
    user.diagnose()
    newest = post(user, "w-1")

    assert Level.OK is user.finding("head").level
    assert newest == heads.recall(heads.place(user.settings.state, str(user.file), BOARD))


def test_rows_that_nobody_committed_are_a_problem(user: User) -> None:
    run_sql(user.file, _DIRT)

    finding = user.finding("dirty")

    assert Level.PROBLEM is finding.level
    assert "wanted" in finding.message
    assert ["wanted"] == user.engine().dirty()


def test_fix_keeps_uncommitted_rows_on_a_branch_and_cleans_main(user: User) -> None:
    post(user, "w-1")
    post(user, "w-2")
    head = user.engine().head()
    run_sql(
        user.file,
        _DIRT,
        "UPDATE wanted SET title = 'other' WHERE id = 'w-1'",
        "DELETE FROM wanted WHERE id = 'w-2'",
    )

    finding = user.finding("dirty", fix=True)

    with user.engine() as engine:
        [backup] = engine.branches("backup/dirty-")
        kept = engine.read("SELECT id, title FROM wanted ORDER BY id", ref=backup.name)
        assert finding.fixed
        assert (head, []) == (engine.head(), engine.dirty())
        assert [("w-1", "other"), ("w-dirt", "left behind")] == [
            (row["id"], row["title"]) for row in kept
        ]


def test_fix_leaves_an_uncommitted_table_alone(user: User) -> None:
    run_sql(user.file, "CREATE TABLE notes (id TEXT PRIMARY KEY)", "INSERT INTO notes VALUES ('x')")

    assert user.finding("dirty", fix=True).is_open_problem
    assert ["notes"] == user.engine().dirty()


def test_a_leftover_of_garbage_collection_is_removed(user: User) -> None:
    leftover = user.file.with_name(f"{user.file.name}-gc-tmp")
    leftover.write_bytes(b"half")

    assert Level.WARN is user.finding("garbage").level
    assert leftover.exists()
    assert user.finding("garbage", fix=True).fixed
    assert not leftover.exists()


@pytest.mark.parametrize(
    ("version", "level"),
    [("1.0", Level.WARN), ("1.2", Level.OK), ("1.9", Level.WARN), ("2.0", Level.PROBLEM),
     ("new", Level.PROBLEM)],
)  # fmt: skip
def test_the_schema_version_is_compared(user: User, version: str, level: Level) -> None:
    with user.engine() as engine, engine.change() as change:
        sql = "UPDATE `_meta` SET `value` = :version WHERE `key` = 'schema_version'"
        change.run(sql, {"version": version})
        change.commit("schema", author="org", at=datetime.now(UTC), tables=["_meta"])

    assert level is user.finding("schema").level


def test_a_database_without_the_tables_is_no_commons(user: User) -> None:
    with user.engine() as engine:
        engine.run_ddl(["DROP TABLE stamps"], "drop", author="org", at=datetime.now(UTC))

    assert "stamps" in user.finding("schema").message
    assert Level.PROBLEM is user.finding("schema").level


def test_commits_of_the_future_are_a_warning(user: User) -> None:
    post(user, "w-1", at=datetime.now(UTC) + timedelta(days=2))

    assert Level.WARN is user.finding("clock").level


def test_a_file_of_mostly_garbage_is_collected(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_engine, "GC_FROM_BYTES", 50_000)
    for number in range(5):
        with user.engine() as engine:
            engine.create_branch(f"b{number}")
    before = user.file.stat().st_size

    assert Level.WARN is user.finding("size").level
    assert user.finding("size", fix=True).fixed
    assert user.file.stat().st_size < before


def test_many_branches_are_a_warning_and_merged_ones_are_deleted(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks_refs, "MANY_BRANCHES", 3)
    with user.engine() as engine:
        for number in range(4):
            engine.create_branch(f"wl/ada/w-{number}")
        with engine.change("wl/ada/w-3") as change:
            change.execute(_POST, {"id": "w-own"})
            change.commit("own", author="ada", at=datetime.now(UTC), tables=["wanted"])

    assert Level.WARN is user.finding("branches").level
    assert user.finding("branches", fix=True).fixed
    assert ["main", "wl/ada/w-3"] == [branch.name for branch in user.engine().branches()]


def test_too_many_branches_are_a_problem(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks_refs, "MANY_BRANCHES", 1)
    monkeypatch.setattr(checks_refs, "TOO_MANY_BRANCHES", 2)
    with user.engine() as engine:
        engine.create_branch("a")
        engine.create_branch("b")

    assert Level.PROBLEM is user.finding("branches").level


def test_a_pull_request_without_its_branch_is_closed(user: User) -> None:
    with workspace.local_host(user.settings.host, user.settings) as host:
        host.engine(BOARD).create_branch("wl/org/w-1")
        pull = host.open_pull(
            BOARD, source=BOARD, branch="wl/org/w-1", title="t", body="", author="org"
        )
        host.engine(BOARD).delete_branch("wl/org/w-1")

    assert Level.PROBLEM is user.finding("pulls").level
    assert user.finding("pulls", fix=True).fixed
    with workspace.local_host(user.settings.host, user.settings) as host:
        assert PullState.CLOSED is host.pull(BOARD, pull.id).state


def test_an_operation_that_landed_without_a_receipt_is_named(user: User) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with workspace.local_host(user.settings.host, user.settings) as host:
        host._clock = lambda: hour_ago  # type: ignore[attr-defined]
        host.begin_operation(BOARD, "op-lost", actor="org", digest="0")
        with host.engine(BOARD).change() as change:
            change.execute(_POST, {"id": "w-1"})
            message = "post\n\nWasteland-Op: op-lost"
            change.commit(message, author="org", at=hour_ago, tables=["wanted"])

    finding = user.finding("unfinished")

    assert Level.WARN is finding.level
    assert "op-lost" in finding.message


def test_a_refused_operation_is_not_reported(user: User) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with workspace.local_host(user.settings.host, user.settings) as host:
        host._clock = lambda: hour_ago  # type: ignore[attr-defined]
        host.begin_operation(BOARD, "op-refused", actor="org", digest="0")

    assert Level.OK is user.finding("unfinished").level


def test_a_lease_that_ended_is_released(user: User) -> None:
    past = datetime.now(UTC) - timedelta(days=4)
    with workspace.local_host(user.settings.host, user.settings) as host:
        host._clock = lambda: past  # type: ignore[attr-defined]
        work = Work(host, BOARD, Seat("org", "org"))
        item = work.post(title="x").id
        work.claim(item)

    assert item in user.finding("claims").message
    assert user.finding("claims", fix=True).fixed
    rows = user.engine().read("SELECT status FROM wanted WHERE id = :id", {"id": item})
    assert [{"status": "open"}] == rows


@pytest.mark.dolt
def test_fix_keeps_uncommitted_rows_on_a_dolt_server_too(tmp_path: Path, dolt_program: str) -> None:
    user = maintainer(tmp_path / "home", dolt=dolt_program)
    databases = user.settings.host / ".dolt-databases"
    server = Server.attach(databases, program=user.settings.dolt)
    try:
        with server.connect() as session, session.cursor() as cursor:
            cursor.execute("USE `org__board`")
            cursor.execute(_DIRT)
            cursor.execute("COMMIT")

        assert user.finding("dirty", fix=True).fixed
        assert {Level.OK} == {f.level for f in user.diagnose()}
    finally:
        server.stop()


def test_a_commons_whose_creation_was_killed_is_told_how_to_go_on(user: User) -> None:
    with workspace.local_host(user.settings.host, user.settings) as host:
        host.delete(BOARD)
        host.create(BOARD)
    heads.place(user.settings.state, str(user.file), BOARD).unlink(missing_ok=True)

    finding = user.finding("schema")

    assert Level.PROBLEM is finding.level
    assert finding.fix.endswith("or: wl create org/board if it never held anything")
