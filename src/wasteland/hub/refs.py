"""Branches, tags and releases of a repository."""

from __future__ import annotations

import re
from typing import Final

from ..engines.base import MAIN, Branch
from ..hosts.base import RepoName
from ..protocol import fields
from ..protocol.errors import Conflict, Forbidden, Invalid, LimitReached, NotFound
from ..protocol.names import read_branch, visible
from .callers import Caller
from .catalog import Release
from .hub import Hub
from .rights import Right

BRANCHES_OF_ONE: Final = 200
"""How many branches of its own a fork, or a rig at a shared repository, may have at once."""
_BRANCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}\Z")
_HEADS: Final = "pull/"
_COMMIT: Final = re.compile(r"[0-9a-v]{32}\Z|[0-9a-f]{40}\Z")


def branches(hub: Hub, repo: RepoName) -> list[Branch]:
    """Return the branches, by name; the heads of pull requests are none of them."""
    return [b for b in hub.host.engine(repo).branches() if not b.name.startswith(_HEADS)]


def create_branch(hub: Hub, caller: Caller, repo: RepoName, name: str, start: str) -> Branch:
    """
    Make a branch.

    Args:
        start: A branch, tag or commit of the same repository.
    Raises:
        Conflict: It already exists.
        Forbidden, Invalid: As ``writable`` says.
        LimitReached: There are too many already.
        NotFound: There is no such start.
    """
    writable(hub, caller, repo, name)
    engine = hub.host.engine(repo)
    if any(branch.name == name for branch in engine.branches(name)):
        raise Conflict(f"The branch {visible(name)} already exists.", branch=name)
    need_room(hub, repo, name)
    engine.create_branch(name, start)
    return Branch(name, engine.head(name))


def writable(hub: Hub, caller: Caller, repo: RepoName, branch: str) -> None:
    """
    Return if *caller* may write *branch*.

    A fork's main follows its upstream, and that of a commons moves through the gate alone. On a
    shared repository the branch of a rig is for those who may act as it.

    Raises:
        NotFound, Unauthenticated, Forbidden: It may not write the repository, or this branch.
        Invalid: The name cannot be that of a branch.
    """
    hub.require(caller, repo, Right.WRITE)
    need_writable(hub, caller, repo, branch)


def need_writable(hub: Hub, caller: Caller, repo: RepoName, branch: str) -> None:
    """
    Return if *caller*, who may write *repo*, may write this branch of it.

    Raises:
        Forbidden: It is main, or another rig's.
        Invalid: The name cannot be that of a branch.
    """
    check_branch(branch)
    hub.host.state.mirrors.refuse_writes(repo)
    if branch == MAIN and (hub.host.parent(repo) or hub.is_commons(repo)):
        raise Forbidden(
            f"main of {repo} is not written directly: it moves by pull requests.",
            hint="write a branch of your fork and open a pull request",
            branch=branch,
        )
    rig = read_branch(branch)[0]
    # What is written to a branch is offered, and lands, as its rig's; of no rig, as the account's.
    caller.need_rig(rig or caller.account.lower())
    if rig and hub.host.parent(repo) is None and hub.is_commons(repo):
        hub.seat(caller, repo, rig)


def need_room(hub: Hub, repo: RepoName, branch: str) -> None:
    """
    Return if *branch*, which is not there yet, may be made beside those that are.

    An engine slows down with thousands of branches; pull requests take theirs away when they end.

    Raises:
        LimitReached: The fork, or the branch's rig at a shared repository, has too many.
    """
    rig = read_branch(branch)[0]
    is_fork = hub.host.parent(repo) is not None
    own = [
        known
        for known in branches(hub, repo)
        if known.name != MAIN and (is_fork or read_branch(known.name)[0] == rig)
    ]
    if len(own) >= BRANCHES_OF_ONE:
        raise LimitReached(
            f"{rig if rig and not is_fork else repo} has {len(own)} branches, which is the most.",
            hint="delete branches, or close pull requests, that are not needed any more",
            limit=BRANCHES_OF_ONE,
            count=len(own),
        )


def check_branch(name: str) -> str:
    """
    Return *name* if it can be a branch that clients write.

    Raises:
        Invalid: It cannot.
    """
    parts = name.split("/")
    is_plain = _BRANCH.match(name) and all(parts) and not any(p.startswith(".") for p in parts)
    if not is_plain or ".." in name or name.endswith(".lock") or _COMMIT.match(name):
        raise Invalid(
            f"{visible(name)} cannot be a branch: letters, digits, '.', '-', '_' and '/', "
            "200 at most.",
            field="branch",
            value=name,
        )
    if parts[0] in {"pull", "fork", "remote", "op"}:
        raise Invalid(f"Branches under {parts[0]}/ are the hub's own.", field="branch", value=name)
    return name


def commit_of(hub: Hub, repo: RepoName, ref: str) -> str:
    """
    Return the commit that a branch, tag or commit of *repo* names.

    Raises:
        NotFound: There is none.
    """
    try:
        return hub.host.engine(repo).head(ref)
    except NotFound as error:
        raise NotFound("branch not found", ref=ref) from error


def releases(hub: Hub, repo: RepoName) -> list[Release]:
    """Return the releases, newest first."""
    return list(hub.catalog.releases(repo))


def create_release(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    *,
    tag: str,
    title: str,
    description: str,
    commit: str,
    create_tag: bool,
) -> Release:
    """
    Name a commit as a release.

    Args:
        commit: A commit, or a branch, whose head is meant.
        create_tag: Make the tag when it is missing.
    Raises:
        Conflict: The tag stands for another commit, or the release already exists.
        NotFound: There is no such commit, or no such tag.
    """
    hub.require(caller, repo, Right.WRITE)
    name, text = fields.title(title), fields.description(description)
    head = commit_of(hub, repo, commit)
    engine = hub.host.engine(repo)
    found = next((known for known in engine.tags() if known.name == tag), None)
    if found is None and not create_tag:
        raise NotFound(f"There is no tag {visible(tag)}.", tag=tag)
    if found is not None and found.commit != head:
        raise Conflict(f"The tag {visible(tag)} stands for another commit.", tag=tag)
    if found is None:
        create_tag_at(hub, caller, repo, tag, head, message=name)
    return hub.catalog.add_release(
        repo,
        tag=tag,
        title=name,
        description=text,
        commit=head,
    )


def create_tag_at(
    hub: Hub, caller: Caller, repo: RepoName, name: str, start: str, *, message: str
) -> str:
    """
    Tag a commit, and return it.

    Raises:
        Conflict: The tag already exists.
        Invalid: The name cannot be a tag.
        NotFound: There is no such commit.
    """
    hub.require(caller, repo, Right.WRITE)
    hub.host.state.mirrors.refuse_writes(repo)
    check_branch(name)
    head = commit_of(hub, repo, start)
    hub.host.engine(repo).create_tag(name, head, message=message, author=caller.account)
    return head
