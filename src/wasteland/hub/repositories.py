"""Repositories of a hub: made, forked, described."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..commons.creation import is_leftover
from ..hosts.base import RepoName
from ..protocol import fields
from ..protocol.errors import Conflict, Forbidden, Invalid, NotFound
from ..protocol.names import NAME_RULE, is_repo_part, visible
from .callers import Caller
from .catalog import Entry, Visibility
from .hub import Hub
from .rights import Right
from .tokens import Scope


@dataclass(frozen=True, slots=True)
class Database:
    """
    A repository as clients see it.

    Attributes:
        parent: What it is a fork of; None for none.
        forks: How many forks it has.
        size_bytes: On disk; 0 where that cannot be known.
    """

    repo: RepoName
    visibility: Visibility
    description: str
    parent: RepoName | None
    forks: int
    size_bytes: int


def describe(hub: Hub, repo: RepoName) -> Database:
    """Return what is known about a repository that the caller may read."""
    parent = hub.host.parent(repo)
    entry = hub.catalog.entry(parent or repo)
    return Database(
        repo=repo,
        visibility=entry.visibility,
        description=hub.catalog.entry(repo).description,
        parent=parent,
        forks=hub.host.state.repositories.count_forks(repo),
        size_bytes=hub.host.engine(repo).size_bytes(),
    )


def create(
    hub: Hub, caller: Caller, owner: str, name: str, *, visibility: str, description: str = ""
) -> Database:
    """
    Make an empty database.

    Raises:
        Conflict: It already exists.
        Forbidden: *owner* is no namespace of the caller.
        Invalid: The name or the visibility break their rule.
    """
    caller.need_whole_account()
    repo = new_name(hub, caller, owner, name)
    entry = Entry(Visibility.parse(visibility), fields.description(description))
    with making(hub, repo, entry):
        try:
            hub.host.create(repo, engine=hub.options.engine)
        except Conflict as error:
            raise _exists(repo) from error
    return describe(hub, repo)


@contextmanager
def making(hub: Hub, repo: RepoName, entry: Entry) -> Iterator[None]:
    """
    Let *repo* be made in a ``with`` block, hidden from its first moment if it is to be.

    Raises:
        Conflict: There is one of that name, or of one that differs in case only: neither file
            systems nor databases always tell these apart.
    """
    with hub.names.held(repo):
        taken = _taken(hub, repo)
        if taken and not (taken == repo and _is_unfinished(hub, repo)):
            raise _exists(taken)
        if not taken:
            forget(hub, repo)  # of an earlier one nothing goes to who takes its name
        before = hub.catalog.entry(repo)
        hub.catalog.set_entry(repo, entry)
        try:
            yield
        except BaseException:
            if taken:
                hub.catalog.set_entry(repo, before)
            else:
                forget(hub, repo)
            raise


def forget(hub: Hub, repo: RepoName) -> None:
    """
    Drop what the hub keeps about a repository that is gone from its host.

    Who may see it goes last: what fails before can be done again, and shows nobody anything.
    """
    hub.webhooks.forget(repo)
    hub.checks.forget(str(repo))
    hub.catalog.forget(repo)


def new_name(hub: Hub, caller: Caller, owner: str, name: str) -> RepoName:
    """
    Return the name of a repository that *caller* may make.

    Raises:
        Forbidden: *owner* is no namespace of the caller.
        Invalid: It cannot be a name.
    """
    caller.need_scope(Scope.WRITE)
    if not is_repo_part(owner) or not is_repo_part(name):
        raise Invalid(
            f"{visible(f'{owner}/{name}')} cannot be a database: {NAME_RULE}.",
            field="name",
            value=name,
        )
    if not (caller.owns(owner) or caller.is_admin):
        raise Forbidden(
            f"{caller.account} may not create databases under {owner}.",
            hint="use your own account's name, or an organisation that you own",
            owner=owner,
        )
    return RepoName(_spelled(hub, owner), name)


def fork(
    hub: Hub, caller: Caller, parent: RepoName, owner: str, *, may_repeat: bool = False
) -> RepoName:
    """
    Return *owner*'s new fork of *parent*.

    Args:
        may_repeat: The caller may be asking again, for want of an answer: then the fork may be
            there already.
    Raises:
        Conflict: It already exists, or something else of that name does.
        Forbidden: *owner* is no namespace of the caller.
    """
    hub.require(caller, parent, Right.READ)
    target = new_name(hub, caller, owner, parent.name)
    with hub.names.held(target):
        taken = _taken(hub, target)
        if taken and may_repeat and hub.host.parent(taken) == hub.upstream(parent):
            return taken
        if taken:
            raise Conflict(f"The fork {taken} already exists.", repo=str(taken))
        return hub.host.fork(parent, target.owner)


def forks(hub: Hub, caller: Caller, repo: RepoName) -> list[RepoName]:
    """Return the forks of *repo*, by owner; who sees it sees them, and nobody else does."""
    return hub.host.forks(repo) if hub.right(caller, repo) >= Right.READ else []


def visible_to(hub: Hub, caller: Caller) -> list[RepoName]:
    """Return the commons and databases, without forks, that the caller may see, by name."""
    return [repo for repo in hub.host.repositories() if hub.right(caller, repo) >= Right.READ]


def change(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    *,
    visibility: str | None = None,
    description: str | None = None,
) -> Database:
    """
    Change who sees a repository, or what it says of itself, as its owner.

    Raises:
        Conflict: A fork is seen as its upstream is.
    """
    hub.require(caller, repo, Right.ADMIN)
    known = hub.catalog.entry(repo)
    if visibility is not None and hub.host.parent(repo):
        raise Conflict(f"{repo} is a fork, and seen as what it is a fork of.", repo=str(repo))
    entry = Entry(
        known.visibility if visibility is None else Visibility.parse(visibility),
        known.description if description is None else fields.description(description),
    )
    hub.catalog.set_entry(repo, entry)
    return describe(hub, repo)


def _spelled(hub: Hub, owner: str) -> str:
    """Return a namespace as its repositories spell it: the first one was there first."""
    account = hub.accounts.find(owner).name
    same = hub.host.state.repositories.owners_alike(owner)
    return account if account in same or not same else min(same)


def _taken(hub: Hub, repo: RepoName) -> RepoName | None:
    """Return the repository or fork whose name cannot be told from *repo*'s, if there is one."""
    return next(iter(hub.host.state.repositories.alike(repo)), None)


def _is_unfinished(hub: Hub, repo: RepoName) -> bool:
    """Return whether nothing was ever written to a database; its creation may go on."""
    try:
        return hub.host.parent(repo) is None and is_leftover(hub.host.engine(repo))
    except NotFound:
        return True


def _exists(repo: RepoName) -> Conflict:
    return Conflict(f"The database {repo} already exists.", hint="wl list", repo=str(repo))
