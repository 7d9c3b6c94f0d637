"""Merging a pull request, as somebody asks for it."""

from __future__ import annotations

from contextlib import suppress

from ...commons.review import need_head
from ...commons.sdk import Commons
from ...hosts.base import PullRequest, PullState, RepoName
from ...protocol.errors import Conflict, Forbidden, Invalid
from ..callers import Caller
from ..hub import Hub
from ..rights import Right
from ..tokens import Scope


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
