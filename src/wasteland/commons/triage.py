"""The review inbox as it is worked through: what waits, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from ..protocol.inbox import Card
from ..protocol.lean import dataclass
from ..protocol.records import Rig, WantedItem
from ..protocol.words import NORMAL_PRIORITY
from . import queries
from .choices import item_id, item_of
from .review import Submission
from .session import Session


class Order(StrEnum):
    """What comes first: the most trusted rig's, the oldest, or the most urgent."""

    TRUST = "trust"
    AGE = "age"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    What waits, with what main says of its rig and its item.

    Attributes:
        rig: None for one that is not registered.
        item: As the pull request would leave it, else as on main; None for none.
        is_mine: Whether the acting rig offered it.
    """

    found: Submission
    rig: Rig | None
    item: WantedItem | None
    is_mine: bool

    @property
    def id(self) -> str:
        """The pull request's number."""
        return self.found.pull.id

    @property
    def card(self) -> Card:
        """What it does, in the inbox's words."""
        return self.found.card


def entries(session: Session, found: Sequence[Submission]) -> list[Entry]:
    """Return *found* with what main says of them, in the same order."""
    query = session.main()
    rigs = queries.records(query, Rig, {each.rig for each in found})
    stored = queries.records(query, WantedItem, {item_id(each) for each in found} - {""})
    return [
        Entry(
            found=each,
            rig=rigs.get(each.rig),
            item=item_of(each) or stored.get(item_id(each)),
            is_mine=session.is_mine(each.pull),
        )
        for each in found
    ]


def ordered(waiting: Sequence[Entry], order: Order = Order.TRUST) -> list[Entry]:
    """Return *waiting* by *order*, then by the others: trust, age, priority."""
    ranks = [_RANKS[order], *(rank for other, rank in _RANKS.items() if other is not order)]
    return sorted(waiting, key=lambda entry: tuple(rank(entry) for rank in ranks))


def _mistrust(entry: Entry) -> float:
    return -(entry.rig.trust if entry.rig else 0)


def _offered_at(entry: Entry) -> float:
    return entry.found.pull.created_at.timestamp()


def _priority(entry: Entry) -> float:
    if entry.item is None or entry.item.priority is None:
        return NORMAL_PRIORITY
    return entry.item.priority


_RANKS: Final[Mapping[Order, Callable[[Entry], float]]] = {
    Order.TRUST: _mistrust,
    Order.AGE: _offered_at,
    Order.PRIORITY: _priority,
}
