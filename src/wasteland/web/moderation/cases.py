"""What waits for a moderator, with what it is about; and what was decided about the visitor."""

from __future__ import annotations

from collections.abc import Sequence

from ...commons import queries, records
from ...commons.reports import Queue
from ...protocol.errors import WastelandError
from ...protocol.lean import dataclass
from ...protocol.moderation import Deed, Target
from ...protocol.records import Moderation, WantedItem
from ..places import Place

_MOST = 50


@dataclass(frozen=True, slots=True)
class Case:
    """
    A report or an appeal.

    Attributes:
        item: What is reported, where that is an item that is there.
        words: The reported comment; "" for none.
        decision: What an appeal is against.
        why_not: Why the visitor may not answer it; "" where it may.
    """

    record: Moderation
    item: WantedItem | None = None
    words: str = ""
    decision: Moderation | None = None
    why_not: str = ""

    @property
    def is_appeal(self) -> bool:
        """Whether a suspended rig asks for another look."""
        return self.record.action == Deed.APPEAL


@dataclass(frozen=True, slots=True)
class Own:
    """
    A suspension of the visitor's rig, or of one that answers for it.

    Attributes:
        appeal: The visitor's newest one against it.
        answer: To that appeal; None while it waits.
        may_appeal: Whether the visitor can appeal now.
    """

    suspension: Moderation
    appeal: Moderation | None
    answer: Moderation | None
    may_appeal: bool


def waiting(place: Place, queue: Queue) -> list[Case]:
    """Return what waits, appeals first, each the oldest first."""
    return [_case(place, record) for record in [*queue.appeals, *queue.reports][:_MOST]]


def own(place: Place, queue: Queue) -> Sequence[Own]:
    """Return what keeps the visitor from taking part."""
    if not place.suspensions:
        return ()
    ledger = records.ledger(place.session.main())
    waits = {record.about for record in queue.appeals}
    found = []
    for suspension in place.suspensions:
        appeal = ledger.appeal(suspension)
        answer = ledger.answer(appeal) if appeal else None
        is_mine = suspension.rig == place.me.rig
        found.append(Own(suspension, appeal, answer, is_mine and suspension.id not in waits))
    return found


def _case(place: Place, record: Moderation) -> Case:
    session = place.session
    query = session.main()
    target = record.target or ""
    is_item = record.target_type == Target.ITEM
    is_appeal = record.action == Deed.APPEAL
    return Case(
        record,
        item=queries.one(query, WantedItem, target) if is_item else None,
        words=_words(place, target) if record.target_type == Target.COMMENT else "",
        decision=queries.one(query, Moderation, record.about or "") if is_appeal else None,
        why_not=session.why_not(record) if place.may_moderate else "",
    )


def _words(place: Place, target: str) -> str:
    try:
        return place.session.remark(target).body
    except WastelandError:
        return ""
