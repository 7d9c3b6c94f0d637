"""How the entries of the inbox are named, drawn, filtered and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from ...commons.triage import Entry, Order
from ...protocol.inbox import Card, CardKind
from ...protocol.lean import dataclass
from ...protocol.schema import Value
from ...protocol.words import priority_word

_KINDS: Final[Mapping[CardKind, tuple[str, str]]] = {
    CardKind.REGISTRATION: ("Rig registration", "key"),
    CardKind.WANTED_POST: ("Wanted post", "post"),
    CardKind.WANTED_EDIT: ("Wanted edit", "edit"),
    CardKind.WORK_SUBMISSION: ("Work submission", "hand"),
    CardKind.ADMIN_ACTION: ("Admin action", "gate"),
    CardKind.CLAIM: ("Claim", "mine"),
    CardKind.UNKNOWN: ("Unknown", "q"),
}
_ICONS: Final = {"withdraw": "x", "unclaim": "undo", "accept": "check", "accept-upstream": "check"}
_WITH_SUBKIND: Final = frozenset({CardKind.WANTED_EDIT, CardKind.ADMIN_ACTION})
_FILTERS: Final[Mapping[str, tuple[str, frozenset[CardKind]]]] = {
    "": ("All", frozenset(CardKind)),
    "work": ("Work", frozenset({CardKind.WORK_SUBMISSION})),
    "rigs": ("Rigs", frozenset({CardKind.REGISTRATION})),
    "board": ("Board", frozenset({CardKind.WANTED_POST, CardKind.WANTED_EDIT, CardKind.CLAIM})),
    "admin": ("Admin", frozenset({CardKind.ADMIN_ACTION})),
    "unknown": ("Unknown", frozenset({CardKind.UNKNOWN})),
}
ORDERS: Final[Mapping[Order, str]] = {
    Order.TRUST: "Most trusted",
    Order.AGE: "Oldest",
    Order.PRIORITY: "Most urgent",
}
_OF_ITEMS: Final = frozenset(
    {CardKind.WANTED_POST, CardKind.WANTED_EDIT, CardKind.WORK_SUBMISSION, CardKind.CLAIM}
)
_MOST_CHANGES: Final = 2


@dataclass(frozen=True, slots=True)
class Inbox:
    """
    What waits, as one asked to see it.

    Attributes:
        path: Of the inbox.
        kind: A filter's word; "" for all.
        shown: What is listed.
        everything: What waits in all, for the counts.
    """

    path: str
    kind: str
    order: Order
    shown: Sequence[Entry]
    everything: Sequence[Entry]

    @property
    def query(self) -> str:
        """What keeps this view in an address, with its question mark; "" for the usual one."""
        order = "" if self.order is Order.TRUST else self.order.value
        return _query(kind=self.kind, order=order)

    @property
    def filters(self) -> list[tuple[str, int, str, bool]]:
        """Label, count, address, whether it is chosen; without kinds of which nothing waits."""
        order = "" if self.order is Order.TRUST else self.order.value
        found = []
        for word, (label, kinds) in _FILTERS.items():
            count = sum(entry.card.kind in kinds for entry in self.everything)
            if count or not word or word == self.kind:
                address = self.path + _query(kind=word, order=order)
                found.append((label, count, address, word == self.kind))
        return found

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """Label, address, whether it is chosen."""
        return [
            (
                label,
                self.path + _query(kind=self.kind, order="" if word is Order.TRUST else word.value),
                word is self.order,
            )
            for word, label in ORDERS.items()
        ]

    def link(self, entry: Entry) -> str:
        """Return the address of an entry's desk in this view."""
        return f"{self.path}/{entry.id}{self.query}"

    def place_of(self, pull: str) -> int:
        """Return where a pull request is listed, from 0; -1 where it is not."""
        return next((n for n, entry in enumerate(self.shown) if entry.id == pull), -1)

    def beside(self, pull: str) -> tuple[Entry | None, Entry | None]:
        """Return what is listed before and after a pull request."""
        at = self.place_of(pull)
        if at < 0:
            return None, self.shown[0] if self.shown else None
        before = self.shown[at - 1] if at else None
        return before, self.shown[at + 1] if at + 1 < len(self.shown) else None


def narrowed(everything: Sequence[Entry], *, path: str, kind: str, order: Order) -> Inbox:
    """Return the entries of one kind; an unknown word stands for all."""
    word = kind if kind in _FILTERS else ""
    kinds = _FILTERS[word][1]
    shown = [entry for entry in everything if entry.card.kind in kinds]
    return Inbox(path, word, order, shown, everything)


def name(card: Card) -> str:
    """Return what a card is called, in the words of the inbox contract."""
    label = _KINDS[card.kind][0]
    return f"{label}: {card.subkind}" if card.kind in _WITH_SUBKIND else label


def icon(card: Card) -> str:
    """Return the icon of a card."""
    return _ICONS.get(card.subkind, _KINDS[card.kind][1])


def title(entry: Entry) -> str:
    """Return what a reviewer reads first: the item's title where it is about one."""
    if entry.card.kind in _OF_ITEMS and entry.item and entry.item.title:
        return entry.item.title
    if entry.card.kind is CardKind.UNKNOWN:
        return f"Foreign commit: “{entry.found.pull.title}”"
    return entry.card.summary.removesuffix(".")


def changes(card: Card) -> str:
    """Return what an edit changes, in a few words; "" for other cards."""
    if card.kind is not CardKind.WANTED_EDIT or card.subkind != "update":
        return ""
    told = [
        f"{d.name} {_value(d.name, d.before)} → {_value(d.name, d.after)}" for d in card.details
    ]
    more = f" and {len(told) - _MOST_CHANGES} more" if len(told) > _MOST_CHANGES else ""
    return ", ".join(told[:_MOST_CHANGES]) + more


def _value(name: str, stored: Value) -> str:
    if name == "priority":
        return priority_word(stored)
    return str(stored or "nothing").strip("[]").replace('"', "")


def _query(**asked: str) -> str:
    text = urlencode({name: value for name, value in asked.items() if value})
    return f"?{text}" if text else ""
