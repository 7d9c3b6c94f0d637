"""A commons on another hub, or on DoltHub, as a visitor stands in it who is connected to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from ..commons import queries
from ..commons.sdk import Commons
from ..commons.session import Seat
from ..hosts.base import RepoName
from ..hub.callers import Caller
from ..hub.hub import Hub
from ..hub.upstreams import Connection
from ..protocol.errors import Invalid
from ..protocol.records import Rig
from .places import Place

_KINDS: Final = "SELECT `handle`, `rig_type` FROM `rigs` ORDER BY `handle` LIMIT 1000"


class DistantPlace(Place):
    """A commons elsewhere; each read of it is a request."""

    connection: Connection

    def __init__(self, session: Commons, caller: Caller, hub: Hub, connection: Connection) -> None:
        super().__init__(session, caller)
        self.connection = connection
        self._hub = hub

    def seated(self, rig: str) -> Commons:
        """Return the same commons as another rig of the visitor's account there."""
        self._caller.need_rig(rig)
        return Commons(self.session.host, self.session.repo, Seat(rig, self.connection.login))

    def own_rigs(self) -> Sequence[Rig]:
        """Return the rigs of the visitor's account there, by handle."""
        return queries.where(self.session.main(), Rig, "dolthub_org", self.connection.login)

    def joined(self, rig: str) -> None:
        """Act as *rig* from now on."""
        self._hub.upstreams.connections.note_rig(self.connection, rig)

    def kind(self, handle: str | None) -> str:
        """Return a rig's type; all are asked for at once."""
        if not self._kinds:
            rows = self.session.main()(_KINDS, {})
            self._kinds = {str(row["handle"]): str(row["rig_type"] or "human") for row in rows}
        return self._kinds.get(handle or "", "human")


def find(
    hub: Hub, caller: Caller, owner: str, name: str, *, writes: bool, closing: ExitStack
) -> DistantPlace | None:
    """
    Return the upstream that is called so and that *caller* is connected to, or None.

    Args:
        writes: Whether the visit may write.
        closing: Ends its connections.
    Raises:
        Invalid: The token of the connection cannot be read any more.
    """
    if not caller.account or caller.rig:
        return None
    try:
        repo = RepoName.parse(f"{owner}/{name}")
    except Invalid:
        return None
    connection = hub.upstreams.connections.at(caller.account, repo)
    if connection is None:
        return None
    opened = hub.upstreams.session(connection, Commons, writes=writes)
    session = closing.enter_context(opened)
    session.place = connection.root
    return DistantPlace(session, caller, hub, connection)
