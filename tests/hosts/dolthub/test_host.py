"""DoltHub as a host, played by the stand-in, and what a hub of ours does better."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from engines.dolthub.hubs import LiveHub
from engines.dolthub.stand_in import ROOT, Clock, StandIn
from engines.dolthub.test_engine import BRANCH, CLAIM, Tap
from engines.dolthub.toxics import POISONS, SLOW_MERGE, STALE, Toxic
from hosts.boards import BOARD, NOON, accepting, claim, claiming
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Timing
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import HostAbility, PullRequest, PullState, RepoName
from wasteland.hosts.dolthub.host import DoltHubHost
from wasteland.protocol import trailers
from wasteland.protocol.errors import Conflict, Invalid, NotFound, Unavailable, Unsupported

FORK = RepoName("ann", "board")


class Town:
    """DoltHub with the board org/board and its item w-1, as ann and org see it."""

    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        self.stand_in = StandIn(self.clock)
        self.stand_in.add(str(BOARD))
        self.arrange("INSERT INTO wanted (id, title) VALUES ('w-1', 'Item')")
        self.tap = Tap(self.stand_in)
        self.ann = self._host(home / "ann")
        self.org = self._host(home / "org")

    def _host(self, home: Path) -> DoltHubHost:
        timing = Timing(self.clock, self.clock.sleep, lambda: 0.5)
        http = Http(ROOT, Secret("t"), transport=self.tap, timing=timing)
        return DoltHubHost(http, home, clock=lambda: NOON)

    def arrange(self, sql: str) -> None:
        self.stand_in.arrange(str(BOARD), sql)

    def offer(self, branch: str = BRANCH) -> PullRequest:
        """Claim w-1 on a branch of ann's fork and offer it."""
        source = self.ann.fork(BOARD, "ann")
        engine = self.ann.engine(source)
        engine.create_branch(branch)
        with engine.change(branch) as change:
            change.execute(CLAIM, {"id": "w-1"})
            message = trailers.with_operation("claim", "op-1")
            change.commit(message, author="ann", at=NOON, tables=["wanted"])
        return self.ann.open_pull(
            BOARD, source=source, branch=branch, title="claim", body="Mine.", author="ann"
        )

    def pulls(self, repo: RepoName = BOARD) -> list[str]:
        return [pull.state for pull in self.stand_in.state.pulls.get(str(repo), [])]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.ann.close()
    made.org.close()


def test_it_says_that_it_is_not_ours(town: Town) -> None:
    assert {HostAbility.PULL_REQUESTS, HostAbility.FORKS} == town.ann.abilities


def test_nothing_is_merged_past_the_host(town: Town) -> None:
    with pytest.raises(Unsupported):
        town.ann.merge(BOARD, [], accepting())


# --- forks


def test_a_fork_is_made_once(town: Town) -> None:
    assert [FORK, FORK] == [town.ann.fork(BOARD, "ann") for _ in range(2)]
    assert [FORK] == town.ann.forks(BOARD)
    assert 1 == len([text for text in town.tap.writes if "parentOwnerName" in text])


def test_a_fork_that_another_machine_made_is_used(town: Town) -> None:
    town.org.fork(BOARD, "ann")

    assert FORK == town.ann.fork(BOARD, "ann")


def test_a_fork_whose_answer_is_lost_is_found(town: Town) -> None:
    town.tap.lose = lambda text: "parentOwnerName" in text

    assert FORK == town.ann.fork(BOARD, "ann")


def test_something_else_of_that_name_is_a_conflict(town: Town) -> None:
    town.stand_in.add("ann/board")

    with pytest.raises(Conflict):
        town.ann.fork(BOARD, "ann")


def test_the_main_of_a_fork_is_brought_up_to_upstreams(town: Town) -> None:
    """DoltHub never does; an item that was posted since could not be claimed there."""
    town.ann.fork(BOARD, "ann")
    town.arrange("INSERT INTO wanted (id, title) VALUES ('w-2', 'Later')")

    town.ann.fork(BOARD, "ann")

    rows = town.ann.engine(FORK).read("SELECT id FROM wanted ORDER BY id")
    assert ["w-1", "w-2"] == [row["id"] for row in rows]
    assert ["Merged"] == town.pulls(FORK)


def test_a_fork_that_is_up_to_date_is_left_alone(town: Town) -> None:
    town.ann.fork(BOARD, "ann")
    town.ann.fork(BOARD, "ann")

    assert [] == town.pulls(FORK)


# --- pull requests


def test_a_pull_request_names_account_branch_head_and_operation(town: Town) -> None:
    pull = town.offer()

    assert ("1", BOARD, FORK, BRANCH, "ann", PullState.OPEN) == (
        pull.id,
        pull.repo,
        pull.source,
        pull.branch,
        pull.author,
        pull.state,
    )
    assert town.ann.engine(FORK).head(BRANCH) == pull.head
    assert "op-1" == trailers.find(pull.body)
    assert [("open", "claimed")] == [c.cells["status"] for c in town.org.changes(pull)]


def test_a_branch_is_offered_once_although_the_answer_is_lost(town: Town) -> None:
    town.tap.lose = lambda text: "fromBranchName" in text

    pull = town.offer()

    assert ("1", ["Open"]) == (pull.id, town.pulls())


def test_a_branch_that_is_offered_already_is_found_again(town: Town) -> None:
    first = town.offer()

    again = town.ann.open_pull(
        BOARD, source=FORK, branch=BRANCH, title="claim", body="", author="ann"
    )

    assert first == again
    assert ["Open"] == town.pulls()


def test_an_offer_is_told_once_lists_show_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks next would not find it there, and take its branch for one never offered."""
    lists = town.stand_in._list
    late = town.clock() + 40.0
    nothing = {"status": "Success", "pulls": []}
    monkeypatch.setattr(
        town.stand_in, "_list", lambda *asked: lists(*asked) if town.clock() > late else nothing
    )

    pull = town.offer()

    assert town.clock() > late
    assert [pull.id] == [found.id for found in town.ann.pulls(BOARD)]


def test_lists_longer_than_a_page_are_read_to_their_end(town: Town) -> None:
    for number in range(5):
        town.offer(f"wl/ann/w-{number}")
    town.ann.end_pull(BOARD, "2", state=PullState.CLOSED)

    assert ["1", "3", "4", "5"] == [pull.id for pull in town.org.pulls(BOARD)]
    assert 5 == len(town.org.pulls(BOARD, state=None))
    assert [] == town.org.pulls(BOARD, author="bob")
    assert ["2"] == [pull.id for pull in town.org.pulls(BOARD, state=PullState.CLOSED)]


def test_a_list_whose_pages_never_end_is_left(town: Town) -> None:
    def endless(request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(200, json={"pulls": [], "next_page_token": "again"})

    http = Http(ROOT, transport=httpx2.MockTransport(endless))
    host = DoltHubHost(http, town.ann._home / "endless")

    assert [] == host.pulls(BOARD)
    host.close()


def test_closing_tells_the_reason_and_empties_a_branch_of_ours(town: Town) -> None:
    pull = town.offer()

    ended = town.ann.end_pull(BOARD, pull.id, state=PullState.CLOSED, reason="second thoughts")

    assert (PullState.CLOSED, "second thoughts") == (ended.state, ended.reason)
    closed = town.stand_in.state.pulls[str(BOARD)][0]
    assert ("Closed:\n> second thoughts", []) == (closed.body[:25], closed.comments)
    engine = town.ann.engine(FORK)
    assert [] == engine.diff(engine.merge_base("main", BRANCH) or "", BRANCH)


def test_closing_a_closed_one_tells_no_reason_twice(town: Town) -> None:
    pull = town.offer()
    town.ann.end_pull(BOARD, pull.id, state=PullState.CLOSED, reason="second thoughts")

    again = town.ann.end_pull(BOARD, pull.id, state=PullState.CLOSED, reason="second thoughts")

    assert (PullState.CLOSED, "") == (again.state, again.reason)
    assert 1 == town.stand_in.state.pulls[str(BOARD)][0].body.count("second thoughts")


def test_a_branch_of_others_is_left_when_its_pull_request_is_closed(town: Town) -> None:
    pull = town.offer()

    town.org.end_pull(BOARD, pull.id, state=PullState.CLOSED)

    assert pull.head == town.ann.engine(FORK).head(BRANCH)


def test_one_that_went_on_stays_open(town: Town) -> None:
    pull = town.offer()

    kept = town.ann.end_pull(BOARD, pull.id, state=PullState.CLOSED, head="0" * 32)

    assert PullState.OPEN is kept.state


def test_a_merge_is_waited_for(town: Town) -> None:
    pull = town.offer()
    town.stand_in.merge_s = 30.0

    merged = town.org.merge_pull(BOARD, pull.id)

    assert (PullState.MERGED, True) == (merged.state, town.clock() >= 30.0)
    assert merged == town.org.merge_pull(BOARD, pull.id)


def test_a_merge_that_takes_too_long_is_left_open(town: Town) -> None:
    pull = town.offer()
    town.stand_in.merge_s = 1000.0

    with pytest.raises(Unavailable) as caught:
        town.org.merge_pull(BOARD, pull.id)

    assert caught.value.facts["unsure"] is True


def test_a_closed_pull_request_is_not_merged(town: Town) -> None:
    pull = town.offer()
    town.ann.end_pull(BOARD, pull.id, state=PullState.CLOSED)

    with pytest.raises(Conflict):
        town.org.merge_pull(BOARD, pull.id)


def test_main_is_not_offered_nor_what_is_no_fork(town: Town) -> None:
    town.offer()
    town.stand_in.add("ann/other")

    for source, branch in ((FORK, "main"), (RepoName("ann", "other"), BRANCH)):
        with pytest.raises(Invalid):
            town.ann.open_pull(BOARD, source=source, branch=branch, title="", body="", author="")


@pytest.mark.parametrize("number", ["7", "x", "../1", "9" * 40, "-1", ""])
def test_a_number_that_is_none_is_not_found(town: Town, number: str) -> None:
    with pytest.raises(NotFound):
        town.ann.pull(BOARD, number)


def test_remarks_are_sent_and_not_shown(town: Town) -> None:
    pull = town.offer()

    town.org.comment(BOARD, pull.id, author="org", body="Why?")

    assert ["Why?"] == town.stand_in.state.pulls[str(BOARD)][0].comments
    with pytest.raises(Unsupported):
        town.org.comments(BOARD, pull.id)


def test_a_remark_whose_answer_is_lost_is_not_made_twice(town: Town) -> None:
    pull = town.offer()
    town.tap.lose = lambda text: "Why?" in text

    with pytest.raises(Unavailable) as caught:
        town.org.comment(BOARD, pull.id, author="org", body="Why?")

    assert caught.value.facts["unsure"] is True
    assert ["Why?"] == town.stand_in.state.pulls[str(BOARD)][0].comments


# --- a hub of ours


@pytest.fixture
def alice(live: LiveHub, tmp_path: Path) -> Iterator[DoltHubHost]:
    """The hub as alice sees it."""
    with DoltHubHost(live.client("alice"), tmp_path / "home", clock=lambda: NOON) as host:
        yield host


def test_the_main_of_a_fork_on_a_hub_follows_by_itself(live: LiveHub, alice: DoltHubHost) -> None:
    fork = alice.engine(alice.fork(BOARD, "alice"))

    head = live.hub.host.merge(BOARD, [], claiming("w-1", "bob"))

    assert head == fork.head()
    assert [] == alice.pulls(alice.fork(BOARD, "alice"), state=None)


def test_a_change_on_a_hub_is_one_commit_with_its_whole_message(
    live: LiveHub, alice: DoltHubHost
) -> None:
    source = alice.fork(BOARD, "alice")
    engine = alice.engine(source)
    engine.create_branch("wl/alice/w-1")
    message = trailers.with_operation("claim", "op-1")
    with engine.change("wl/alice/w-1") as change:
        for item in ("w-1", "w-2"):
            change.execute("UPDATE wanted SET claimed_by = 'alice' WHERE id = :id", {"id": item})
        change.commit(message, author="alice", at=NOON, tables=["wanted"])

    (commit,) = engine.log("wl/alice/w-1", after="main")
    assert message == commit.message


def test_a_guard_that_fails_on_a_hub_keeps_nothing(live: LiveHub, alice: DoltHubHost) -> None:
    source = alice.fork(BOARD, "alice")
    claim(alice.engine(source), "wl/alice/w-1", "w-1", "alice")
    engine = alice.engine(source)
    head = engine.head("wl/alice/w-1")

    with engine.change("wl/alice/w-1") as change:
        change.execute("UPDATE wanted SET title = 'x' WHERE id = 'w-2'")
        change.execute("UPDATE wanted SET title = 'x' WHERE id = 'w-404'")
        with pytest.raises(Conflict):
            change.commit("x", author="alice", at=NOON, tables=["wanted"])

    assert head == engine.head("wl/alice/w-1")
    assert [] == live.hub.host.pulls(BOARD)


@pytest.mark.parametrize("kind", [kind for kind in POISONS if kind not in {STALE, SLOW_MERGE}])
def test_faults_between_us_and_a_hub_double_nothing(
    live: LiveHub, tmp_path: Path, kind: str
) -> None:
    """One commit, one pull request, one remark, whatever became of the answers."""
    clock = Clock()
    toxic = Toxic(live.transport, kind, clock, seed=1)
    timing = Timing(clock, clock.sleep, toxic.chance)
    http = live.client("alice", wrap=lambda _: toxic, timing=timing)
    with DoltHubHost(http, tmp_path / "home", clock=lambda: NOON) as host:
        source = host.fork(BOARD, "alice")
        claim(host.engine(source), "wl/alice/w-1", "w-1", "alice")
        pull = host.open_pull(
            BOARD, source=source, branch="wl/alice/w-1", title="t", body="", author="alice"
        )
        host.comment(BOARD, pull.id, author="alice", body="Please.")

    behind = live.hub.host
    assert ["1"] == [found.id for found in behind.pulls(BOARD, state=None)]
    assert ["claim"] == [c.message for c in behind.engine(source).log(pull.head, after="main")]
    assert ["Please."] == [remark.body for remark in behind.comments(BOARD, pull.id)]
    assert toxic.spoiled
