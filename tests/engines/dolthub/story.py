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
from wasteland.commons.receipts import MERGED, PENDING, Receipt
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.base import MAIN
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Limits, Timing
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
from wasteland.hosts.dolthub.host import DoltHubHost
from wasteland.protocol import trailers
from wasteland.protocol.errors import EngineError, NotFound, Stale

BOARD: Final = RepoName("org", "board")
VERBS: Final = ("join", "post", "claim", "unclaim", "done", "reject", "accept", "merge")
MOST_REPEATS: Final = 8
MOST_REQUESTS: Final = 400
MOST_SECONDS: Final = 1800.0
_TIMES: Final = frozenset(
    {"created_at", "updated_at", "completed_at", "validated_at", "registered_at", "last_seen"}
)
_EVIDENCE: Final = "https://example.org/work"
_MAINTAINER: Final = "INSERT INTO rigs (handle, dolthub_org, trust_level) VALUES ('org', 'org', 3)"
_REASON: Final = "The gate is still open."
_LANDING: Final = frozenset({"join", "post", "claim", "unclaim"})
"""What the maintainer merges on the web page as soon as it is offered."""
_SETTLED: Final = {"reject": ("Closed", MERGED), "merge": ("Merged", MERGED)}
"""State of the pull request and of the receipt, where a verb does not leave it open."""


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
        self.stand_in.arrange(str(BOARD), _MAINTAINER)
        self.stand_in.lag_s = 30.0 if kind == STALE else 0.0
        self.stand_in.merge_s = 30.0 if kind == SLOW_MERGE else 5.0
        self.toxic = Toxic(self.stand_in, kind or SLOW_MERGE, self.clock, seed)
        self._hosts = {who: self._host(place / who, who) for who in ("alice", "org")}
        self.alice, self.org = (
            Commons(host, BOARD, Seat(who, who)) for who, host in self._hosts.items()
        )
        self._offers: dict[str, str] = {}
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
        self._prepare(verb)
        before, began = self.toxic.requests, self.clock()
        errors: list[str] = []
        for _ in range(MOST_REPEATS):
            try:
                receipt = getattr(self, f"_{verb}")(f"op-{verb}")
                break
            except (EngineError, NotFound, Stale) as error:
                errors.append(error.code)
                self.clock.sleep(45.0)
        else:
            raise AssertionError(f"{verb} was never done: {errors}")
        self._check(verb, receipt)
        self._offers[verb] = receipt.pull
        if verb in _LANDING:
            self.stand_in.land(str(BOARD), int(receipt.pull))
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

    # --- the verbs

    def _join(self, op_id: str) -> Receipt:
        return self.alice.register(op_id=op_id)

    def _post(self, op_id: str) -> Receipt:
        receipt = self.alice.post(title="Mend the fence", op_id=op_id)
        self._item = receipt.id
        return receipt

    def _claim(self, op_id: str) -> Receipt:
        return self.alice.claim(self._item, op_id=op_id)

    def _unclaim(self, op_id: str) -> Receipt:
        return self.alice.unclaim(self._item, op_id=op_id)

    def _done(self, op_id: str) -> Receipt:
        return self.alice.done(self._item, evidence=_EVIDENCE, op_id=op_id)

    def _reject(self, op_id: str) -> Receipt:
        return self.org.reject(self._item, reason=_REASON, op_id=op_id)

    def _accept(self, op_id: str) -> Receipt:
        return self.org.accept(self._item, quality="excellent", op_id=op_id)

    def _merge(self, op_id: str) -> Receipt:
        return self.org.merge(self._offers["accept"], op_id=op_id)

    # --- what happens past the faults

    def _prepare(self, verb: str) -> None:
        """Bring about what *verb* needs, past the faults."""
        self.toxic.is_on = False
        if verb == "done":
            sql = "UPDATE wanted SET status = 'claimed', claimed_by = 'alice'"
            self.stand_in.arrange(str(BOARD), sql)
        elif verb == "accept":
            self.alice.done(self._item, evidence=_EVIDENCE, op_id="op-redone")
        self.clock.sleep(60.0)
        self.toxic.is_on = True

    def _check(self, verb: str, receipt: Receipt) -> None:
        """Raise if what the receipt says did not happen, or happened twice."""
        pulls = self.stand_in.state.pulls[str(BOARD)]
        pull = pulls[int(receipt.pull) - 1]
        state, told = _SETTLED.get(verb, ("Open", PENDING))
        assert (state, told) == (pull.state, receipt.state), receipt
        if verb in _SETTLED:
            assert ([], pull.body.count(_REASON)) == (pull.comments, verb == "reject")
            return
        of_it = [p for p in pulls if trailers.find(p.body) == f"op-{verb}" and p.state != "Closed"]
        assert [receipt.pull] == [str(p.number) for p in of_it]

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
