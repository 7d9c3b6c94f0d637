"""A commons as a visitor stands in it: what the frame of each page shows of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

from ..commons import leases, queries, records
from ..commons.counting import count_by_status, count_waiting
from ..commons.sdk import Commons
from ..commons.sheets import Whoami
from ..hub.callers import Caller
from ..hub.tokens import Scope
from ..hub.upstreams import Connection
from ..protocol.lean import dataclass
from ..protocol.moderation import heaviest
from ..protocol.policy import Action, Policy
from ..protocol.records import Moderation, Rig, WantedItem
from ..protocol.roles import Actor, is_allowed
from ..protocol.stamps import Scale, parse_scale

_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class Held:
    """An item that the visitor holds; ``ends`` is None where nothing expires."""

    item: WantedItem
    ends: datetime | None


class Place:
    """
    A commons, and the visitor's seat there.

    Attributes:
        session: Every operation, as the visitor.
        connection: The way to it, where it is not of this hub; None for one that is.
    """

    connection: Connection | None = None

    def __init__(self, session: Commons, caller: Caller) -> None:
        self.session = session
        self._caller = caller
        self._kinds: dict[str, str] = {}

    def joined(self, rig: str) -> None:
        """Note that the visitor has registered *rig*; here main tells that by itself."""

    @property
    def path(self) -> str:
        """Where its pages are."""
        return f"/{self.session.repo}"

    @property
    def name(self) -> str:
        """``owner/name``."""
        return str(self.session.repo)

    @cached_property
    def title(self) -> str:
        """What it calls itself."""
        return queries.meta(self.session.main()).get("wasteland_name") or self.name

    @cached_property
    def me(self) -> Whoami:
        """Who the visitor is here."""
        return self.session.whoami()

    @cached_property
    def may_write(self) -> bool:
        """Whether the visitor's token may be used to write."""
        scope = self._caller.scope
        return scope is not None and scope.holds(Scope.WRITE)

    @cached_property
    def standing(self) -> tuple[Actor, Policy]:
        """The visitor's rig as main knows it, and the policy."""
        query = self.session.main()
        return self.session.actor(query), self.session.policy(query)

    @cached_property
    def may_review(self) -> bool:
        """Whether the visitor may look at what waits for review."""
        if not self.me.registered:
            return False
        actor, policy = self.standing
        return is_allowed(Action.REVIEW, actor, policy)

    @cached_property
    def waiting(self) -> int:
        """How many pull requests wait for review, for those who may look at them."""
        return count_waiting(self.session) if self.may_review else 0

    @cached_property
    def may_moderate(self) -> bool:
        """Whether the visitor's rig may decide about others."""
        if not (self.me.registered and self.session.is_owned):
            return False
        actor, policy = self.standing
        return is_allowed(Action.MODERATE, actor, policy)

    @cached_property
    def suspensions(self) -> Sequence[Moderation]:
        """What keeps the visitor's rig from some or all of what it did, the heaviest first."""
        return heaviest(self.standing[0].suspensions) if self.me.registered else ()

    @cached_property
    def to_moderate(self) -> int:
        """How many reports and appeals wait for the visitor."""
        if not self.may_moderate:
            return 0
        return records.count_waiting(self.session.main(), self.session.host.now())

    @cached_property
    def head(self) -> str:
        """The commit of main."""
        return self.session.engine.head()

    @cached_property
    def counts(self) -> dict[str, int]:
        """Status -> how many items have it."""
        return count_by_status(self.session)

    @cached_property
    def scale(self) -> Scale | None:
        """The scale of its stamps, where it states one."""
        return parse_scale(self.standing[1].scale)

    @cached_property
    def held(self) -> Sequence[Held]:
        """What the visitor's rig holds, the lease that ends first before the others."""
        if not self.me.registered:
            return ()
        query = self.session.main()
        items = queries.held_by(query, self.me.rig)
        ends = leases.ends(self.session, query, [item.id for item in items]) if items else {}
        found = [Held(item, ends.get(item.id)) for item in items]
        return sorted(found, key=lambda held: (held.ends is None, held.ends, held.item.id))[:_SHOWN]

    def know(self, handles: Collection[str]) -> None:
        """Look up the types of several rigs at once, for ``kind``."""
        missing = set(handles).difference(self._kinds)
        found = queries.rig_types(self.session.main(), missing)
        self._kinds |= {handle: found.get(handle) or "human" for handle in missing}

    def kind(self, handle: str | None) -> str:
        """Return a rig's type, for the shape of its mark; "human" for one that is not known."""
        if not handle:
            return "human"
        if handle not in self._kinds:
            rig = queries.one(self.session.main(), Rig, handle)
            self._kinds[handle] = (rig.rig_type if rig else "") or "human"
        return self._kinds[handle]
