"""Accepting everything that passed the gate at once: each by itself, one failure stops no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ...commons.choices import Chooser, is_work, item_id
from ...commons.receipts import Receipt
from ...commons.triage import Entry
from ...hub.tokens import Scope
from ...protocol.errors import Conflict, Invalid, WastelandError
from ...protocol.ids import derived
from ...protocol.lean import dataclass
from ...protocol.stamps import parse_valence
from .. import acting, refusals, stamping
from ..places import Place
from ..refusals import Refusal
from ..visits import Visit
from .cards import Inbox

MOST: Final = 50
"""How many are decided on at once."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry that a batch does not take, and why."""

    entry: Entry
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a batch would do.

    Attributes:
        takes: What passed the gate and is the visitor's to accept or merge.
    """

    takes: Sequence[Entry]
    leaves: Sequence[LeftOut]

    @property
    def has_work(self) -> bool:
        """Whether some of it is work, which is stamped."""
        return any(is_work(entry.found) for entry in self.takes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of one pull request: its receipt, or the refusal.

    Attributes:
        entry: None for one that waited no more.
    """

    pull: str
    entry: Entry | None = None
    receipt: Receipt | None = None
    refusal: Refusal | None = None


def plan_of(place: Place, inbox: Inbox) -> Plan:
    """Return what of an inbox a batch takes, and why it leaves the rest."""
    chooser = Chooser(place.session)
    works = Counter(item_id(entry.found) for entry in inbox.everything if is_work(entry.found))
    takes: list[Entry] = []
    leaves: list[LeftOut] = []
    for entry in inbox.shown:
        why = _why_left(chooser, entry)
        if not why and works[item_id(entry.found)] > 1 and is_work(entry.found):
            why = f"{works[item_id(entry.found)]} rigs submit for the item; choose one of them."
        if not why and len(takes) == MOST:
            why = f"{MOST} are decided on at once; it comes with the next."
        if why:
            leaves.append(LeftOut(entry, why))
        else:
            takes.append(entry)
    return Plan(takes, leaves)


def carried_out(visit: Visit, plan: Plan) -> list[Outcome]:
    """
    Decide on what is ticked, each by itself.

    Raises:
        Invalid: Nothing is ticked, or work is and no mark is given.
        Forbidden: The visitor may not write at all.
    """
    visit.caller.need_scope(Scope.WRITE)
    ticked = _ticked(visit.sent)
    if not ticked:
        raise Invalid("Nothing is ticked.", field="pull")
    waiting = {entry.id: entry for entry in plan.takes}
    marks = stamping.read(visit.sent)
    if any(is_work(waiting[pull].found) for pull in ticked if pull in waiting):
        _need_mark(marks)
    return [
        _decided(visit, waiting[pull], head, marks) if pull in waiting else _earlier(visit, pull)
        for pull, head in ticked.items()
    ]


def _why_left(chooser: Chooser, entry: Entry) -> str:
    if entry.is_mine:
        return "it is your own."
    return chooser.why_not_on(entry.found)


def _ticked(sent: Mapping[str, str]) -> dict[str, str]:
    """Return pull request -> the head that was looked at, of what is ticked."""
    named = {name.removeprefix(_FIELD): head for name, head in sent.items() if _FIELD in name}
    return dict(list(named.items())[:MOST])


def _need_mark(marks: Mapping[str, Any]) -> None:
    named = {name: mark for name, mark in marks.items() if mark and isinstance(mark, str)}
    parse_valence(named or marks["dimension"])


def _decided(visit: Visit, entry: Entry, head: str, marks: Mapping[str, Any]) -> Outcome:
    try:
        receipt = _carried_out(visit, entry, head, marks)
    except WastelandError as error:
        return Outcome(entry.id, entry, refusal=refusals.told(error))
    return Outcome(entry.id, entry, receipt)


def _carried_out(visit: Visit, entry: Entry, head: str, marks: Mapping[str, Any]) -> Receipt:
    session, op_id = visit.place.session, _op_id(visit, entry.id)
    if not is_work(entry.found):
        return session.merge(entry.id, head=head, op_id=op_id)
    said: dict[str, Any] = {name: visit.sent[name] for name in _SAID if visit.sent.get(name)}
    about = item_id(entry.found)
    return session.accept(about, rig=entry.found.rig, head=head, op_id=op_id, **said, **marks)


def _earlier(visit: Visit, pull: str) -> Outcome:
    """Return what this very batch did before, else that the pull request waits no more."""
    session = visit.place.session
    known = session.host.operation(session.repo, _op_id(visit, pull))
    if known and known.receipt:
        return Outcome(pull, receipt=Receipt.from_json(known.receipt))
    gone = Conflict(
        f"Pull request {pull} is not among what passed the gate any more; nothing was done to it."
    )
    return Outcome(pull, refusal=refusals.told(gone))


def _op_id(visit: Visit, pull: str) -> str:
    """Return the operation id of one decision of this batch: sent twice, it is done once."""
    given = visit.sent.get(acting.OP, "")[: acting.LONGEST_OP]
    return derived("op", visit.caller.need_account(), given, pull, digits=32)


_FIELD: Final = "pull-"
_SAID: Final = ("severity", "confidence", "skills", "message")
