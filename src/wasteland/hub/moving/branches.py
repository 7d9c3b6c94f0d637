"""The branches of a repository and its forks: what there is, and how each comes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...engines.base import MAIN, Engine
from ...hosts.base import RepoName
from ...protocol.errors import Conflict, Invalid, NotFound, Unsupported
from ...protocol.lean import dataclass
from ..upkeep import Progress, silent
from .history import copy_branch


@dataclass(frozen=True, slots=True)
class Place:
    """One repository, the commons or a fork, on the engine that is left and the one entered."""

    name: RepoName
    old: Engine
    new: Engine

    def heads(self) -> dict[str, str]:
        """Return branch -> head, without main."""
        return {branch.name: branch.head for branch in self.old.branches() if branch.name != MAIN}


@dataclass(frozen=True, slots=True)
class Lost:
    """A branch that could not come along."""

    repo: RepoName
    branch: str
    why: str


class Branches:
    """
    Copies branches, and copies again those that went on meanwhile.

    Attributes:
        commits: Commit of a branch there -> here.
        lost: What did not come along, and why.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self.commits: dict[str, str] = {}
        self.lost: dict[tuple[RepoName, str], Lost] = {}
        self._places = list(places)
        self._seen: dict[tuple[RepoName, str], str] = {}

    @property
    def count(self) -> int:
        """How many branches came along."""
        return len(self._seen) - len(self.lost)

    def add(self, places: Sequence[Place]) -> None:
        """Take forks that were made meanwhile into account."""
        known = {place.name for place in self._places}
        self._places += [place for place in places if place.name not in known]

    def changed(self) -> list[tuple[Place, str, str]]:
        """Return the branches that are new, went on or were lost, each with its head."""
        return [
            (place, branch, head)
            for place in self._places
            for branch, head in place.heads().items()
            if self._seen.get((place.name, branch)) != head or (place.name, branch) in self.lost
        ]

    def copy(
        self,
        changed: Sequence[tuple[Place, str, str]],
        main: Mapping[str, str],
        *,
        progress: Progress = silent,
    ) -> None:
        """Copy branches, and drop those that are gone; *main* tells which commit became which."""
        for number, (place, branch, head) in enumerate(changed, 1):
            self._copy(place, branch, head, main)
            progress("branches", number, len(changed))
        for place in self._places:
            self._drop_deleted(place)

    def _copy(self, place: Place, branch: str, head: str, main: Mapping[str, str]) -> None:
        key = (place.name, branch)
        self._seen[key] = head
        self.lost.pop(key, None)
        try:
            self.commits.update(copy_branch(place.old, place.new, branch, head, main))
        except (Conflict, Invalid, NotFound, Unsupported) as error:
            # What somebody's branch holds must not keep everybody else from moving.
            place.new.delete_branch(branch)
            self.lost[key] = Lost(place.name, branch, error.message)

    def _drop_deleted(self, place: Place) -> None:
        there = place.heads()
        for name, branch in [key for key in self._seen if key[0] == place.name]:
            if branch not in there:
                place.new.delete_branch(branch)
                del self._seen[name, branch]
                self.lost.pop((name, branch), None)
