"""
Pull requests of a hub: offered, listed, changed, reviewed, merged.

Whoever opens one, the gate looks at it at once: what policy lets land lands, and of the rest the
verdict is kept and shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ..commons import offers
from ..commons.offers import author_of
from ..commons.review import need_head
from ..commons.sdk import Commons
from ..commons.session import Session
from ..engines.base import MAIN
from ..hosts.base import Comment, PullRequest, PullState, RepoName
from ..protocol import fields
from ..protocol.errors import Conflict, Forbidden, Invalid
from ..protocol.names import read_branch, visible
from ..protocol.policy import Action
from . import refs, remotes
from .callers import Caller
from .hub import Hub
from .rights import Right
from .tokens import Scope
from .verdicts import Opined, Opinion, Verdict

PAGE: Final = 50
_BODY_LIMIT: Final = 65_536


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A pull request as clients see it.

    Attributes:
        author: The rig that it is about, as every client compares it; else the account.
        verdict: What the gate said last; None for what it has not seen.
    """

    pull: PullRequest
    author: str
    verdict: Verdict | None = None
    opinions: Sequence[Opined] = ()


def page(
    hub: Hub,
    repo: RepoName,
    *,
    state: PullState | None = None,
    text: str = "",
    before: int | None = None,
    among: Collection[str] | None = None,
    limit: int = PAGE,
) -> tuple[list[PullRequest], int | None]:
    """
    Return pull requests, newest first, and the number before which the next page begins.

    Args:
        among: Numbers of those that are meant; None for all.
    """
    numbers = None if among is None else {int(pull_id) for pull_id in among}
    found = hub.host.pull_page(
        repo, state=state, text=text, before=before, among=numbers, limit=limit + 1
    )
    more = len(found) > limit
    return found[:limit], int(found[limit - 1].id) if more else None


def find(hub: Hub, repo: RepoName, pull_id: str) -> Offer:
    """
    Return one pull request with its verdict.

    Raises:
        NotFound: There is none of that number.
    """
    pull = hub.host.pull(repo, pull_id)
    return Offer(
        pull,
        author_of(pull),
        hub.verdicts.find(repo, pull.id),
        hub.verdicts.opinions(repo, pull.id),
    )


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
    text = _title(title)
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
        body=fields.long_text("description", body, limit=_BODY_LIMIT),
        author=author,
    )
    return consider(hub, pull)


def bring(hub: Hub, caller: Caller, source: RepoName, *, url: str, branch: str) -> None:
    """
    Bring a branch of a remote into the caller's own fork, under the same name.

    For those who push with another program to a place of their own; the operator names the remotes
    that the hub may fetch from.

    Raises:
        Forbidden: The operator has not allowed that remote, or the branch is not the caller's.
        Invalid, NotFound, Unavailable: As the remote is.
    """
    refs.writable(hub, caller, source, branch)
    engine = hub.host.engine(source)
    with hub.host.turn(source, branch):
        head = remotes.fetch_head(engine, url, branch, hub.options.remote_heads)
        if any(known.name == branch for known in engine.branches(branch)):
            engine.move_branch(branch, head)
        else:
            engine.create_branch(branch, head)
        engine.delete_branch(remotes.remote_branch(url, branch))


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


def edit(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    pull_id: str,
    *,
    title: str | None = None,
    body: str | None = None,
    state: PullState | None = None,
    rig: str = "",
) -> PullRequest:
    """
    Change what a pull request says, or close it.

    Its author and whoever may reject work may.

    Raises:
        Conflict: It has ended, or was to be opened again.
        Forbidden: The caller is neither.
        Invalid: Nothing is to change, or a text has not its form.
    """
    if title is None and body is None and state is None:
        raise Invalid("Nothing is to change.", field="body")
    pull = hub.host.pull(repo, pull_id)
    _need_say(hub, caller, pull, rig)
    if title is not None or body is not None:
        pull = hub.host.edit_pull(
            repo,
            pull_id,
            title=pull.title if title is None else _title(title),
            body=pull.body
            if body is None
            else fields.long_text("description", body, limit=_BODY_LIMIT),
        )
    if state is None or state is pull.state:
        return pull
    if state is not PullState.CLOSED:
        raise Conflict(
            f"Pull request {pull.id} is {pull.state}; offer its branch again instead.",
            pull=pull.id,
            state=pull.state.value,
        )
    reason = f"closed by {caller.account}"
    return hub.host.end_pull(repo, pull_id, state=PullState.CLOSED, reason=reason)


def refresh(hub: Hub, caller: Caller, repo: RepoName, pull_id: str) -> PullRequest:
    """Move an open pull request to its branch's present head, and consider it again."""
    pull = hub.host.pull(repo, pull_id)
    hub.require(caller, pull.source, Right.WRITE)
    return consider(hub, hub.host.update_pull(repo, pull_id))


def comment(
    hub: Hub, caller: Caller, repo: RepoName, pull_id: str, text: str, *, rig: str = ""
) -> Comment:
    """
    Add a remark, as the caller's rig where it has one.

    Args:
        rig: Which of its rigs; "" for the usual one.
    Raises:
        Forbidden: Policy keeps the rig from it.
    """
    caller.need_scope(Scope.WRITE)
    hub.host.pull(repo, pull_id)
    if hub.is_commons(repo) and (session := hub.session(caller, repo, Commons, rig=rig)).seat.rig:
        return session.comment(pull_id, body=text)
    body = fields.message(text)
    if not body:
        raise Invalid("A comment needs a text.", field="comment", value=text)
    return hub.host.comment(repo, pull_id, author=caller.account, body=body)


def review(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    pull_id: str,
    *,
    opinion: Opinion,
    text: str = "",
    head: str = "",
    rig: str = "",
) -> Opined:
    """
    Keep what the caller thinks of a pull request.

    Args:
        head: The commit that was reviewed, or its first 7 characters or more; "" for any.
        rig: As which of the caller's rigs; "" for the usual one.
    Raises:
        Forbidden: It is the caller's own.
        Conflict: It has ended.
        Stale: It offers another commit than *head* by now.
    """
    caller.need_scope(Scope.WRITE)
    pull = hub.host.pull(repo, pull_id)
    if pull.state is not PullState.OPEN:
        raise Conflict(f"Pull request {pull.id} is {pull.state}.", pull=pull.id)
    if caller.owns(pull.author):
        raise Forbidden("Nobody reviews their own pull request.", pull=pull.id)
    need_head(pull, head)
    seat = _registered(hub, caller, repo, rig) if hub.is_commons(repo) else ""
    return hub.verdicts.opine(
        pull, opinion, account=caller.account, rig=seat or caller.account, body=fields.message(text)
    )


def _registered(hub: Hub, caller: Caller, repo: RepoName, rig: str) -> str:
    """Return the rig that the caller acts as; nobody speaks under a name that is nobody's."""
    session = hub.session(caller, repo, Session, rig=rig)
    if session.seat.rig and session.actor().rig is None:
        raise Forbidden(
            f"{visible(session.seat.rig)} is no rig of {repo}.", hint="wl join it first"
        )
    return session.seat.rig


def merge(
    hub: Hub,
    caller: Caller,
    repo: RepoName,
    pull_id: str,
    *,
    head: str = "",
    rig: str = "",
    op_id: str | None = None,
) -> PullRequest:
    """
    Merge a pull request that the gate allows, as the caller's rig.

    Args:
        head: The commit that was reviewed, or its first 7 characters or more; "" for any.
        rig: Which of the caller's rigs; "" for the usual one.
    Raises:
        Conflict: It has ended otherwise, does not apply any more, or offers another commit by now.
        Forbidden: The gate refuses it, or the rig may not merge.
    """
    caller.need_scope(Scope.WRITE)
    pull = hub.host.pull(repo, pull_id)
    session = hub.session(caller, repo, Commons, rig=rig) if hub.is_commons(repo) else None
    if pull.state is PullState.MERGED:
        if session and op_id:
            _keep_receipt(session, pull, head=head, op_id=op_id)
        return pull
    if session is None:
        need_head(pull, head)
        return _merge_plainly(hub, caller, pull)
    session.merge(pull_id, head=head, op_id=op_id)
    return hub.host.pull(repo, pull_id)


def _keep_receipt(session: Commons, pull: PullRequest, *, head: str, op_id: str) -> None:
    """Finish in the journal a merge whose hub died once main had moved."""
    known = session.host.operation(pull.repo, op_id)
    if known and known.receipt is None:
        # Where it was not this operation that merged, there is nothing to be kept.
        with suppress(Conflict, Forbidden):
            session.merge(pull.id, head=head, op_id=op_id)


def _merge_plainly(hub: Hub, caller: Caller, pull: PullRequest) -> PullRequest:
    """Merge into a database that is no commons, by the engine's own merge."""
    hub.require(caller, pull.repo, Right.WRITE)
    if pull.source != pull.repo:
        raise Invalid(
            f"{pull.repo} is no commons; only its own branches are merged.",
            field="from_branch",
            value=pull.branch,
        )
    engine = hub.host.engine(pull.repo)
    commit = engine.merge(pull.branch, author=caller.account, at=hub.host.now(), message=pull.title)
    return hub.host.end_pull(pull.repo, pull.id, state=PullState.MERGED, merged_as=commit)


def _title(text: str) -> str:
    """Return a title in its form: one line, cut where it is long, as clients put items' into it."""
    whole = fields.one_line("title", text, limit=fields.TEXT_LIMIT, required=True)
    return whole[: fields.TITLE_LIMIT]


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


def _need_say(hub: Hub, caller: Caller, pull: PullRequest, rig: str) -> None:
    """Raise unless *caller* wrote *pull*, or may reject work on the commons."""
    caller.need_scope(Scope.WRITE)
    is_own = caller.owns(pull.author) and caller.rig in {"", author_of(pull)}
    if is_own or (not caller.rig and hub.right(caller, pull.repo) >= Right.WRITE):
        return
    if hub.is_commons(pull.repo) and hub.session(caller, pull.repo, Commons, rig=rig).may(
        Action.REJECT
    ):
        return
    raise Forbidden(
        f"{caller.account} may not change pull request {pull.id} of {pull.author}.",
        hint="its author and reviewers may",
        pull=pull.id,
    )


def comments(hub: Hub, repo: RepoName, pull_id: str) -> list[Comment]:
    """Return the remarks, oldest first."""
    return hub.host.comments(repo, pull_id)
