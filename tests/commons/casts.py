"""Who plays in the tests of the SDK, where, and what a commons looks like from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wasteland.commons.receipts import Receipt
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.base import Engine
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import Operation, PullState, RepoName
from wasteland.hosts.local import LocalHost
from wasteland.hosts.plain import PlainHost
from wasteland.protocol.errors import WastelandError
from wasteland.protocol.records import Status
from wasteland.protocol.schema import COMMONS_TABLES, Value

REPO = RepoName("acme", "board")
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
EVIDENCE = "https://example.org/pr/7 adds the retry"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Move it forward, by ``timedelta``'s arguments."""
        self.at += timedelta(**by)


class Cast:
    """The sessions of one commons on a local host."""

    def __init__(self, host: LocalHost, clock: Clock) -> None:
        self.host = host
        self.clock = clock
        self.max = Commons(host, REPO, Seat("max", "acme"))
        self.ada = Commons(host, REPO, Seat("ada", "ada"))
        self.ben = Commons(host, REPO, Seat("ben", "ben"))
        self.eve = Commons(host, REPO, Seat("eve", "eve"))

    @property
    def engine(self) -> Engine:
        """The commons' own database."""
        return self.host.engine(REPO)

    def posted(self, title: str = "Add retry logic") -> str:
        """Let ada post an item; return its id."""
        return self.ada.post(title=title).id

    def claimed(self) -> str:
        """Let ada post and ben claim an item; return its id."""
        item_id = self.posted()
        self.ben.claim(item_id)
        return item_id

    def submitted(self) -> str:
        """Let ben hand in what ada posted; return its id."""
        item_id = self.claimed()
        self.ben.done(item_id, evidence=EVIDENCE)
        return item_id

    def world(self) -> tuple[object, ...]:
        """Return all that a refused or rehearsed write must leave as it was."""
        engine = self.host.engine(REPO)
        forks = {
            str(fork): [b.name for b in self.host.engine(fork).branches("wl/")]
            for fork in self.host.forks(REPO)
        }
        pulls = self.host.pulls(REPO, state=None)
        begun = [o.id for rig in ("max", "ada", "ben", "eve") for o in self.begun(rig)]
        return (
            engine.branches(),
            engine.dirty(),
            {k: v for k, v in forks.items() if v},
            pulls,
            begun,
        )

    def begun(self, rig: str) -> Sequence[Operation]:
        """Return the journal of *rig*."""
        return self.host.operations(REPO, actor=rig, limit=100)

    def states(self) -> list[PullState]:
        """Return the states of all pull requests, oldest first."""
        return [pull.state for pull in self.host.pulls(REPO, state=None)]


class Clone(AbstractContextManager["Clone"]):
    """One user's clone of a plain remote, with sessions of any rig at it."""

    def __init__(self, home: Path, remote: Path, clock: Clock) -> None:
        self.home = home
        self.remote = remote
        self.host = PlainHost.open(REPO, home / "board.db", f"file://{remote}", clock=clock)

    def __exit__(self, *_: object) -> None:
        self.host.close()

    @property
    def engine(self) -> Engine:
        """The clone."""
        return self.host.engine(REPO)

    def seat(self, rig: str, *, mode: str = "pr") -> Commons:
        """Return a session of *rig* at this clone."""
        return Commons(self.host, REPO, Seat(rig, rig), mode=mode)


ITEMS: tuple[dict[str, Value], ...] = (
    {
        "id": "w-com-001",
        "title": "Line one",
        "description": 'First line\nsecond, "quoted"\r\n\tthird ünï',
        "tags": '["go",  "sql"]',
        "status": "open",
        "priority": 1,
        "posted_by": "steve",
        "created_at": "2026-02-01 10:00:00",
    },
    {"id": "w-com-002", "title": "Old and validated", "status": "validated", "type": "research"},
    {"id": "w-com-003", "title": "A word that we do not know", "status": "triaged"},
    {"id": "w-bare", "title": "Nothing is known about it", "status": None, "priority": None},
)
RIGS: tuple[dict[str, Value], ...] = (
    {"handle": "steve", "dolthub_org": "steve", "trust_level": 1},
    {"handle": "ada", "dolthub_org": "ada", "trust_level": 1},
    {"handle": "ben", "dolthub_org": None, "trust_level": None, "rig_type": None},
)


def build_remote(path: Path, *, version: str = "1.2") -> Path:
    """Make a commons at *path* as another tool makes it, from plain definitions; return *path*."""
    path.parent.mkdir(parents=True)
    tables = [table for table in COMMONS_TABLES if (table.since or "9") <= version]
    with DoltLiteEngine.create(path) as engine:
        engine.run_ddl([table.create_sql() for table in tables], "schema", author="go", at=NOON)
        write_rows(engine, "_meta", [{"key": "schema_version", "value": version}])
        write_rows(engine, "rigs", RIGS)
        write_rows(engine, "wanted", ITEMS)
    return path


def write_rows(engine: Engine, table: str, rows: Sequence[dict[str, Value]]) -> None:
    """Insert *rows* in one commit, as another tool would."""
    with engine.change() as change:
        for row in rows:
            names = ", ".join(f"`{name}`" for name in row)
            values = ", ".join(f":{name}" for name in row)
            change.execute(f"INSERT INTO `{table}` ({names}) VALUES ({values})", row)
        change.commit(f"Fill {table}", author="go", at=NOON, tables=[table])


def status_of(session: Commons, item_id: str) -> tuple[Status | None, str | None]:
    """Return status and holder of an item on main."""
    sheet = [
        row.item for row in session.browse(status="all", view="upstream") if row.item.id == item_id
    ]
    return sheet[0].state, sheet[0].claimed_by


def essence(receipt: Receipt) -> tuple[object, ...]:
    """Return what every answer to one operation must agree on."""
    return receipt.operation, receipt.op_id, receipt.state, receipt.id, receipt.commit, receipt.pull


def refusal(act: Callable[[], object]) -> WastelandError:
    """Return the error that *act* is refused with."""
    with pytest.raises(WastelandError) as caught:
        act()
    return caught.value


def suspend(cast: Cast, rig: str) -> None:
    """Write the moderation record of a maintainer."""
    with cast.engine.change() as change:
        change.execute(
            "INSERT INTO wlx_moderation (id, rig, action, decided_by, created_at) "
            "VALUES ('m-1', :rig, 'suspend', 'max', '2026-02-01 00:00:00')",
            {"rig": rig},
        )
        change.commit("suspend", author="max", at=cast.clock.at, tables=["wlx_moderation"])
