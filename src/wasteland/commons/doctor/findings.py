"""What the doctor looks at and what it says: a site, checks, findings."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ...engines.base import Engine
from ...hosts.base import Host
from ..memberships import HOST, Membership
from ..session import Seat, Session

if TYPE_CHECKING:
    from ...settings import Settings


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One line of the doctor's report.

    Attributes:
        check: Which check says so.
        message: One sentence.
        fix: The command that mends it; "" where nothing needs to be done.
        fixed: Whether it has been mended meanwhile.
        commons: ``org/db``; "" for what concerns this user or machine.
    """

    check: str
    level: Level
    message: str
    fix: str = ""
    fixed: bool = False
    commons: str = ""

    @property
    def is_open_problem(self) -> bool:
        """Whether it is a problem that is still there."""
        return self.level is Level.PROBLEM and not self.fixed


@dataclass(slots=True)
class Site:
    """
    What checks look at.

    Attributes:
        settings: Paths and values of this user.
        joined: All commons that the user has joined.
        fix: Whether to mend what can be mended safely.
        now: The machine's clock, UTC.
        membership: The commons under examination; None for checks of the machine.
        host: Its host, where it is a directory of repositories.
        engine: Its database, once it could be opened.
    """

    settings: Settings
    joined: list[Membership]
    fix: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    membership: Membership | None = None
    host: Host | None = None
    engine: Engine | None = None

    @property
    def here(self) -> Membership:
        """The commons under examination; checks of a commons run only when there is one."""
        assert self.membership is not None  # noqa: S101  # the runner keeps the stages apart
        return self.membership

    @property
    def database(self) -> Engine:
        """The open database; checks of rows and refs run only when there is one."""
        assert self.engine is not None  # noqa: S101  # ditto
        return self.engine

    @property
    def file(self) -> Path | None:
        """The commons' DoltLite file, None on Dolt."""
        path = getattr(self.engine, "path", None)
        return path if isinstance(path, Path) else None

    @property
    def is_hosted(self) -> bool:
        """Whether the commons is in a directory of repositories, and ours."""
        return self.here.kind == HOST

    def session(self) -> Session | None:
        """Return a session on the commons' host, None where no host was opened."""
        here = self.here
        seat = Seat(here.handle, here.account)
        return Session(self.host, here.repo, seat, mode=here.mode) if self.host else None


Run = Callable[[Site], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing that the doctor looks at.

    Attributes:
        name: Shown, and stable.
        run: Yields findings; none means that it does not apply.
        deadline_s: After this the check is given up.
    """

    name: str
    run: Run
    deadline_s: float = 2.0


def ok(check: str, message: str) -> Finding:
    """Return that all is well."""
    return Finding(check, Level.OK, message)


def warn(check: str, message: str, fix: str, *, fixed: bool = False) -> Finding:
    """Return what should be looked at."""
    return Finding(check, Level.WARN, message, fix, fixed)


def problem(check: str, message: str, fix: str, *, fixed: bool = False) -> Finding:
    """Return what keeps something from working."""
    return Finding(check, Level.PROBLEM, message, fix, fixed)


def without(path: Path, bits: int, site: Site) -> bool:
    """Take permission *bits* from *path* if repairs are wanted; return whether it was done."""
    if site.fix:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~bits)
    return site.fix


def some(names: list[str], limit: int = 5) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
