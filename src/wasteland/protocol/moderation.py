"""
What moderation records say, and what a run of them comes to: the words, and a ledger of them.

A record is never changed. What is decided later is another record ``about`` the first: a report is
open until it is answered, a suspension in force until it ends or is lifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final

from .records import Moderation


class Deed(StrEnum):
    """What a record does; the words of the column ``action``."""

    REPORT = "report"
    SUSPEND = "suspend"
    RESTORE = "restore"
    APPEAL = "appeal"
    ANSWER = "answer"
    BLOCK = "block"
    UNBLOCK = "unblock"
    TRUST = "trust"
    WITHDRAW = "withdraw"
    UNCLAIM = "unclaim"


class Scope(StrEnum):
    """What a suspended rig may not do."""

    EVERYTHING = "everything"
    POSTING = "posting"
    CLAIMING = "claiming"
    REVIEWING = "reviewing"


class Target(StrEnum):
    """What a record may be about, beside a rig's whole conduct."""

    ITEM = "item"
    RIG = "rig"
    COMMENT = "comment"
    PEER = "peer"


REPORTABLE: Final = (Target.ITEM, Target.RIG, Target.COMMENT)
CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "spam": "advertising, or the same again and again",
        "abuse": "attacks or threatens somebody",
        "plagiarism": "passes off work of others",
        "evidence": "shows what is not so",
        "private": "tells what is private",
        "other": "something else",
    }
)
"""Word of a report -> what it stands for."""
UPHELD: Final = "upheld"
DISMISSED: Final = "dismissed"
OUTCOMES: Final = (UPHELD, DISMISSED)


class Ledger:
    """
    Moderation records, read together.

    Attributes:
        records: In the order in which they were written.
    """

    def __init__(self, records: Iterable[Moderation]) -> None:
        self.records = sorted(records, key=lambda record: (record.seq or 0, record.id))

    def find(self, record_id: str | None) -> Moderation | None:
        """Return the record with that id, None if it is not among these."""
        return self._by_id.get(record_id or "")

    def suspensions(self, at: datetime, rig: str = "") -> list[Moderation]:
        """Return the suspensions in force, oldest first; of one rig, or of all."""
        return [
            record
            for record in self._all(Deed.SUSPEND)
            if self.is_in_force(record, at) and rig in {"", record.rig}
        ]

    def is_in_force(self, record: Moderation, at: datetime) -> bool:
        """Return whether a suspension has neither ended nor been lifted."""
        has_ended = record.expires_at is not None and record.expires_at <= at
        is_lifted = record.lifted_at is not None or record.id in self._about[Deed.RESTORE]
        return not has_ended and not is_lifted

    def open_reports(self) -> list[Moderation]:
        """Return the reports that nobody has answered, oldest first."""
        return [r for r in self._all(Deed.REPORT) if r.id not in self._about[Deed.ANSWER]]

    def open_appeals(self, at: datetime) -> list[Moderation]:
        """Return the appeals that nobody has answered against what is in force, oldest first."""
        waiting = [r for r in self._all(Deed.APPEAL) if r.id not in self._about[Deed.ANSWER]]
        return [r for r in waiting if (d := self.find(r.about)) and self.is_in_force(d, at)]

    def blocks(self) -> list[Moderation]:
        """Return the blocks of peers in force, oldest first."""
        return [r for r in self._all(Deed.BLOCK) if r.id not in self._about[Deed.UNBLOCK]]

    def answer(self, record: Moderation) -> Moderation | None:
        """Return the answer to a report or an appeal, None while it is open."""
        return self._about[Deed.ANSWER].get(record.id)

    def appeal(self, decision: Moderation) -> Moderation | None:
        """Return the newest appeal against a decision, None if there is none."""
        return self._about[Deed.APPEAL].get(decision.id)

    def _all(self, deed: Deed) -> list[Moderation]:
        return [record for record in self.records if record.action == deed]

    @cached_property
    def _by_id(self) -> dict[str, Moderation]:
        return {record.id: record for record in self.records}

    @cached_property
    def _about(self) -> dict[Deed, dict[str, Moderation]]:
        found: dict[Deed, dict[str, Moderation]] = {deed: {} for deed in Deed}
        for record in self.records:
            if record.about and record.action in found:
                found[Deed(record.action)][record.about] = record
        return found


def heaviest(suspensions: Iterable[Moderation]) -> list[Moderation]:
    """Return *suspensions*, those from everything first."""
    return sorted(suspensions, key=lambda record: scope_of(record) is not Scope.EVERYTHING)


def scope_of(record: Moderation) -> Scope:
    """Return what a suspension is from; everything for a word that we do not know."""
    known = record.scope in Scope._value2member_map_
    return Scope(record.scope) if known and record.scope else Scope.EVERYTHING
