"""
The repositories of a directory: made, forked, deleted and opened there, whatever their engine.

    <root>/host.db             what the host remembers beside them (``state``)
    <root>/<owner>/<name>.db   repositories and forks (``storage``)
    <root>/.queues/            who moves a main next (``queue``)
    <root>/.dolt-databases/    repositories on a Dolt server of its own (``storage_dolt``)
"""

from __future__ import annotations

from pathlib import Path

from ..engines.base import Engine
from ..protocol.errors import Conflict, Invalid, NotFound, Unsupported
from .base import HostAbility, RepoName
from .journaled import Clock, JournaledHost, utc_now
from .queue import PATIENCE_S, Queue
from .state import Repository, State
from .storage import DoltLiteStorage, RawRemote, Storage

_STATE_FILE = "host.db"
_QUEUES = ".queues"


class LocalRepositories(JournaledHost):
    """
    Repositories and forks in one directory; ``LocalHost`` adds pull requests and merging.

    Attributes:
        root: The directory, absolute; made, for its owner only, when it does not exist.
    """

    abilities = frozenset(HostAbility)

    def __init__(
        self,
        root: Path,
        *,
        clock: Clock = utc_now,
        patience_s: float = PATIENCE_S,
        dolt: str | None = None,
        dolt_url: str = "",
        dolt_password: str = "",
        adopts_branches: bool = False,
    ) -> None:
        """
        Open the directory.

        Args:
            root: Made when missing.
            clock: The host's clock.
            patience_s: How long a merge waits for its turn.
            dolt: The Dolt program; None for the one on PATH.
            dolt_url: A Dolt server that somebody else runs, as ``mysql://user@host:port``; "" for
                the one given last, or one of the host's own.
            dolt_password: Of its user.
            adopts_branches: See ``Host``.
        """
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root.resolve()
        (self.root / _QUEUES).mkdir(mode=0o700, exist_ok=True)
        self.location = str(self.root)
        self.adopts_branches = adopts_branches
        self._patience_s = patience_s
        self._dolt = dolt
        self._dolt_url, self._dolt_password = dolt_url, dolt_password
        self._storages: dict[str, Storage] = {"doltlite": DoltLiteStorage(self.root)}
        super().__init__(State(self.root / _STATE_FILE), clock)

    def close(self) -> None:
        """Close engines and state."""
        for storage in self._storages.values():
            storage.close()
        self._state.close()

    def repositories(self) -> list[RepoName]:
        """Return the commons here, by name."""
        return self._state.repositories.commons()

    def create(self, repo: RepoName, *, engine: str = "doltlite") -> Engine:
        """Create an empty repository."""
        storage = self._storage(engine)
        _refuse_own_names(repo)
        with self._queue(repo).turn():
            is_new = self._state.repositories.add(Repository(repo, engine), at=self.now())
            if not is_new:
                self._replace_row(repo, engine)
            try:
                storage.create(repo)
            except BaseException:
                if is_new:
                    self._state.repositories.remove(repo)
                raise
        return storage.open(repo)

    def delete(self, repo: RepoName) -> None:
        """Delete a repository without forks, or a fork, with its pull requests and journal."""
        row = self._row(repo)
        self._state.repositories.remove(repo)
        storage = self._storage(row.engine)
        if row.parent:
            storage.remove_fork(repo, row.parent)
        else:
            storage.remove(repo)

    def engine(self, repo: RepoName) -> Engine:
        """Return the open engine of a repository or fork."""
        row = self._row(repo)
        storage = self._storage(row.engine)
        return storage.open_fork(repo, row.parent) if row.parent else storage.open(repo)

    def open_remote(self, repo: RepoName, *, may_push: bool = False) -> RawRemote:
        """
        Let programs other than ours read the database of *repo*, or push to it, and return how.

        What they push is past every gate: the right is as much as to write the host's directory.
        On a Dolt server it holds for all repositories there.

        Raises:
            Unsupported: The server of the database can open no port for them.
        """
        return self._storage(self._row(repo).engine).open_remote(repo, may_push=may_push)

    def close_remotes(self, repo: RepoName) -> bool:
        """End what ``open_remote`` has opened; return whether it had."""
        return self._storage(self._row(repo).engine).close_remotes()

    def fork(self, repo: RepoName, owner: str) -> RepoName:
        """
        Return *owner*'s fork of *repo*; nothing is copied. The owner's fork of its own is itself.

        Raises:
            Conflict: *owner* has something else of that name.
        """
        row = self._row(repo)
        fork = RepoName.parse(f"{owner}/{repo.name}")
        if fork == repo:
            return repo
        _refuse_own_names(fork)
        upstream = row.parent or repo
        self._state.repositories.add(Repository(fork, row.engine, upstream), at=self.now())
        if self._row(fork).parent != upstream:
            raise Conflict(f"{fork} exists and is no fork of {upstream}.", repo=str(fork))
        return fork

    def forks(self, repo: RepoName) -> list[RepoName]:
        """Return the forks of *repo*, by owner."""
        return self._state.repositories.forks(repo)

    def is_mirror(self, repo: RepoName) -> bool:
        """Return whether *repo*, or what it is a fork of, only follows another host."""
        return self._state.mirrors.find(self.parent(repo) or repo) is not None

    def parent(self, repo: RepoName) -> RepoName | None:
        """
        Return what *repo* is a fork of, None for a commons.

        Raises:
            NotFound: No such repository.
        """
        return self._row(repo).parent

    # --- for what looks after the whole directory

    @property
    def state(self) -> State:
        """What the host remembers beside its repositories."""
        return self._state

    def storage(self, engine: str) -> Storage:
        """
        Return where repositories of *engine* are kept.

        Raises:
            Unsupported: This host has no such engine.
        """
        return self._storage(engine)

    def queue(self, repo: RepoName) -> Queue:
        """Return the queue of those who move *repo*'s main."""
        return self._queue(repo)

    # --- private

    def _row(self, repo: RepoName) -> Repository:
        row = self._state.repositories.find(repo)
        if row is None:
            raise NotFound(
                f"{self.root} has no commons {repo}.", hint="wl create, or wl list", repo=str(repo)
            )
        return row

    def _replace_row(self, repo: RepoName, engine: str) -> None:
        """Take over a row without a database, which is what a killed create leaves behind."""
        row = self._row(repo)
        if row.parent or self._storage(row.engine).exists(repo):
            raise Conflict(f"{repo} exists already.", hint="wl list", repo=str(repo))
        if row.engine != engine:
            self._state.repositories.remove(repo)
            self._state.repositories.add(Repository(repo, engine), at=self.now())

    def _storage(self, engine: str) -> Storage:
        if engine not in self._storages:
            if engine != "dolt":
                raise Unsupported(f"This host has no engine {engine!r}.", engine=engine)
            self._storages[engine] = self._dolt_storage()
        return self._storages[engine]

    def _dolt_storage(self) -> Storage:
        # Its driver takes a tenth of the time of a whole command to load; few commons need it.
        from .storage_dolt import open_storage  # noqa: PLC0415

        return open_storage(
            self.root, program=self._dolt, url=self._dolt_url, password=self._dolt_password
        )

    def _queue(self, repo: RepoName) -> Queue:
        directory = self.root / _QUEUES / repo.owner / repo.name
        return Queue(directory, str(repo), timeout_s=self._patience_s)


def _refuse_own_names(repo: RepoName) -> None:
    """Raise Invalid for an owner whose directory would be our own file."""
    if repo.owner.startswith(_STATE_FILE):
        raise Invalid(f"No owner is called {repo.owner!r}.", field="commons", value=str(repo))
