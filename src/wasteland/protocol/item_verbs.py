"""
What a change does to one wanted item, read off the rows that belong to it.

The item's own row says most; completions and stamps say how work came in and how it was settled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .diff import DiffKind, RowChange
from .lifecycle import EDITABLE
from .records import Status, WantedItem


class Verb(StrEnum):
    """What a change may do, most significant first."""

    FOREIGN = "foreign"
    POLICY = "policy"
    TRUST = "trust"
    MODERATE = "moderate"
    ACCEPT = "accept"
    ACCEPT_UPSTREAM = "accept-upstream"
    REJECT = "reject"
    CLOSE = "close"
    CLOSE_UPSTREAM = "close-upstream"
    STAMP = "stamp"
    BADGE = "badge"
    CHAIN = "chain"
    DONE = "done"
    EVIDENCE = "evidence"
    POST = "post"
    WITHDRAW = "withdraw"
    UNCLAIM = "unclaim"
    UPDATE = "update"
    HANDOVER = "handover"
    CLAIM = "claim"
    REGISTER = "register"
    LINK = "link"
    IMPORT = "import"
    PROFILE = "profile"


@dataclass(slots=True)
class ItemChange:
    """
    The row changes that belong to one wanted item.

    Attributes:
        id: The item's.
        wanted: Its own row, if that changes.
        completions: Those that name it.
        stamps: Those about it or about one of ``completions``.
    """

    id: str
    wanted: RowChange | None = None
    completions: list[RowChange] = field(default_factory=list)
    stamps: list[RowChange] = field(default_factory=list)

    @property
    def rows(self) -> tuple[RowChange, ...]:
        """All of them."""
        own = () if self.wanted is None else (self.wanted,)
        return (*own, *self.completions, *self.stamps)


_Verbs = list[Verb]
_LIVE: Final = frozenset({Status.OPEN, Status.CLAIMED, Status.IN_REVIEW})
_MOVES: Final[Mapping[tuple[Status, Status], tuple[Verb, ...]]] = {
    (Status.OPEN, Status.CLAIMED): (Verb.CLAIM,),
    (Status.OPEN, Status.IN_REVIEW): (Verb.CLAIM, Verb.DONE),
    (Status.CLAIMED, Status.IN_REVIEW): (Verb.DONE,),
    (Status.CLAIMED, Status.OPEN): (Verb.UNCLAIM,),
    (Status.IN_REVIEW, Status.CLAIMED): (Verb.REJECT,),
}
_BOOKKEEPING: Final = frozenset(
    {"id", "status", "claimed_by", "evidence_url", "created_at", "updated_at"}
)
_VALIDATION: Final = frozenset({"validated_by", "validated_at", "stamp_id", "block_hash"})
_EVIDENCE: Final = frozenset({"evidence", "completed_at", "hop_uri"})
_UPSTREAM: Final = {Verb.ACCEPT: Verb.ACCEPT_UPSTREAM, Verb.CLOSE: Verb.CLOSE_UPSTREAM}
_DROPS_COMPLETION: Final = {Verb.REJECT, Verb.UNCLAIM, *_UPSTREAM.values()}
SETTLES: Final = frozenset({Verb.ACCEPT, Verb.CLOSE, *_UPSTREAM.values()})
"""What completes an item."""


def item_verbs(item: ItemChange, hints: Collection[str]) -> list[Verb]:
    """
    Return what happens to *item*, each verb once.

    Args:
        item: Its row changes.
        hints: Verbs that commit messages claim for it.
    """
    verbs = _moves(item, hints)
    verbs += _completion_verbs(item, verbs)
    verbs += _stamp_verbs(item, verbs)
    return list(dict.fromkeys(verbs))


def _moves(item: ItemChange, hints: Collection[str]) -> _Verbs:
    """Return what the change of the item's own row says."""
    if item.wanted is None:
        return []
    if item.wanted.after is None:
        return [Verb.FOREIGN]
    after = WantedItem.from_row(item.wanted.after)
    if item.wanted.before is None:
        return [Verb.POST, *_transition(item, Status.OPEN, after, hints)]
    before = WantedItem.from_row(item.wanted.before)
    cells = set(item.wanted.cells)
    verbs = [Verb.FOREIGN] if cells - EDITABLE - _BOOKKEEPING else []
    verbs += [Verb.UPDATE] if cells & EDITABLE else []
    if before.status != after.status:
        return verbs + _transition(item, before.state, after, hints)
    return verbs + _still(item, cells, before)


def _still(item: ItemChange, cells: set[str], before: WantedItem) -> _Verbs:
    """Return what happened to an item whose status stayed."""
    if "claimed_by" in cells:
        return [Verb.HANDOVER if before.claimed_by else Verb.CLAIM]
    return [Verb.EVIDENCE] if "evidence_url" in cells and not item.completions else []


def _transition(
    item: ItemChange, start: Status | None, after: WantedItem, hints: Collection[str]
) -> _Verbs:
    end = after.state
    if start is end and start is not None:
        return []
    if start not in _LIVE or end is None:
        return [Verb.FOREIGN]
    if end is Status.WITHDRAWN:
        return [Verb.WITHDRAW]
    if end is Status.COMPLETED:
        return _settled(item, hints)
    if (start, end) == (Status.IN_REVIEW, Status.OPEN):
        return [Verb.UNCLAIM if Verb.UNCLAIM in hints else Verb.REJECT]
    verbs = _MOVES[start, end]
    return [verb for verb in verbs if not (verb is Verb.CLAIM and after.is_open_bounty)]


def _settled(item: ItemChange, hints: Collection[str]) -> _Verbs:
    """Return how the item was completed: with a stamp or without, from main or from a fork."""
    verb = Verb.ACCEPT if _added(item.stamps) else Verb.CLOSE
    brings_work = bool(_added(item.completions))
    said = [form for form in (verb, _UPSTREAM[verb]) if form in hints]
    if brings_work and said != [verb]:
        return [_UPSTREAM[verb]]
    if brings_work:
        return [verb, Verb.DONE]
    return [said[0] if len(said) == 1 else verb]


def _completion_verbs(item: ItemChange, verbs: _Verbs) -> _Verbs:
    """Return what the completions say beyond *verbs*, the steps of the item itself."""
    found = []
    for row in item.completions:
        if row.kind is DiffKind.ADDED:
            found += [] if {Verb.DONE, *_UPSTREAM.values()} & set(verbs) else [Verb.DONE]
        elif row.kind is DiffKind.REMOVED:
            found += [] if _DROPS_COMPLETION & set(verbs) else [Verb.FOREIGN]
        else:
            found += _revision(row, item, verbs)
    return found


def _revision(row: RowChange, item: ItemChange, verbs: _Verbs) -> _Verbs:
    cells = set(row.cells)
    found = [Verb.FOREIGN] if cells - _VALIDATION - _EVIDENCE else []
    if cells & _EVIDENCE:
        found.append(Verb.EVIDENCE)
    if cells & _VALIDATION and not (SETTLES & set(verbs) or _added(item.stamps)):
        found.append(Verb.FOREIGN)
    return found


def _stamp_verbs(item: ItemChange, verbs: _Verbs) -> _Verbs:
    accepted = {Verb.ACCEPT, Verb.ACCEPT_UPSTREAM} & set(verbs)
    if any(row.kind is not DiffKind.ADDED for row in item.stamps):
        return [Verb.FOREIGN]
    return [Verb.STAMP] if item.stamps and not accepted else []


def _added(rows: Iterable[RowChange]) -> list[RowChange]:
    return [row for row in rows if row.kind is DiffKind.ADDED]
