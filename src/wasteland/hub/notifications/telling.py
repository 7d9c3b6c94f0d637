"""To whom something is told, and of what: what all makers of notifications share."""

from __future__ import annotations

from ...commons import queries
from ...hosts.base import RepoName
from ...protocol.records import Rig, WantedItem
from ..hub import Hub


class Telling:
    """
    One commons, as it is now.

    Attributes:
        query: Reads its main.
    """

    def __init__(self, hub: Hub, repo: RepoName) -> None:
        self.hub = hub
        self.repo = repo
        self.engine = hub.host.engine(repo)
        self.query = queries.at(self.engine)
        self._owners: dict[str, str] = {}
        self._titles: dict[str, str] = {}

    def owner_of(self, handle: str) -> str:
        """Return the namespace that a rig belongs to, folded; its own name where none is known."""
        if handle not in self._owners:
            rig = queries.one(self.query, Rig, handle) if handle else None
            self._owners[handle] = ((rig.dolthub_org if rig else "") or handle).casefold()
        return self._owners[handle]

    def is_own(self, by: str, recipient: str) -> bool:
        """Return whether a rig, or an account, that did something is the recipient itself."""
        return bool(by) and recipient in {by.casefold(), self.owner_of(by)}

    def title(self, item_id: str) -> str:
        """Return an item's title; "" where main has no such item."""
        if item_id not in self._titles:
            item = queries.one(self.query, WantedItem, item_id) if item_id else None
            self._titles[item_id] = item.title if item else ""
        return self._titles[item_id]
