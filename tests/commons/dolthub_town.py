"""
A town on DoltHub: a maintainer, a reviewer and a rig at one board, played by the stand-in.

It takes one statement a request, merges late, and deletes no branches. Here lists may lag by
themselves, merges find conflicts, and a client may be killed after any of its writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2

from engines.dolthub.stand_in import ROOT, Clock, StandIn
from engines.dolthub.test_engine import Tap
from wasteland.commons.receipts import Receipt
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Timing
from wasteland.engines.dolthub.secret import Secret
from wasteland.hosts.base import RepoName
from wasteland.hosts.dolthub.host import DoltHubHost
from wasteland.protocol.schema import TABLES

BOARD = RepoName("org", "board")
ITEM = "w-1"
EVIDENCE = "https://example.org/work"
RIGS = {"org": 3, "bob": 2, "alice": 1}
ACCEPT = "op-accept"
SUBMIT = "op-submit"


class Killed(BaseException):
    """The client's process is gone: nobody catches this."""


class Wire(Tap):
    """
    A tap that may kill whoever asks.

    Attributes:
        written: How many requests that write have passed.
        lives: After how many more of them nothing passes any more; None for never.
    """

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        super().__init__(inner)
        self.written = 0
        self.lives: int | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.lives == 0:
            raise Killed
        response = super().handle_request(request)
        if request.method != "GET":
            self._count()
        return response

    def _count(self) -> None:
        self.written += 1
        if self.lives is not None:
            self.lives -= 1
            if self.lives == 0:
                raise Killed


class Service(StandIn):
    """
    The stand-in, with two more of DoltHub's habits.

    Attributes:
        list_lag_s: How old lists of pull requests are, while all else is fresh.
    """

    list_lag_s = 0.0

    def _note(self) -> None:
        kept, self.lag_s = self.lag_s, self.lag_s or self.list_lag_s
        super()._note()
        self.lag_s = kept

    @staticmethod
    def _is_list(request: httpx2.Request) -> bool:
        return request.method == "GET" and request.url.path.endswith("/pulls")

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if not (self.list_lag_s and self._is_list(request)):
            return super().handle_request(request)
        kept, self.lag_s = self.lag_s, self.list_lag_s
        try:
            return super().handle_request(request)
        finally:
            self.lag_s = kept

    def _merge(self, method: str, name: str, pull: Any, query: dict[str, str]) -> dict[str, Any]:
        told = super()._merge(method, name, pull, query)
        if method == "GET" and self._conflicts(name, pull):
            told["job_status"] = "Failed"
        return told

    def _merge_pull(self, name: str, number: int) -> None:
        if not self._conflicts(name, self.state.pulls[name][number - 1]):
            super()._merge_pull(name, number)

    def _conflicts(self, name: str, pull: Any) -> bool:
        """Return whether both sides changed a row, which is as near as this needs to come."""
        if pull.state != "Open":
            return False
        ours = self.state.branches[name][pull.target]
        theirs = self.state.branches[pull.source][pull.branch]
        base = self.versions.base(ours, theirs)
        return any(
            {_key(table, c) for c in self.versions.changes(base, ours, table)}
            & {_key(table, c) for c in self.versions.changes(base, theirs, table)}
            for table in TABLES
        )


def _key(table: str, change: Any) -> str:
    return str((change[1] or change[0])[TABLES[table].key])


class Town:
    """DoltHub with the board org/board: a maintainer, a reviewer, and a rig that did the work."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = Clock()
        self.stand_in = Service(self.clock)
        self.stand_in.add(str(BOARD))
        for rig, trust in RIGS.items():
            self.arrange(
                f"INSERT INTO rigs (handle, dolthub_org, trust_level) "
                f"VALUES ('{rig}', '{rig}', {trust})"
            )
        self.arrange(
            f"INSERT INTO wanted (id, title, status, claimed_by, posted_by) "
            f"VALUES ('{ITEM}', 'Mend the fence', 'claimed', 'alice', 'org')"
        )
        self.tap = Wire(self.stand_in)
        self._hosts: list[DoltHubHost] = []
        self.org, self.bob, self.alice = (self.seat(rig) for rig in RIGS)

    def seat(self, rig: str) -> Commons:
        """Return a session of *rig*, as another process of its machine would open it."""
        timing = Timing(self.clock, self.clock.sleep, lambda: 0.5)
        http = Http(ROOT, Secret("t"), transport=self.tap, timing=timing)
        self._hosts.append(DoltHubHost(http, self.home / rig, clock=self.clock.date))
        return Commons(self._hosts[-1], BOARD, Seat(rig, rig))

    def close(self) -> None:
        for host in self._hosts:
            host.close()

    def arrange(self, sql: str) -> None:
        self.stand_in.arrange(str(BOARD), sql)

    def submitted(self) -> Receipt:
        """Let alice hand in her work."""
        return self.alice.done(ITEM, evidence=EVIDENCE, op_id=SUBMIT)

    def accepted(self, **more: Any) -> Receipt:
        """Let bob accept it."""
        return self.bob.accept(ITEM, quality="good", op_id=ACCEPT, **more)

    def pulls(self) -> list[str]:
        """Return the states of all pull requests, oldest first."""
        return [pull.state for pull in self.stand_in.state.pulls.get(str(BOARD), [])]

    def remarks(self, number: str) -> list[str]:
        return self.stand_in.state.pulls[str(BOARD)][int(number) - 1].comments

    def why(self, number: str) -> list[str]:
        """Return the lines that say why a pull request was closed."""
        body = self.stand_in.state.pulls[str(BOARD)][int(number) - 1].body
        return [line.removeprefix("> ") for line in body.splitlines() if line.startswith("> ")]

    def status(self) -> tuple[Any, int, int]:
        """Return the item's status on main, and how many completions and stamps are there."""
        item = self.stand_in.rows(str(BOARD), "main", "wanted")[ITEM]
        counts = [
            len(self.stand_in.rows(str(BOARD), "main", table))
            for table in ("completions", "stamps")
        ]
        return item["status"], counts[0], counts[1]

    def distrust(self, rig: str) -> None:
        """Let main state a policy, and take *rig*'s trust away."""
        self.arrange("INSERT INTO _meta (`key`, value) VALUES ('policy.preset', 'open')")
        self.arrange(f"UPDATE rigs SET trust_level = 0 WHERE handle = '{rig}'")

    def die_at(self, text: str) -> None:
        """Let nothing through any more from the first request on that holds *text*."""
        is_dead = False

        def refuse(sent: str) -> bool:
            nonlocal is_dead
            is_dead = is_dead or text in sent
            return is_dead

        self.tap.refuse = refuse

    def kill_after(self, writes: int) -> None:
        """Let the client die as soon as so many more of its writes have arrived."""
        self.tap.lives = writes

    def revive(self) -> None:
        self.tap.lives = None
        self.tap.refuse = lambda _: False
        self.tap.lose = lambda _: False

    def snapshot(self) -> list[object]:
        """Return what is on main, and each pull request with what it offers; without times."""
        self.stand_in.settle()
        branches, versions = self.stand_in.state.branches, self.stand_in.versions
        main = branches[str(BOARD)]["main"]
        root = versions.log(main)[-1].hash
        offers: list[object] = [self._changes(root, main)]
        for pull in self.stand_in.state.pulls.get(str(BOARD), []):
            head = branches[pull.source][pull.branch]
            is_open = pull.state == "Open"
            rows = self._changes(versions.base(main, head), head) if is_open else []
            offers.append((pull.branch, pull.state, rows))
        return offers

    def _changes(self, base: str, head: str) -> list[object]:
        changes = self.stand_in.versions.changes
        return [
            (table, _untimed(before), _untimed(after))
            for table in TABLES
            for before, after in changes(base, head, table)
            if _untimed(before) != _untimed(after)
        ]


def _untimed(row: dict[str, Any] | None) -> dict[str, Any] | None:
    times = ("_at", "last_seen")
    return {k: v for k, v in row.items() if not k.endswith(times)} if row else None
