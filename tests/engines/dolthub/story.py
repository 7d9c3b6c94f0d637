"""
Eight verbs of a rig, a reviewer and a maintainer on a host, as a story that faults may spoil.

Each verb is repeated under its operation id until it is done, as a user would repeat a command.
What it left on the host is compared with what it leaves without faults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engines.dolthub.stand_in import ROOT, Clock, StandIn
from engines.dolthub.toxics import SLOW_MERGE, STALE, TIMEOUT_S, Toxic
from wasteland.commons.receipts import PENDING
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.base import MAIN
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Limits, Timing
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts import replay
from wasteland.hosts.base import PullState, RepoName
from wasteland.hosts.dolthub.host import DoltHubHost
from wasteland.protocol import trailers
from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import EngineError, NotFound, Stale

BOARD: Final = RepoName("org", "board")
VERBS: Final = ("join", "post", "claim", "unclaim", "done", "reject", "merge", "accept")
MOST_REPEATS: Final = 8
MOST_REQUESTS: Final = 400
MOST_SECONDS: Final = 1800.0
_TIMES: Final = frozenset(
    {"created_at", "updated_at", "completed_at", "registered_at", "last_seen"}
)
_EVIDENCE: Final = "https://example.org/work"


@dataclass(frozen=True)
class Outcome:
    """
    How a verb went.

    Attributes:
        errors: Code of each failure on the way.
        requests: How many were sent, repeats included.
        seconds: Virtual.
    """

    verb: str
    errors: Sequence[str]
    requests: int
    seconds: float


class Story:
    """
    A host with faults, a rig alice and a maintainer org.

    Args:
        kind: Of the poison; "" for none.
    """

    def __init__(self, place: Path, kind: str, seed: int) -> None:
        self.clock = Clock()
        self.stand_in = StandIn(self.clock)
        self.stand_in.add(str(BOARD))
        self.stand_in.lag_s = 30.0 if kind == STALE else 0.0
        self.stand_in.merge_s = 30.0 if kind == SLOW_MERGE else 5.0
        self.toxic = Toxic(self.stand_in, kind or SLOW_MERGE, self.clock, seed)
        self._hosts = {who: self._host(place / who, who) for who in ("alice", "org")}
        self.alice = Commons(self._hosts["alice"], BOARD, Seat("alice", "alice"))
        self._item = ""

    def close(self) -> None:
        """Close both clients."""
        for host in self._hosts.values():
            host.close()

    def play(self, verb: str) -> Outcome:
        """
        Carry out *verb*, repeating it until it is done, and let what it offers land.

        Raises:
            AssertionError: It was never done, or something was done twice.
        """
        before, began = self.toxic.requests, self.clock()
        errors: list[str] = []
        for _ in range(MOST_REPEATS):
            try:
                number = getattr(self, f"_{verb}")(f"op-{verb}")
                break
            except (EngineError, NotFound, Stale) as error:
                errors.append(error.code)
                self.clock.sleep(45.0)
        else:
            raise AssertionError(f"{verb} was never done: {errors}")
        self._check_once(number, f"op-{verb}")
        if verb != "reject":
            self.stand_in.land(str(BOARD), int(number))
        self.clock.sleep(60.0)
        return Outcome(verb, errors, self.toxic.requests - before, self.clock() - began)

    def tables(self) -> Mapping[str, Any]:
        """Return the rows of main that the verbs write, without times."""
        return {
            table: {
                key: {name: cell for name, cell in row.items() if name not in _TIMES}
                for key, row in self.stand_in.rows(str(BOARD), MAIN, table).items()
            }
            for table in ("rigs", "wanted", "completions", "stamps")
        }

    # --- the verbs; each returns the number of its pull request

    def _join(self, op_id: str) -> str:
        return self._offered(self.alice.register(op_id=op_id))

    def _post(self, op_id: str) -> str:
        receipt = self.alice.post(title="Mend the fence", op_id=op_id)
        self._item = receipt.id
        return self._offered(receipt)

    def _claim(self, op_id: str) -> str:
        return self._offered(self.alice.claim(self._item, op_id=op_id))

    def _unclaim(self, op_id: str) -> str:
        return self._offered(self.alice.unclaim(self._item, op_id=op_id))

    def _done(self, op_id: str) -> str:
        self._claimed_again()
        return self._offered(self.alice.done(self._item, evidence=_EVIDENCE, op_id=op_id))

    def _claimed_again(self) -> None:
        """Give the item back to alice on main, past the faults."""
        sql = "UPDATE wanted SET status = 'claimed', claimed_by = 'alice' WHERE status = 'open'"
        self.stand_in.arrange(str(BOARD), sql)

    def _accept(self, op_id: str) -> str:
        stamp = {
            "id": "s-1",
            "author": "org",
            "subject": "alice",
            "valence": '{"quality":1}',
            "context_id": self._item,
        }
        return self._reviewed("accept", op_id, "completed", [RowChange("stamps", None, stamp)])

    def _reject(self, op_id: str) -> str:
        return self._reviewed("reject", op_id, "claimed", [])

    def _merge(self, op_id: str) -> str:
        del op_id
        return self._hosts["org"].merge_pull(BOARD, self._rejection).id

    @staticmethod
    def _offered(receipt: Any) -> str:
        assert receipt.state == PENDING, receipt
        return str(receipt.pull)

    def _reviewed(self, verb: str, op_id: str, status: str, more: Sequence[RowChange]) -> str:
        """Offer a reviewer's rows from a branch of the commons itself, in one change."""
        host, branch = self._hosts["org"], f"wl/org/{verb}"
        engine = host.engine(BOARD)
        engine.delete_branch(branch)
        engine.create_branch(branch)
        with engine.change(branch) as change:
            (row,) = change.query("SELECT * FROM wanted WHERE id = :id", {"id": self._item})
            rows = [*more, RowChange("wanted", row, {**row, "status": status})]
            replay.apply(change, rows)
            change.commit(
                trailers.with_operation(verb, op_id),
                author="org",
                at=host.now(),
                tables=["stamps", "wanted"],
            )
        pull = host.open_pull(BOARD, source=BOARD, branch=branch, title=verb, body="", author="org")
        self._rejection = pull.id
        return pull.id

    # --- private

    def _host(self, home: Path, who: str) -> DoltHubHost:
        timing = Timing(self.clock, self.clock.sleep, self.toxic.chance)
        http = Http(
            ROOT,
            Secret(f"token-of-{who}"),
            transport=self.toxic,
            timing=timing,
            limits=Limits(timeout_s=TIMEOUT_S),
        )
        return DoltHubHost(http, home, clock=self.clock.date)

    def _check_once(self, number: str, op_id: str) -> None:
        """Raise if an operation is offered by more than one pull request that is not closed."""
        pulls = self.stand_in.state.pulls[str(BOARD)]
        of_it = [p for p in pulls if trailers.find(p.body) == op_id and p.state != "Closed"]
        assert [number] == [str(p.number) for p in of_it] or op_id == "op-merge"
        assert PullState(pulls[int(number) - 1].state.lower()) is not PullState.CLOSED
