"""Bringing to a fork what was pushed elsewhere."""

from __future__ import annotations

from ...commons import queries, records
from ...engines.base import MAIN, Ability
from ...hosts.base import RepoName
from ...protocol.errors import Invalid
from ...protocol.names import visible
from .. import refs, remotes
from ..callers import Caller
from ..hub import Hub


def bring(hub: Hub, caller: Caller, source: RepoName, *, url: str, branch: str) -> None:
    """
    Bring a branch of a remote into the caller's own fork, under the same name.

    For those who push with another program to a place of their own; the operator names the remotes
    that the hub may fetch from.

    Raises:
        Forbidden: The operator has not allowed that remote, the commons has blocked it, or the
            branch is not the caller's.
        LimitReached: There is too much of it, or too many branches.
        Invalid, NotFound, Unavailable, Unsupported: As the remote is.
    """
    refs.writable(hub, caller, source, branch)
    if hub.is_commons(source):
        records.refuse_blocked(queries.at(hub.host.engine(hub.upstream(source))), url)
    engine = hub.host.engine(source)
    # A fork that lives in its upstream's database has no remotes of its own.
    is_view = Ability.CLONE not in engine.abilities
    store = hub.host.engine(hub.upstream(source)) if is_view else engine
    with (
        hub.host.turn(source, branch),
        remotes.fetched_head(
            store,
            url,
            branch,
            hub.options.remote_heads,
            source=str(source),
            program=hub.options.dolt or None,
            limits=hub.options.remote_limits,
        ) as head,
    ):
        if engine.merge_base(MAIN, head) is None:
            raise Invalid(
                f"The remote's branch {visible(branch)} has no history in common with {source}.",
                hint="begin with a clone of it",
                field="from_branch",
                value=branch,
            )
        if any(known.name == branch for known in engine.branches(branch)):
            engine.move_branch(branch, head)
        else:
            refs.need_room(hub, source, branch)
            engine.create_branch(branch, head)
