"""Remarks on pull requests, and opinions."""

from __future__ import annotations

from ...commons.review import need_head
from ...commons.sdk import Commons
from ...commons.session import Session
from ...hosts.base import Comment, PullRequest, PullState, RepoName
from ...protocol import fields
from ...protocol.errors import Conflict, Forbidden, Invalid
from ...protocol.names import visible
from ..callers import Caller
from ..hub import Hub
from ..tokens import Scope
from ..verdicts import Opined, Opinion


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
    if not is_others(caller, pull):
        raise Forbidden("Nobody reviews their own pull request.", pull=pull.id)
    need_head(pull, head)
    seat = _registered(hub, caller, repo, rig) if hub.is_commons(repo) else ""
    return hub.verdicts.opine(
        pull, opinion, account=caller.account, rig=seat or caller.account, body=fields.message(text)
    )


def is_others(caller: Caller, pull: PullRequest) -> bool:
    """Return whether *pull* is not the caller's own, so that its opinion counts."""
    return not caller.owns(pull.author)


def _registered(hub: Hub, caller: Caller, repo: RepoName, rig: str) -> str:
    """Return the rig that the caller acts as; nobody speaks under a name that is nobody's."""
    session = hub.session(caller, repo, Session, rig=rig)
    if session.seat.rig and session.actor().rig is None:
        raise Forbidden(
            f"{visible(session.seat.rig)} is no rig of {repo}.", hint="wl join it first"
        )
    return session.seat.rig
