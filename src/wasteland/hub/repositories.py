"""Repositories of a hub: made, forked, described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..engines.base import Engine
from ..hosts.base import RepoName
from ..protocol import fields
from ..protocol.errors import Conflict, Forbidden, Invalid, NotFound
from ..protocol.names import NAME_RULE, is_repo_part, visible
from .callers import Caller
from .catalog import Entry, Visibility
from .hub import Hub
from .rights import Right
from .tokens import Scope

_FORKS_OF_ACCOUNT: Final = 500


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
        forks=len(hub.host.forks(repo)),
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
    repo = new_name(hub, caller, owner, name)
    entry = Entry(Visibility.parse(visibility), fields.description(description))
    try:
        hub.host.create(repo, engine=hub.options.engine)
    except Conflict as error:
        raise Conflict(f"The database {repo} already exists.", repo=str(repo)) from error
    hub.catalog.set_entry(repo, entry)
    return describe(hub, repo)


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
    hub.accounts.find(owner)
    return RepoName(owner, name)


def fork(hub: Hub, caller: Caller, parent: RepoName, owner: str) -> RepoName:
    """
    Return *owner*'s new fork of *parent*.

    Raises:
        Conflict: It already exists, or something else of that name does.
        Forbidden: *owner* is no namespace of the caller.
    """
    hub.require(caller, parent, Right.READ)
    target = new_name(hub, caller, owner, parent.name)
    try:
        hub.host.parent(target)
    except NotFound:
        return hub.host.fork(parent, owner)
    raise Conflict(f"The fork {target} already exists.", repo=str(target))


def forks(hub: Hub, caller: Caller, repo: RepoName) -> list[RepoName]:
    """Return the forks of *repo* that the caller may see, by owner."""
    return [found for found in hub.host.forks(repo) if hub.right(caller, found) >= Right.READ]


def visible_to(hub: Hub, caller: Caller) -> list[RepoName]:
    """Return the commons and databases, without forks, that the caller may see, by name."""
    return [repo for repo in hub.host.repositories() if hub.right(caller, repo) >= Right.READ]


def is_empty(engine: Engine) -> bool:
    """Return whether nothing was ever committed to a database."""
    return not engine.tables()


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
