"""
DoltHub as its documentation and its clients describe it, for tests: v1alpha1 on a virtual clock.

Writes are queued and done later; every statement is a commit of its own, also one that changes
nothing; merges are jobs; branches cannot be deleted; forks do not follow. With ``lag_s`` every read
answers as things stood that long ago.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import httpx2

from engines.dolthub.versions import Missing, Versions
from wasteland.protocol.schema import TABLES

ROOT: Final = "https://dolthub.test"
EPOCH: Final = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
PAGE: Final = 2
_CELLS: Final = {int: "int", float: "double"}


class Clock:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass *seconds*."""
        self.now += seconds

    def date(self) -> datetime:
        """Return the date that it stands for."""
        return EPOCH + timedelta(seconds=int(self.now))


@dataclass
class Pull:
    """A pull request."""

    number: int
    source: str
    branch: str
    target: str
    title: str
    body: str
    author: str
    state: str = "Open"
    comments: list[str] = field(default_factory=list)


@dataclass
class State:
    """What changes: branches, parents of forks, pull requests, jobs."""

    branches: dict[str, dict[str, str]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    pulls: dict[str, list[Pull]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)


class Refused(Exception):
    """A refusal in DoltHub's shape: HTTP status and what it says."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class StandIn(httpx2.BaseTransport):
    """
    The service behind a transport.

    Attributes:
        state: As it is now.
        lag_s: How old reads are.
        write_s: How long a write waits in its queue.
        merge_s: How long a merge takes.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.versions = Versions()
        self.state = State()
        self.lag_s = 0.0
        self.write_s = 1.0
        self.merge_s = 5.0
        self._past: list[tuple[float, State]] = []
        self._queue: list[tuple[float, Callable[[], None]]] = []

    def add(self, name: str, data: bytes | None = None) -> None:
        """Add a database with the schema of a commons."""
        first = self.versions.first(EPOCH)
        commit = self.versions.add((first.hash,), "root", "fill", EPOCH, data or first.data)
        self.state.branches[name] = {"main": commit.hash}

    def rows(self, name: str, branch: str, table: str) -> dict[str, dict[str, Any]]:
        """Return key -> row as *branch* has them now."""
        self.settle()
        return self.versions.rows(self.state.branches[name][branch], table)

    def land(self, name: str, number: int) -> None:
        """Merge a pull request, as its maintainer might on the web page."""
        self.settle()
        self._merge_pull(name, number)
        self._note()

    def arrange(self, name: str, sql: str) -> None:
        """Write main, as somebody else might; nothing happens where no row changes."""
        self.settle()
        head = self.state.branches[name]["main"]
        data = self.versions.write(head, sql)
        made = self.versions.add((head,), "root", "arranged", self.clock.date(), data)
        if any(any(self.versions.changes(head, made.hash, table)) for table in TABLES):
            self.state.branches[name]["main"] = made.hash
            self._note()

    def settle(self) -> None:
        """Do what is queued, however late."""
        self._work_off(float("inf"))

    # --- transport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        request.read()
        self._work_off(self.clock())
        path = [
            unquote(part) for part in request.url.raw_path.decode().partition("?")[0].split("/")
        ]
        query = {k: v[0] for k, v in parse_qs(request.url.query.decode()).items()}
        body = json.loads(request.content or b"{}")
        method = request.method
        state = self._seen() if method == "GET" else self.state
        try:
            told = self._route(method, path[1:], query, body, state)
        except (Refused, Missing) as error:
            status = getattr(error, "status", 400)
            text = getattr(error, "text", str(error))
            is_sql = "q" in query
            names = ("query_execution_status", "query_execution_message")
            keys = names if is_sql else ("status", "message")
            told = dict(zip(keys, ("Error", text), strict=True))
            return httpx2.Response(200 if is_sql and status == 400 else status, json=told)
        if method != "GET":
            self._note()
        return httpx2.Response(200, json=told)

    def _route(  # noqa: C901, PLR0911  # one case for each route
        self,
        method: str,
        path: list[str],
        query: dict[str, str],
        body: dict[str, Any],
        state: State,
    ) -> dict[str, Any]:
        if path[:2] != ["api", "v1alpha1"]:
            raise Refused("no such page", 404)
        match [method, *path[2:]]:
            case ["POST", "fork"]:
                return self._fork(body)
            case ["GET", "fork"]:
                return {"status": "Success", **self._job(query)}
            case ["GET", owner, name, "forks"]:
                return self._forks(state, f"{owner}/{name}")
            case ["POST", owner, name, "branches"]:
                return self._branch(f"{owner}/{name}", body)
            case ["POST", owner, name, "write", base, branch]:
                return self._write(f"{owner}/{name}", base, branch, body.get("query", ""))
            case ["GET", _, _, "write"]:
                job = self._job(query)
                return {"_id": query["operationName"], **job}
            case ["GET", owner, name, "pulls"]:
                return self._list(state, f"{owner}/{name}", query)
            case ["POST", owner, name, "pulls"]:
                return self._open(f"{owner}/{name}", body)
            case [_, owner, name, "pulls", number, *rest]:
                return self._pull(method, state, f"{owner}/{name}", number, rest, query, body)
            case ["GET", owner, name, ref]:
                return self._read(state, f"{owner}/{name}", ref, query["q"])
        raise Refused("no such page", 404)

    # --- SQL

    def _read(self, state: State, name: str, ref: str, sql: str) -> dict[str, Any]:
        columns, rows = self.versions.query(_known(state, name), ref, sql)
        kinds = {
            column: next((_CELLS[type(r[i])] for r in rows if type(r[i]) in _CELLS), "text")
            for i, column in enumerate(columns)
        }
        told = [
            {c: None if v is None else str(v) for c, v in zip(columns, row, strict=True)}
            for row in rows
        ]
        return {
            "query_execution_status": "Success" if len(rows) <= 1000 else "RowLimit",
            "query_execution_message": "",
            "schema": [{"columnName": c, "columnType": k} for c, k in kinds.items()],
            "rows": told[:1000],
        }

    def _write(self, name: str, base: str, branch: str, sql: str) -> dict[str, Any]:
        branches = _known(self.state, name)
        if re.match(r"\s*CALL\b", sql, re.IGNORECASE):
            raise Refused(f"Unsupported SQL statement: {sql}")
        if base not in branches:
            raise Refused("query error: branch not found")
        job = self._begin(self.write_s, lambda told: self._written(name, base, branch, sql, told))
        return {"query_execution_status": "Success", "operation_name": job}

    def _written(self, name: str, base: str, branch: str, sql: str, told: dict[str, Any]) -> None:
        branches = self.state.branches[name]
        head = branches.get(branch, branches[base])
        try:
            data = (
                self.versions.write(head, sql) if sql else self.versions.merge(head, branches[base])
            )
        except Exception as error:  # noqa: BLE001  # whatever SQLite says, as a message
            text = f"query error: {error}".replace("UNIQUE constraint", "duplicate primary key")
            told |= {"query_execution_status": "Error", "query_execution_message": text}
            return
        parents = (head,) if sql else (head, branches[base])
        owner = name.partition("/")[0]
        made = self.versions.add(parents, owner, f"Run query {sql}", self.clock.date(), data)
        branches[branch] = made.hash
        told |= {
            "query_execution_status": "Success",
            "from_commit_id": head if sql else made.hash,
            "to_commit_id": made.hash if sql else "",
        }

    def _branch(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        branches = _known(self.state, name)
        new = body["newBranchName"]
        if new in branches:
            raise Refused(f"branch {new} already exists")
        branches[new] = self.versions.resolve(branches, body["revisionName"])
        return {"status": "Success", "new_branch_name": new}

    # --- forks

    def _fork(self, body: dict[str, Any]) -> dict[str, Any]:
        parent = f"{body['parentOwnerName']}/{body['parentDatabaseName']}"
        fork = f"{body['ownerName']}/{body['parentDatabaseName']}"
        if fork in self.state.branches or fork in self.state.parents:
            raise Refused(f"{fork} already exists")
        self.state.parents[fork] = parent
        owner, _, name = fork.partition("/")

        def made(told: dict[str, Any]) -> None:
            main = self.state.branches[parent]["main"]
            self.state.branches.setdefault(fork, {"main": main})
            told |= {"database_owner": owner, "database_name": name}

        return {"status": "Success", "operation_name": self._begin(2.0, made)}

    @staticmethod
    def _forks(state: State, name: str) -> dict[str, Any]:
        _known(state, name)
        parent = state.parents.get(name, "/")
        owner, _, database = parent.partition("/")
        found = [fork for fork, of in state.parents.items() if of == name]
        names = [
            dict(zip(("database_owner", "database_name"), f.split("/"), strict=True)) for f in found
        ]
        return {
            "status": "Success",
            "forks": names,
            "parent_owner": owner,
            "parent_database_name": database,
        }

    # --- pull requests

    def _open(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        source = f"{body['fromBranchOwnerName']}/{body['fromBranchRepoName']}"
        branch = body["fromBranchName"]
        if branch not in _known(self.state, source):
            raise Refused("branch not found")
        pulls = self.state.pulls.setdefault(name, [])
        if any((p.source, p.branch, p.state) == (source, branch, "Open") for p in pulls):
            raise Refused("a pull request of this branch already exists")
        pull = Pull(
            len(pulls) + 1, source, branch, "main", body["title"], body["description"],
            source.partition("/")[0],
        )  # fmt: skip
        pulls.append(pull)
        return {"status": "Success", "pull_id": str(pull.number)}

    @staticmethod
    def _list(state: State, name: str, query: dict[str, str]) -> dict[str, Any]:
        newest = list(reversed(state.pulls.get(name, [])))
        start = int(query.get("pageToken", 0))
        more = start + PAGE < len(newest)
        return {
            "status": "Success",
            "next_page_token": str(start + PAGE) if more else "",
            "pulls": [
                {"pull_id": str(p.number), "state": p.state.lower(), "title": p.title}
                for p in newest[start : start + PAGE]
            ],
        }

    def _pull(
        self,
        method: str,
        state: State,
        name: str,
        number: str,
        rest: list[str],
        query: dict[str, str],
        body: dict[str, Any],
    ) -> dict[str, Any]:
        found = [p for p in state.pulls.get(name, []) if str(p.number) == number]
        if not found:
            raise Refused("no such pull request")
        pull = found[0]
        if rest == ["merge"]:
            return self._merge(method, name, pull, query)
        if rest == ["comments"]:
            pull.comments.append(body["comment"])
        elif method == "PATCH" and body.get("state") == "closed" and pull.state == "Open":
            pull.state = "Closed"
            pull.body = body.get("description", pull.body)
        return {"status": "Success", **_shown(pull)}

    def _merge(self, method: str, name: str, pull: Pull, query: dict[str, str]) -> dict[str, Any]:
        if method == "GET":
            done = self._job(query)["done"]
            return {"status": "Success", "job_status": "Completed" if done else "In Progress"}
        if pull.state != "Open":
            raise Refused(f"pull request has already been {pull.state.lower()}")
        job = self._begin(self.merge_s, lambda _: self._merge_pull(name, pull.number))
        return {"status": "Success", "operation_name": job}

    def _merge_pull(self, name: str, number: int) -> None:
        pull = next(p for p in self.state.pulls[name] if p.number == number)
        if pull.state != "Open":
            return
        ours = self.state.branches[name][pull.target]
        theirs = self.state.branches[pull.source][pull.branch]
        data = self.versions.merge(ours, theirs)
        made = self.versions.add((ours, theirs), "merger", "Merge", self.clock.date(), data)
        self.state.branches[name][pull.target] = made.hash
        pull.state = "Merged"

    # --- time

    def _begin(self, after_s: float, work: Callable[[dict[str, Any]], None]) -> str:
        name = f"users/x/userOperations/{len(self.state.jobs) + 1}"
        job = self.state.jobs[name] = {"done": False, "res_details": {}}

        def carry_out() -> None:
            details: dict[str, Any] = {}
            work(details)
            job.update(details, done=True, res_details=details)

        self._queue.append((self.clock() + after_s, carry_out))
        return name

    def _job(self, query: dict[str, str]) -> dict[str, Any]:
        if query["operationName"] not in self.state.jobs:
            raise Refused("no such operation")
        return self.state.jobs[query["operationName"]]

    def _work_off(self, until: float) -> None:
        due = [work for at, work in self._queue if at <= until]
        self._queue = [(at, work) for at, work in self._queue if at > until]
        for work in due:
            work()
        if due:
            self._note()

    def _note(self) -> None:
        if self.lag_s:
            self._past.append((self.clock(), copy.deepcopy(self.state)))

    def _seen(self) -> State:
        """Return the state that reads see."""
        if not self.lag_s:
            return self.state
        until = self.clock() - self.lag_s
        known = [state for at, state in self._past if at <= until]
        if known:
            self._past = [(at, s) for at, s in self._past if at > until or s is known[-1]]
            return known[-1]
        return self._past[0][1] if self._past else self.state


def _known(state: State, name: str) -> dict[str, str]:
    if name not in state.branches:
        raise Refused("no such repository")
    return state.branches[name]


def _shown(pull: Pull) -> dict[str, Any]:
    owner, _, name = pull.source.partition("/")
    return {
        "pull_id": str(pull.number),
        "title": pull.title,
        "description": pull.body,
        "state": pull.state,
        "from_branch_owner": owner,
        "from_branch_database": name,
        "from_branch": pull.branch,
        "author": pull.author,
        "created_at": f"{EPOCH:%Y-%m-%dT%H:%M:%S}Z",
    }
