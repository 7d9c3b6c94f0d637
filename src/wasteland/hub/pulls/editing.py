"""What a pull request says, as its author and reviewers change it."""

from __future__ import annotations

from ...commons.offers import author_of
from ...commons.sdk import Commons
from ...hosts.base import PullRequest, PullState, RepoName
from ...protocol.errors import Conflict, Forbidden, Invalid
from ...protocol.policy import Action
from ..callers import Caller
from ..hub import Hub
from ..rights import Right
from ..tokens import Scope
from . import texts


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

    Its author and the owners of the repository may; of a commons, who may reject work may change
    its words, and who may decline it may close it.

    Raises:
        Conflict: It has ended, or was to be opened again.
        Forbidden: The caller is neither.
        Invalid: Nothing is to change, or a text has not its form.
    """
    if title is None and body is None and state is None:
        raise Invalid("Nothing is to change.", field="body")
    pull = hub.host.pull(repo, pull_id)
    _need_say(hub, caller, pull, rig, closes=state is not None)
    if title is not None or body is not None:
        pull = hub.host.edit_pull(
            repo,
            pull_id,
            title=pull.title if title is None else texts.title(title),
            body=pull.body if body is None else texts.body(body),
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


def _need_say(hub: Hub, caller: Caller, pull: PullRequest, rig: str, *, closes: bool) -> None:
    """Raise unless *caller* wrote *pull*, owns where it goes, or its rig there may do that."""
    caller.need_scope(Scope.WRITE)
    is_own = caller.owns(pull.author) and caller.rig in {"", author_of(pull)}
    is_commons = hub.is_commons(pull.repo)
    enough = Right.ADMIN if is_commons else Right.WRITE
    if is_own or (not caller.rig and hub.right(caller, pull.repo) >= enough):
        return
    if is_commons:
        session = hub.session(caller, pull.repo, Commons, rig=rig)
        if session.why_not_decline(pull) is None if closes else session.may(Action.REJECT):
            return
    raise Forbidden(
        f"{caller.account} may not change pull request {pull.id} of {pull.author}.",
        hint="its author and reviewers may",
        pull=pull.id,
    )
