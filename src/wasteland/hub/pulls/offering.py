"""Offering a branch: what may land lands at once, and of the rest the verdict is kept."""

from __future__ import annotations

from contextlib import suppress

from ...commons import offers
from ...commons.sdk import Commons
from ...engines.base import MAIN
from ...hosts.base import PullRequest, PullState, RepoName
from ...protocol.errors import Conflict, Invalid
from ...protocol.names import read_branch, visible
from ..callers import Caller
from ..hub import Hub
from ..rights import Right
from ..tokens import Scope
from . import texts


def open_pull(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    *,
    source: RepoName,
    branch: str,
    title: str,
    body: str = "",
    into: str = MAIN,
    may_repeat: bool = False,
) -> PullRequest:
    """
    Offer a branch to *repo*, and let land at once what may.

    Args:
        may_repeat: The caller may be asking again, for want of an answer: then the pull request
            may be there already, and its branch gone with it.
    Raises:
        AlreadyClaimed: It claims what another holds by now; it is closed.
        Conflict: It is offered already.
        Forbidden: The branch is not the caller's to offer.
        Invalid: It has no title, or does not go to main.
        NotFound: There is no such repository or branch.
    """
    caller.need_scope(Scope.WRITE)
    hub.require(caller, repo)
    hub.require(caller, source, Right.WRITE)
    author = hub.account_of_fork(caller, source)
    _need_own_rig(hub, caller, repo, read_branch(branch)[0], author)
    if into != MAIN:
        raise Invalid(
            f"Pull requests go to main, not to {visible(into)}.", field="to_branch", value=into
        )
    if branch == MAIN:
        raise Invalid(
            "A pull request offers a branch, not main, which follows its upstream here.",
            hint="push your work to a branch of your fork, and offer that",
            field="from_branch",
            value=branch,
        )
    text = texts.title(title)
    if may_repeat and (
        earlier := _offered_before(hub, repo, (source, branch, text), author=author)
    ):
        return consider(hub, earlier)
    head = hub.host.engine(source).head(branch)
    known = hub.host.open_pull_of(repo, source, branch)
    if known and known.head == head:
        raise Conflict(
            f"A pull request of {source}:{branch} already exists: {known.id}.", pull=known.id
        )
    pull = hub.host.open_pull(
        repo,
        source=source,
        branch=branch,
        title=text,
        body=texts.body(body),
        author=author,
    )
    return consider(hub, pull)


def consider(hub: Hub, pull: PullRequest) -> PullRequest:
    """
    Let *pull* land if the gate and the policy say so now; keep the verdict.

    Returns:
        As it is now.
    Raises:
        Conflict: It can never land, as it claims what another holds by now; it is closed.
    """
    if not hub.is_commons(pull.repo):
        return pull
    decision = offers.consider(hub.session_of(pull, Commons), pull)
    verdict = decision.verdict
    hub.verdicts.keep(
        decision.pull,
        allowed=verdict.allowed,
        reasons=[reason.to_json() for reason in verdict.reasons],
    )
    if decision.pull.state is PullState.CLOSED and not verdict.allowed:
        raise verdict.reasons[0].error
    return decision.pull


def refresh(hub: Hub, caller: Caller, repo: RepoName, pull_id: str) -> PullRequest:
    """Move an open pull request to its branch's present head, and consider it again."""
    pull = hub.host.pull(repo, pull_id)
    hub.require(caller, pull.source, Right.WRITE)
    return consider(hub, hub.host.update_pull(repo, pull_id))


def follow(hub: Hub, source: RepoName, branch: str) -> None:
    """Move the open pull request of a branch that was written, and consider it again."""
    pull = hub.host.open_pull_of(hub.upstream(source), source, branch)
    if pull:
        # The branch was written; that its offer was closed is told where the offer is looked at.
        with suppress(Conflict):
            consider(hub, hub.host.update_pull(pull.repo, pull.id))


def close_of_branch(hub: Hub, source: RepoName, branch: str, *, reason: str) -> None:
    """Close the open pull request of a branch, if there is one."""
    pull = hub.host.open_pull_of(hub.upstream(source), source, branch)
    if pull:
        hub.host.end_pull(pull.repo, pull.id, state=PullState.CLOSED, reason=reason)


def _need_own_rig(hub: Hub, caller: Caller, repo: RepoName, rig: str, author: str) -> None:
    """Raise unless the rig that a branch names is the caller's, or nobody's yet."""
    caller.need_rig(rig or author.lower())
    if rig and hub.is_commons(repo):
        hub.seat(caller, repo, rig)


def _offered_before(
    hub: Hub, repo: RepoName, offer: tuple[RepoName, str, str], *, author: str
) -> PullRequest | None:
    """
    Return the newest pull request that is such an offer and has all that the branch holds.

    Args:
        offer: Source, branch, title.
    """
    source, branch, title = offer
    found = hub.host.state.pulls.newest_of(repo, source, branch)
    if found is None or (found.author, found.title) != (author, title):
        return None
    heads = [b.head for b in hub.host.engine(source).branches(branch) if b.name == branch]
    return found if heads in ([], [found.head]) else None
