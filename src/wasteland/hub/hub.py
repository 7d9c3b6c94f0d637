"""
One running hub: its host, its accounts, and who may do what here.

Routes parse and render; what they need to know or to do, they ask of this and of the modules
beside it (``reads``, ``writes``, ``pulls``, ``repositories``, ``refs``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from ..commons import queries
from ..commons.evidence.files import Files
from ..commons.evidence.store import SqliteEvidenceStore
from ..commons.evidence.store import open_store as open_evidence
from ..commons.evidence.watch import Watch
from ..commons.looks import Looks
from ..commons.outgoing.client import Outgoing
from ..commons.review import Review, Submission
from ..commons.search import Search
from ..commons.session import Seat, Session, branch_rig
from ..engines.base import Engine
from ..hosts.base import PullRequest, RepoName
from ..hosts.local import LocalHost
from ..protocol.errors import Forbidden, NotFound, WastelandError
from ..protocol.names import visible
from ..protocol.records import Rig
from ..protocol.rules_rigs import acts_for
from . import callers, rights
from .accounts import Accounts
from .callers import Caller
from .catalog import Catalog, Visibility
from .challenges import Challenges
from .collecting import Collector
from .http.repeats import Answers
from .http.streams import Lookout, Places, Shared
from .identities import Identities, Provider
from .naming import Names
from .notifications.mail import Mail
from .notifications.store import Notifications
from .operations import Jobs
from .passkeys import Passkeys
from .passwords import Passwords
from .remotes import HeadLimits
from .rights import Right
from .sandbox import Sandbox
from .store import open_store
from .upstreams import Upstreams
from .vault import MasterKeys, Vault
from .vault.keys import FILE as MASTER_KEYS
from .verdicts import Verdicts
from .views import Views
from .webhooks.webhooks import Webhooks

S = TypeVar("S", bound=Session)

BODY_LIMIT_BYTES: Final = 65_536
_INDEXES: Final = ".indexes"
_WEBHOOKS: Final = "webhooks.db"
_LOOK_S: Final = 0.1
_TOLD_S: Final = 60.0
_REMEMBERED: Final = 10_000  # accounts whose rigs are known at a head of main
_RIGS_OF: Final = "SELECT * FROM `rigs` WHERE LOWER(`dolthub_org`) = :owner ORDER BY `handle`"


@dataclass(frozen=True, slots=True)
class Options:
    """
    How a hub is run.

    Attributes:
        engine: What new repositories are kept in: "doltlite" or "dolt".
        visibility: Of repositories that nobody has set.
        hosts: Names that requests may name in ``Host``; empty for those of loopback only.
        origins: Origins besides its own whose pages may call it.
        requests_per_minute: By account, or address where nobody is signed in; 0 for no limit.
        allow_outgoing: Whether the hub may call addresses that users name.
        outgoing_allowed: Hosts or networks that it may call although they are private.
        remote_heads: Prefixes of remotes whose branches may be offered as pull requests.
        remote_limits: What fetching one of them may take.
        sql_workers: Processes that run what clients ask in SQL.
        dolt: The Dolt program; "" for the one on PATH.
        dolt_url: A Dolt server that somebody else runs; "" for the host's own.
        dolt_password: Of its user.
        mail: How letters are sent; None for not at all.
        master_keys: The file of the keys that open stored secrets; None for one in the host's
            directory, made at first use.
    """

    engine: str = "doltlite"
    visibility: Visibility = Visibility.PUBLIC
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    requests_per_minute: int = 1200
    allow_outgoing: bool = False
    outgoing_allowed: tuple[str, ...] = ()
    remote_heads: tuple[str, ...] = ()
    remote_limits: HeadLimits = field(default_factory=HeadLimits)
    sql_workers: int = 2
    dolt: str = field(default="", repr=False)
    dolt_url: str = ""
    dolt_password: str = field(default="", repr=False)
    mail: Mail | None = None
    master_keys: Path | None = None


class Hub:
    """
    A hub over one host's directory.

    Attributes:
        host: The repositories, forks and pull requests.
        accounts: Who is known here.
        challenges: What browsers are asked while somebody signs in.
        passwords: Of accounts, and invitations to set one.
        passkeys: Of accounts.
        identities: Accounts elsewhere that sign in as accounts here.
        provider: Where they do; None for nowhere.
        catalog: Who may see what; releases.
        jobs: Operations that clients poll for.
        verdicts: What gate and reviewers said about pull requests.
        answers: Those that repeated requests get again.
        sandbox: Where SQL of clients runs.
        outgoing: How addresses are called that users name.
        webhooks: Who is told of what happens here.
        upstreams: Commons elsewhere that accounts are connected to.
        files: What was uploaded as evidence.
        checks: What looks at evidence found.
        watch: Looks at evidence.
        notifications: What accounts are told of their own work.
        views: Of boards, saved by accounts under names.
        chores: What else is to be done now and then while it serves.
        names: Kept to one at a time while repositories are given them.
        places: Of answers that wait.
        heads: Of main, for those who wait for it to move.
        changes: What differs between two heads, for the same.
        looks: What the gate said about pull requests, while main stands still.
        stopping: Set when answers that wait are to end.
    """

    def __init__(self, host: LocalHost, options: Options) -> None:
        self.host = host
        self.options = options
        self._store = open_store(host.root)
        self.accounts = Accounts(self._store, host.now)
        self.challenges = Challenges(host.now)
        self.passwords = Passwords(self._store, self.accounts, host.now)
        self.passkeys = Passkeys(self._store, host.now)
        self.identities = Identities(self._store, self.accounts, host.now)
        self.provider: Provider | None = None
        self.catalog = Catalog(self._store, host.now, options.visibility)
        self.jobs = Jobs(self._store, host.now)
        self.verdicts = Verdicts(self._store, host.now)
        self.answers = Answers(self._store, host.now)
        self.sandbox = Sandbox(workers=options.sql_workers)
        self.outgoing = Outgoing(enabled=options.allow_outgoing, allow=options.outgoing_allowed)
        self.webhooks = Webhooks(host.root / _WEBHOOKS, self.outgoing, host.now)
        keys = MasterKeys(options.master_keys or host.root / MASTER_KEYS)
        self.upstreams = Upstreams(host.root, Vault(keys), self.outgoing, host.now)
        self._evidence = open_evidence(host.root)
        self.files = Files(host.root, self._evidence)
        self.checks = SqliteEvidenceStore(self._evidence)
        self.watch = Watch(self.checks, self.outgoing, self.files, host.now)
        self.notifications = Notifications(host.root)
        self.views = Views(self._store, host.now)
        self.chores: list[Callable[[], object]] = [Collector(host)]
        self.names = Names()
        self.places = Places()
        self.changes: Shared[tuple[RepoName, str, str], dict[str, Any]] = Shared(_TOLD_S)
        self.looks: Looks[Submission] = Looks()
        self.stopping = threading.Event()
        self.heads: Lookout[RepoName, str] = Lookout(_LOOK_S, self.stopping.is_set)
        self._rigs: dict[tuple[object, ...], tuple[str, list[Rig]]] = {}
        self._commons: dict[RepoName, str] = {}

    @classmethod
    def open(cls, root: Path, options: Options | None = None) -> Self:
        """
        Open the hub of a directory; the caller closes it.

        Raises:
            EngineError, Invalid: The Dolt server that the options name cannot be used.
        """
        chosen = options or Options()
        host = LocalHost(
            root,
            dolt=chosen.dolt or None,
            dolt_url=chosen.dolt_url,
            dolt_password=chosen.dolt_password,
        )
        if chosen.dolt_url:
            try:
                host.storage("dolt")
            except WastelandError:
                host.close()
                raise
        return cls(host, chosen)

    def close(self) -> None:
        """End the workers, close repositories and state."""
        self.sandbox.close()
        self.webhooks.close()
        self.notifications.close()
        self.upstreams.close()
        self._evidence.close()
        self._store.close()
        self.host.close()

    # --- who may do what

    def caller(self, header: str | None) -> Caller:
        """Return who sends an ``authorization`` header; see ``callers.identify``."""
        return callers.identify(self.accounts, header)

    def right(self, caller: Caller, repo: RepoName, *, is_push: bool = False) -> Right:
        """Return what *caller* may do with *repo*; nothing with one that is not there."""
        try:
            parent = self.host.parent(repo)
        except NotFound:
            return Right.NONE
        return rights.right_on(self.catalog, caller, repo, parent=parent, is_push=is_push)

    def require(self, caller: Caller, repo: RepoName, need: Right = Right.READ) -> None:
        """
        Return if *caller* may do that with *repo*.

        Raises:
            NotFound: The caller may not even know of it.
            Unauthenticated, Forbidden: It may do less.
        """
        rights.require(repo, caller, self.right(caller, repo), need)

    def repo(self, caller: Caller, owner: str, name: str, need: Right = Right.READ) -> RepoName:
        """
        Return the repository ``owner/name`` if *caller* may do that with it.

        Raises:
            NotFound: There is none, it cannot be one, or the caller may not know of it.
            Unauthenticated, Forbidden: It may do less.
        """
        repo = repo_name(owner, name)
        self.require(caller, repo, need)
        return repo

    # --- commons

    def upstream(self, repo: RepoName) -> RepoName:
        """Return what *repo* is a fork of, else itself."""
        return self.host.parent(repo) or repo

    def is_commons(self, repo: RepoName) -> bool:
        """Return whether *repo*, or what it is a fork of, has the tables of a commons on main."""
        engine = self.host.engine(self.upstream(repo))
        head = engine.head()
        if self._commons.get(repo) != head:
            if not is_commons(engine):
                return False
            if len(self._commons) >= _REMEMBERED:
                self._commons.clear()
            self._commons[repo] = head
        return True

    def session(self, caller: Caller, repo: RepoName, kind: type[S], *, rig: str = "") -> S:
        """
        Return *caller*'s seat at a commons, as a session of class *kind*.

        Args:
            rig: As which of its rigs; "" for the only one, or the one named like the account.
        Raises:
            Forbidden: That is no rig of the account.
        """
        session = kind(self.host, repo, self.seat(caller, repo, rig))
        if isinstance(session, Search):
            session.index_dir = self.host.root / _INDEXES
        if isinstance(session, Review):
            session.looks = self.looks
        return session

    def seat(self, caller: Caller, repo: RepoName, rig: str = "") -> Seat:
        """
        Return as whom *caller* acts at a commons; a visitor where it has no rig.

        Raises:
            Forbidden: *rig* is none of its rigs, or its token is for another.
        """
        if not caller.account:
            return Seat()
        if rig:
            caller.need_rig(rig)
        wanted = rig or caller.rig
        if wanted:
            return Seat(wanted, self._account_for(caller, repo, wanted))
        own = self.rigs(caller, repo)
        named = [r for r in own if r.handle == caller.account.lower()] or own
        if not named:
            return Seat("", caller.account)
        return Seat(named[0].handle, named[0].dolthub_org or caller.account)

    def rigs(self, caller: Caller, repo: RepoName) -> list[Rig]:
        """Return the rigs of *caller*'s namespaces on main, its own name's first."""
        engine = self.host.engine(repo)
        spaces = sorted(caller.namespaces, key=lambda name: name != caller.account.casefold())
        head = engine.head()
        known, found = self._rigs.get((repo, *spaces), ("", []))
        if known != head:
            query = queries.at(engine)
            found = [Rig.from_row(r) for name in spaces for r in query(_RIGS_OF, {"owner": name})]
            self._keep_rigs((repo, *spaces), head, found)
        return found

    def _keep_rigs(self, key: tuple[object, ...], head: str, found: list[Rig]) -> None:
        if len(self._rigs) >= _REMEMBERED:
            self._rigs.clear()
        self._rigs[key] = (head, found)

    def account_of_fork(self, caller: Caller, source: RepoName) -> str:
        """Return the account that stands behind a pull request from *source*."""
        return source.owner if caller.owns(source.owner) else caller.need_account()

    def session_of(self, pull: PullRequest, kind: type[S]) -> S:
        """Return the seat of the rig that offers *pull*."""
        return kind(self.host, pull.repo, Seat(branch_rig(pull), pull.author))

    def _account_for(self, caller: Caller, repo: RepoName, handle: str) -> str:
        """Return the namespace of *caller* that owns *handle*, or will own it."""
        query = queries.at(self.host.engine(repo))
        rig = queries.one(query, Rig, handle)
        if rig is None:
            return caller.account
        parents, _ = queries.kin(query, {handle})
        for namespace in caller.namespaces:
            if acts_for(namespace, rig, parents):
                return namespace
        raise Forbidden(
            f"{visible(handle)} is no rig of {caller.account}.", hint="wl whoami", rig=handle
        )


def is_commons(engine: Engine) -> bool:
    """Return whether a database has the tables of a commons on main."""
    try:
        return {"_meta", "wanted", "rigs"} <= set(engine.tables())
    except NotFound:
        return False


def repo_name(owner: str, name: str) -> RepoName:
    """
    Return ``owner/name``.

    Raises:
        NotFound: No repository is called so.
    """
    try:
        return RepoName.parse(f"{owner}/{name}")
    except WastelandError as error:
        raise rights.unknown(RepoName(owner, name)) from error
