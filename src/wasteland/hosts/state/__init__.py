"""
What a host remembers beside its repositories: one SQLite file.

Repositories and forks, pull requests and remarks, the operation journal, renewed leases. Rows come
out as the records of ``hosts.base``; nothing above this package sees SQL, so that another store
can take its place. It records and never decides.
"""

from __future__ import annotations

from pathlib import Path

from .file import StateFile
from .journal import Journal
from .mirrors import Mirrors
from .moves import Moves
from .pulls import Pulls
from .repositories import Repositories, Repository

__all__ = ["Journal", "Mirrors", "Moves", "Pulls", "Repositories", "Repository", "State"]


class State:
    """
    The store of one host, open until closed; usable from several threads and processes.

    Attributes:
        repositories: Which repositories there are, and what is whose fork.
        pulls: Pull requests and remarks.
        journal: Operations and renewed leases.
        moves: Commits that were made again on another engine.
        mirrors: Repositories that follow one elsewhere.
    """

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path)
        self.repositories = Repositories(self._file)
        self.pulls = Pulls(self._file)
        self.journal = Journal(self._file)
        self.moves = Moves(self._file)
        self.mirrors = Mirrors(self._file)

    def close(self) -> None:
        """Close the file; using the store afterwards opens it again."""
        self._file.close()
