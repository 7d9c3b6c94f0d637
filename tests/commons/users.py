"""A user with a home directory of their own, and commons to import into and to examine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wasteland import settings as user_settings
from wasteland.commons import joining, memberships, workspace
from wasteland.commons.creation import create_commons
from wasteland.commons.doctor import diagnosis as doctor
from wasteland.commons.doctor.findings import Finding, Level
from wasteland.commons.memberships import Membership
from wasteland.engines.doltlite import driver
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hosts.base import RepoName
from wasteland.settings import Settings

BOARD = RepoName("org", "board")


@dataclass(frozen=True)
class User:
    """Somebody who has joined org/board as its maintainer, rig org."""

    settings: Settings
    file: Path

    def engine(self) -> DoltLiteEngine:
        """Return the commons' own file as an engine."""
        return DoltLiteEngine(self.file)

    def diagnose(self, *, fix: bool = False) -> list[Finding]:
        """Return all findings."""
        return doctor.diagnose(self.settings, "", fix=fix)

    def finding(self, check: str, *, fix: bool = False) -> Finding:
        """Return the one finding of *check*, which is the worst if there are several."""
        found = [f for f in self.diagnose(fix=fix) if f.check == check]
        order = [Level.PROBLEM, Level.WARN, Level.OK]
        return min(found, key=lambda finding: order.index(finding.level))

    def names(self) -> set[str]:
        """Return the names of the checks that had something to say."""
        return {finding.check for finding in self.diagnose()}


def maintainer(home: Path, *, dolt: str = "") -> User:
    """Return a user on a new host in *home*, with a commons on Dolt if a program is given."""
    home.mkdir(exist_ok=True)
    found = user_settings.load({"HOME": str(home), "WL_DOLT": dolt})
    engine = "dolt" if dolt else "doltlite"
    with workspace.local_host(found.host, found) as host:
        create_commons(host, BOARD, handle="org", engine=engine)
    joining.remember_creator(found, BOARD, "org", engine)
    return User(found, found.host / "org" / "board.db")


def follower(home: Path, remote: Path) -> User:
    """Return a user who has joined *remote*, a DoltLite file, as the plain remote org/board."""
    home.mkdir(exist_ok=True)
    found = user_settings.load({"HOME": str(home)})
    clone = found.data / "org" / "board"
    memberships.save(
        found.config,
        Membership(BOARD, "org", "org", "plain", f"file://{remote}", local_dir=str(clone)),
    )
    with workspace.open_host(found, memberships.choose(found.config, "")) as host:
        host.refresh(BOARD)
    return User(found, clone / "board.db")


def run_sql(file: Path, *statements: str) -> None:
    """Run statements on main as another program does, without committing."""
    with driver.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
