"""
Forks on a host: made when they are first needed, their main kept in step with upstream's.

A hub of ours keeps a fork's main in step by itself. DoltHub never does: there upstream's main is
offered to the fork as a pull request, which the fork's owner merges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ...engines.base import MAIN, Engine
from ...engines.dolthub.database import V1
from ...engines.dolthub.http import Call, Http
from ...protocol.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Unauthenticated,
    Unavailable,
    WastelandError,
)
from ..base import RepoName

EngineOf = Callable[[RepoName], Engine]


class Forks:
    """The forks of a host, and what is known of them for the length of a command."""

    def __init__(self, http: Http, engine_of: EngineOf) -> None:
        self._http = http
        self._engine_of = engine_of
        self._parents: dict[RepoName, RepoName | None] = {}

    def make(self, repo: RepoName, owner: str) -> RepoName:
        """
        Return *owner*'s fork of *repo*, or of what that is a fork of; made if need be.

        Raises:
            Conflict: *owner* has something else of that name.
            Forbidden: The token may not fork for *owner*.
        """
        upstream = self.parent(repo) or repo
        fork = RepoName.parse(f"{owner}/{repo.name}")
        if fork in {repo, upstream}:
            return fork
        try:
            parent = self.parent(fork)
        except NotFound:
            self._create(upstream, fork)
            parent = self._parents[fork] = upstream
        if parent != upstream:
            raise Conflict(f"{fork} exists and is no fork of {upstream}.", repo=str(fork))
        return fork

    def of(self, repo: RepoName) -> list[RepoName]:
        """Return the forks of *repo*, by owner."""
        found = self._listing(repo).get("forks") or ()
        names = [f"{item.get('database_owner')}/{item.get('database_name')}" for item in found]
        return sorted((RepoName.parse(name) for name in names), key=str)

    def parent(self, repo: RepoName) -> RepoName | None:
        """
        Return what *repo* is a fork of, None for a commons.

        Raises:
            NotFound: No such repository.
        """
        if repo not in self._parents:
            data = self._listing(repo)
            owner, name = data.get("parent_owner"), data.get("parent_database_name")
            self._parents[repo] = RepoName.parse(f"{owner}/{name}") if owner and name else None
        return self._parents[repo]

    def is_behind(self, fork: RepoName, upstream: RepoName) -> bool:
        """Return whether the fork's main lacks upstream's newest commit."""
        newest = self._engine_of(upstream).head()
        engine = self._engine_of(fork)
        if engine.head() == newest:
            return False
        try:
            return engine.merge_base(newest, MAIN) != newest
        except NotFound:  # the fork has never heard of that commit
            return True

    def _create(self, upstream: RepoName, fork: RepoName) -> None:
        body = {
            "parentOwnerName": upstream.owner,
            "parentDatabaseName": upstream.name,
            "ownerName": fork.owner,
        }
        try:
            # Asking again meets "already exists", which is what was wanted.
            data = self._http.send(Call("POST", (*V1, "fork"), body=body, repeatable=True))
        except Conflict:
            data = {}
        except Unavailable as error:
            if not error.facts.get("unsure"):
                raise
            data = {}
        except (Forbidden, Unauthenticated):
            with suppress(NotFound):
                self._listing(fork)
                return
            raise
        if operation := data.get("operation_name"):
            self._http.wait_for(lambda: self._is_made(str(operation), fork), f"the fork {fork}")
        self._http.wait_for(lambda: self._answers(fork), f"the fork {fork}")

    def _is_made(self, operation: str, fork: RepoName) -> bool | None:
        query = {"operationName": operation}
        try:
            data = self._http.send(Call("GET", (*V1, "fork"), query))
        except Unavailable:
            raise
        except WastelandError:  # some tokens may fork and not ask how it goes
            return self._answers(fork)
        return True if data.get("done") or data.get("database_name") else None

    def _answers(self, fork: RepoName) -> bool | None:
        try:
            return bool(self._engine_of(fork).head())
        except NotFound:
            return None

    def _listing(self, repo: RepoName) -> Mapping[str, Any]:
        return self._http.send(Call("GET", (*V1, repo.owner, repo.name, "forks")))
