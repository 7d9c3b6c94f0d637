"""
What a caller may do with a repository: the one place that decides it, for every route.

A fork is seen by those who see what it is a fork of, and by its owner; so nothing private becomes
visible by being forked. What may land on a commons is another question, and the gate's.
"""

from __future__ import annotations

from enum import IntEnum

from ..hosts.base import RepoName
from ..protocol.errors import Forbidden, NotFound
from .callers import Caller
from .catalog import Catalog, Role, Visibility
from .tokens import Scope


class Right(IntEnum):
    """What a caller may do with a repository; each holds those before it."""

    NONE = 0
    READ = 1  # see it, fork it, open pull requests, comment
    WRITE = 2  # write its branches
    ADMIN = 3  # its settings, its schema


_ROLES = {Role.READ: Right.READ, Role.WRITE: Right.WRITE, Role.ADMIN: Right.ADMIN}
_SCOPES = {
    None: Right.READ,
    Scope.PUSH: Right.NONE,
    Scope.READ: Right.READ,
    Scope.WRITE: Right.ADMIN,
    Scope.ADMIN: Right.ADMIN,
}


def right_on(
    catalog: Catalog,
    caller: Caller,
    repo: RepoName,
    *,
    parent: RepoName | None,
    is_push: bool = False,
) -> Right:
    """
    Return what *caller* may do with *repo*.

    Args:
        parent: What it is a fork of; None for none.
        is_push: Whether the remote protocol asks, for which alone a token of scope "push" is good.
    """
    held = _held(catalog, caller, repo)
    if parent is not None and held < Right.ADMIN:
        # Who reads the commons reads its forks, or nobody could review.
        held = max(held, min(_held(catalog, caller, parent), Right.READ))
    if parent is not None and _is_hidden(catalog, caller, parent):
        held = Right.NONE
    limit = Right.WRITE if is_push and caller.scope is Scope.PUSH else _SCOPES[caller.scope]
    if caller.rig:
        # A token of one rig works; what belongs to its whole account is not for it.
        limit = min(limit, Right.WRITE)
    return min(held, limit)


def require(repo: RepoName, caller: Caller, held: Right, need: Right) -> None:
    """
    Return if *held* is enough.

    Raises:
        NotFound: The caller may not even know of *repo*.
        Unauthenticated: Nobody is signed in.
        Forbidden: The caller sees it and may do less.
    """
    if held is Right.NONE:
        raise unknown(repo)
    if held >= need:
        return
    caller.need_scope(Scope.WRITE)
    raise Forbidden(
        f"{caller.account} may not write {repo}: API token is not allowed to operate on this "
        "resource.",
        hint=f"wl join {repo} works on a fork of your own",
        repo=str(repo),
    )


def unknown(repo: RepoName) -> NotFound:
    """Return the error for a repository that is not there, or that the caller may not see."""
    return NotFound("no such repository", hint="wl list", repo=str(repo))


def _held(catalog: Catalog, caller: Caller, repo: RepoName) -> Right:
    if caller.is_admin or caller.owns(repo.owner):
        return Right.ADMIN
    role = catalog.role(repo, caller.account) if caller.account else None
    member = repo.owner.casefold() in caller.memberships
    public = catalog.entry(repo).visibility is Visibility.PUBLIC
    return max(_ROLES[role] if role else Right.NONE, Right.READ if member or public else Right.NONE)


def _is_hidden(catalog: Catalog, caller: Caller, repo: RepoName) -> bool:
    return _held(catalog, caller, repo) is Right.NONE
