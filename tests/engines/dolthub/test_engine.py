"""A database on DoltHub, played by the stand-in: one statement a request, nothing atomic."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import run

import httpx2
import pytest

from engines.dolthub.stand_in import EPOCH, ROOT, Clock, StandIn
from wasteland.engines.base import Ability, Engine
from wasteland.engines.dolthub.engine import DoltHubEngine
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Timing
from wasteland.engines.dolthub.secret import Secret
from wasteland.protocol import trailers
from wasteland.protocol.errors import Conflict, NotFound, Stale, Unavailable, Unsupported

BRANCH = "wl/ann/w-1"
POST = "INSERT INTO wanted (id, title, status) VALUES (:id, :title, 'open')"
CLAIM = (
    "UPDATE wanted SET status = 'claimed', claimed_by = 'ann' WHERE id = :id AND claimed_by IS NULL"
)
DONE = "INSERT INTO completions (id, wanted_id, completed_by) VALUES ('c-1', :id, 'ann')"
MESSAGE = trailers.with_operation("claim", "op-1")


class Tap(httpx2.BaseTransport):
    """Lets a test look at requests, and lose the answers to some."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner
        self.writes: list[str] = []
        self.lose: Callable[[str], bool] = lambda _: False
        self.refuse: Callable[[str], bool] = lambda _: False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        text = request.content.decode()
        if self.refuse(text):
            return httpx2.Response(502)
        if request.method == "POST":
            self.writes.append(text)
        response = self._inner.handle_request(request)
        if self.lose(text):
            raise httpx2.ReadTimeout("no answer")
        return response


class Town:
    """A board with the open items w-1 to w-3, and ann's branch."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.stand_in = StandIn(self.clock)
        self.stand_in.add("org/board")
        for number in (1, 2, 3):
            self.stand_in.arrange(
                "org/board", f"INSERT INTO wanted (id, title) VALUES ('w-{number}', 'Item')"
            )
        self.tap = Tap(self.stand_in)
        timing = Timing(self.clock, self.clock.sleep, lambda: 0.5)
        self.http = Http(ROOT, Secret("t"), transport=self.tap, timing=timing)
        self.engine = DoltHubEngine(self.http, "org", "board")

    def rows(self, table: str, branch: str = BRANCH) -> dict[str, dict[str, object]]:
        return self.stand_in.rows("org/board", branch, table)

    def change(self, *statements: str, message: str = MESSAGE) -> str:
        """Run statements about w-1 on ann's branch."""
        with self.engine.change(BRANCH) as change:
            for sql in statements:
                change.execute(sql, {"id": "w-1", "title": "Item"})
            return change.commit(message, author="ann", at=EPOCH, tables=["wanted", "completions"])


@pytest.fixture
def town() -> Town:
    made = Town()
    made.engine.create_branch(BRANCH)
    made.tap.writes.clear()
    return made


def sent(town: Town, begin: str) -> list[str]:
    return [text for text in town.tap.writes if begin in text]


# --- changes


def test_it_says_that_a_change_is_not_atomic(town: Town) -> None:
    assert Ability.ATOMIC_CHANGE not in town.engine.abilities


def test_statements_are_sent_in_order_when_the_change_is_committed(town: Town) -> None:
    with town.engine.change(BRANCH) as change:
        change.execute(DONE, {"id": "w-1"})
        change.execute(CLAIM, {"id": "w-1"})
        assert [] == town.tap.writes
        head = change.commit(MESSAGE, author="ann", at=EPOCH, tables=["wanted", "completions"])

    assert [1, 1] == [len(sent(town, word)) for word in ("INSERT", "UPDATE")]
    assert "ann" == town.rows("wanted")["w-1"]["claimed_by"]
    assert ["c-1"] == list(town.rows("completions"))
    assert head == town.engine.head(BRANCH)


def test_only_the_last_statement_names_the_operation(town: Town) -> None:
    """So that a change that was broken off is not taken for a whole one."""
    town.change(DONE, CLAIM)

    newest, before = town.engine.log(BRANCH, limit=2)
    assert ("op-1", None) == tuple(trailers.find(c.message) for c in (newest, before))


def test_an_operation_that_could_leave_its_comment_is_not_named(town: Town) -> None:
    town.change(CLAIM, message="claim\n\nWasteland-Op: x*/ DELETE FROM rigs")

    assert "*/" not in town.engine.log(BRANCH, limit=1)[0].message


def test_leaving_a_change_without_commit_sends_nothing(town: Town) -> None:
    with town.engine.change(BRANCH) as change:
        change.execute(CLAIM, {"id": "w-1"})

    assert [] == town.tap.writes


def test_a_write_that_would_find_no_row_is_stale_before_anything_is_sent(town: Town) -> None:
    with pytest.raises(Stale) as caught:
        town.change(DONE, "UPDATE wanted SET title = 'x' WHERE id = 'w-404'")

    assert {"expected": 1, "found": 0} == caught.value.facts
    assert [] == town.tap.writes


def test_a_branch_that_moved_since_the_change_began_is_stale(town: Town) -> None:
    with town.engine.change(BRANCH) as change:
        change.execute(CLAIM, {"id": "w-1"})
        town.change("UPDATE wanted SET title = 'rival' WHERE id = :id")
        with pytest.raises(Stale):
            change.commit(MESSAGE, author="ann", at=EPOCH, tables=["wanted"])

    assert town.rows("wanted")["w-1"]["claimed_by"] is None


def test_a_write_that_the_host_takes_and_that_changes_nothing_is_no_success(town: Town) -> None:
    """The host says "success" to an UPDATE whose rows a rival has taken meanwhile."""

    def steal(text: str) -> bool:
        if "UPDATE" in text:
            town.stand_in.state.branches["org/board"][BRANCH] = stolen
        return False

    town.stand_in.arrange("org/board", "UPDATE wanted SET claimed_by = 'bob'")
    stolen = town.stand_in.state.branches["org/board"]["main"]
    town.tap.refuse = steal

    with pytest.raises(Stale):
        town.change(CLAIM)


def test_a_table_that_the_commit_does_not_name_keeps_everything_back(town: Town) -> None:
    with town.engine.change(BRANCH) as change:
        change.execute(DONE, {"id": "w-1"})
        with pytest.raises(Conflict) as caught:
            change.commit(MESSAGE, author="ann", at=EPOCH, tables=["wanted"])

    assert ["completions"] == caught.value.facts["tables"]
    assert [] == town.tap.writes


@pytest.mark.parametrize("sql", [DONE, CLAIM])
def test_a_statement_whose_answer_was_lost_is_found_and_not_sent_again(
    town: Town, sql: str
) -> None:
    town.stand_in.write_s = 0.0
    town.tap.lose = lambda text: sql[:6] in text

    town.change(sql)

    assert 1 == len(sent(town, sql[:6]))
    assert 1 == len(town.engine.log(BRANCH, after="main"))


def test_a_statement_that_never_arrived_is_sent_again(town: Town) -> None:
    refusals = iter([True])
    town.tap.refuse = lambda text: "UPDATE" in text and next(refusals, False)

    town.change(CLAIM)

    assert "ann" == town.rows("wanted")["w-1"]["claimed_by"]


def test_a_host_that_swallows_everything_leaves_the_outcome_open(town: Town) -> None:
    town.tap.refuse = lambda text: "UPDATE" in text

    with pytest.raises(Unavailable) as caught:
        town.change(CLAIM)

    assert caught.value.facts["unsure"] is True
    assert town.rows("wanted")["w-1"]["claimed_by"] is None


@pytest.mark.parametrize(
    "sql", ["REPLACE INTO wanted (id) VALUES ('x')", "INSERT INTO wanted SELECT * FROM wanted"]
)
def test_a_statement_whose_rows_cannot_be_told_beforehand_is_refused(town: Town, sql: str) -> None:
    with pytest.raises(Unsupported), town.engine.change(BRANCH) as change:
        change.run(sql)


# --- branches


def test_a_branch_that_cannot_be_deleted_is_emptied_and_begins_anew(town: Town) -> None:
    town.change(DONE, CLAIM)
    town.stand_in.arrange("org/board", "UPDATE wanted SET title = 'New' WHERE id = 'w-3'")

    town.engine.delete_branch(BRANCH)
    assert [] == town.engine.diff(town.engine.merge_base("main", BRANCH) or "", BRANCH)
    assert [] == town.engine.log(BRANCH, after="main")
    town.engine.create_branch(BRANCH)

    assert [] == town.engine.diff("main", BRANCH)
    assert "New" == town.rows("wanted")["w-3"]["title"]


def test_a_branch_of_others_is_not_made_again(town: Town) -> None:
    town.change(CLAIM)

    with pytest.raises(Conflict):
        town.engine.create_branch(BRANCH)


def test_deleting_a_missing_branch_asks_for_nothing(town: Town) -> None:
    town.engine.delete_branch("wl/ann/none")

    assert [] == town.tap.writes


@pytest.mark.parametrize(
    "refused",
    [
        lambda e: e.move_branch(BRANCH, "main"),
        lambda e: e.fast_forward("main", BRANCH, expected="x"),
        lambda e: e.merge(BRANCH, author="a", at=EPOCH, message="m"),
        lambda e: e.run_ddl([], "m", author="a", at=EPOCH),
        lambda e: e.push("origin", "main"),
        lambda e: e.fetch("origin"),
        lambda e: e.gc(),
        lambda e: e.check(),
    ],
)
def test_what_is_the_hosts_affair_is_unsupported(
    town: Town, refused: Callable[[Engine], object]
) -> None:
    with pytest.raises(Unsupported):
        refused(town.engine)


# --- long results, long statements


def many(town: Town, count: int) -> Sequence[str]:
    values = ", ".join(f"('m-{n:05}', 'Many')" for n in range(count))
    town.stand_in.arrange("org/board", f"INSERT INTO wanted (id, title) VALUES {values}")
    return [f"m-{n:05}" for n in range(count)]


@pytest.mark.parametrize("count", [999, 1000, 1001, 2500])
def test_a_result_longer_than_the_hosts_limit_is_whole(town: Town, count: int) -> None:
    ids = many(town, count)
    sql = "SELECT id FROM wanted WHERE title = :title"

    assert ids == [row["id"] for row in town.engine.read(sql, {"title": "Many"})]
    assert ids == [row["id"] for row in town.engine.stream(sql, {"title": "Many"})]


def test_a_change_reads_long_results_whole_too(town: Town) -> None:
    ids = many(town, 1500)

    with town.engine.change() as change:
        rows = change.query("SELECT id FROM wanted WHERE title = 'Many'")

    assert ids == [row["id"] for row in rows]


def test_a_long_result_keeps_its_own_order_and_limit(town: Town) -> None:
    ids = many(town, 2500)
    sql = "SELECT id FROM wanted WHERE title = 'Many' ORDER BY id DESC LIMIT :n OFFSET 10"

    found = [row["id"] for row in town.engine.read(sql, {"n": 1500})]

    assert list(reversed(ids))[10:1510] == found


def test_rows_that_come_while_pages_are_read_shift_nothing(town: Town) -> None:
    ids = many(town, 1500)
    rows = town.engine.stream("SELECT id FROM wanted WHERE title = 'Many'")
    seen = [next(rows)["id"]]
    town.stand_in.arrange("org/board", "INSERT INTO wanted (id, title) VALUES ('a', 'Many')")

    assert ids == [*seen, *(row["id"] for row in rows)]


def test_a_statement_too_long_for_an_address_goes_by_v2() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        if request.method == "GET":
            return httpx2.Response(200, json={"data": {"owner": "org", "name": "board"}})
        columns = [{"name": "id", "type": "VARCHAR(64)"}, {"name": "n", "type": "BIGINT"}]
        data = {"columns": columns, "rows": [["w-1", "7"], [None, None]], "status": "success"}
        return httpx2.Response(200, json={"data": data})

    with Http(ROOT, Secret("t"), transport=httpx2.MockTransport(answer)) as http:
        engine = DoltHubEngine(http, "org", "board")
        for _ in range(2):
            rows = engine.read("SELECT id, n FROM t WHERE x = :x", {"x": "y" * 5000})

    assert [{"id": "w-1", "n": 7}, {"id": None, "n": None}] == rows
    assert ["GET", "POST", "POST"] == [request.method for request in seen]
    assert {"Bearer t"} == {request.headers["authorization"] for request in seen}


# --- refusals


def test_a_database_that_is_not_there_is_not_found(town: Town) -> None:
    with pytest.raises(NotFound):
        DoltHubEngine(town.http, "org", "nothing").head()


def test_a_local_commons_is_read_without_the_http_library() -> None:
    code = (
        "import sys, wasteland.hosts.local, wasteland.commons.sdk; "
        "raise SystemExit('httpx2' in sys.modules)"
    )

    done = run([sys.executable, "-c", code], cwd=Path(__file__).parents[3] / "src", check=False)

    assert 0 == done.returncode
