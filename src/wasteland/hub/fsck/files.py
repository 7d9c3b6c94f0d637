"""
Checks of the directory: what belongs to nothing, and what is left of killed processes.

That a killed process left its turn in a queue is no fault: whoever waits there next clears it away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ...commons.doctor.findings import Finding, problem, warn
from ...engines.dolt.names import database_name, repository_name
from ...hosts.base import RepoName
from ...hosts.state import Repository
from ...protocol.names import is_repo_part

_DOLT: Final = ".dolt-databases"
_DRAFT: Final = re.compile(r"\.(.+)\.db-[0-9a-f]{8}\Z")


def checks(root: Path, repositories: list[Repository]) -> Iterator[Finding]:
    """Yield what lies in *root* and belongs to none of *repositories*, and reverse."""
    known = {row.name: row for row in repositories}
    yield from _relations(known)
    yield from _files(root, known)
    yield from _databases(root, known)


def _relations(known: dict[RepoName, Repository]) -> Iterator[Finding]:
    for row in known.values():
        parent = known.get(row.parent) if row.parent else None
        if row.parent and parent is None:
            message = f"{row.name} is a fork of {row.parent}, which is not here."
            yield problem("forks", message, "wl hub restore BACKUP NEW-DIRECTORY")
        elif parent and parent.engine != row.engine:
            message = f"{row.name} is said to be on {row.engine}, its upstream on {parent.engine}."
            yield problem("forks", message, "wl hub restore BACKUP NEW-DIRECTORY")


def _files(root: Path, known: dict[RepoName, Repository]) -> Iterator[Finding]:
    for path in sorted(root.glob("*/*.db")) + sorted(root.glob("*/.*.db-*")):
        if not is_repo_part(path.parent.name):
            continue
        if _DRAFT.match(path.name):
            yield warn("leftovers", f"{path} was left by a killed process.", f"rm '{path}'")
        elif path.suffix == ".db":
            yield from _file(path, known)


def _file(path: Path, known: dict[RepoName, Repository]) -> Iterator[Finding]:
    if not is_repo_part(path.stem):
        return
    name = RepoName(path.parent.name, path.stem)
    row = known.get(name)
    if row is None:
        yield warn(
            "orphans",
            f"{path} belongs to no repository that the host knows.",
            f"keep a copy elsewhere, then: rm '{path}'",
        )
    elif row.engine != "doltlite":
        yield _left_by_move(name, row, str(path))


def _databases(root: Path, known: dict[RepoName, Repository]) -> Iterator[Finding]:
    wanted = {database_name(name.owner, name.name): row for name, row in known.items()}
    for path in sorted((root / _DOLT).glob("*/.dolt")):
        database = path.parent.name
        row = wanted.get(database)
        if row is not None and row.engine == "dolt":
            continue
        if row is not None:
            yield _left_by_move(row.name, row, str(path.parent))
        elif repository_name(database):
            yield warn(
                "orphans",
                f"{path.parent} belongs to no repository that the host knows.",
                f"keep a copy elsewhere, then drop the database {database}",
            )


def _left_by_move(name: RepoName, row: Repository, path: str) -> Finding:
    return warn(
        "leftovers",
        f"{path} was left by a killed move: {name} lives on {row.engine}.",
        f"wl hub move {row.parent or name} --to {row.engine}",
    )
