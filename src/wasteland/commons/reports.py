"""Reports of what should not be here, appeals of those who were decided about, and the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from ..hosts.base import Comment
from ..protocol import fields, lifecycle, names
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Invalid, NotFound
from ..protocol.lean import dataclass
from ..protocol.moderation import (
    CATEGORIES,
    DISMISSED,
    OUTCOMES,
    REPORTABLE,
    UPHELD,
    Deed,
    Target,
)
from ..protocol.policy import Action
from ..protocol.records import Moderation, WantedItem
from . import queries, records
from .changes import added, changed
from .intents import Options
from .merge import judge_offer
from .queries import Query
from .receipts import Receipt
from .record_keeping import RecordKeeping, intent

_NO_MEASURE: Final = "none"
MEASURES: Final = (_NO_MEASURE, "withdraw", "unclaim")


@dataclass(frozen=True, slots=True)
class Queue:
    """
    What waits for a moderator, and what is in force; each the oldest first.

    Attributes:
        reports: Nobody has answered them.
        appeals: Nobody has answered them, and what they are against is in force.
        suspensions: In force.
        blocks: Of peers, in force.
    """

    reports: Sequence[Moderation]
    appeals: Sequence[Moderation]
    suspensions: Sequence[Moderation]
    blocks: Sequence[Moderation]


class Reporting(RecordKeeping):
    """The operations of whoever has something to complain of, and the answers of moderators."""

    def report(
        self,
        target: str,
        *,
        category: str,
        reason: str = "",
        kind: str = Target.ITEM.value,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Tell the moderators of an item, a rig or a comment that should not be here.

        A report is a record of the commons: whoever reads its rows can read who reported what.

        Args:
            target: An item's id, a rig's handle, or a comment as PULL#NUMBER.
            category: See the words.
            reason: What is wrong, up to 4096 characters.
        Raises:
            Conflict: Your report of it waits for an answer.
            Forbidden: It is your own.
            LimitReached: You have reported as much as the policy allows in a day.
            NotFound: There is no such thing.
        """
        options = self._begin(op_id, dry_run=dry_run)
        about = _word("kind", kind, REPORTABLE)
        key, rig = self._behind(Target(about), target.strip())
        record = self._record(
            options,
            Deed.REPORT,
            rig,
            reason=fields.reason(reason) or None,
            target_type=about,
            target=key,
            category=_word("category", category, CATEGORIES),
        )
        request = {"target": key, "kind": about, "category": category, "reason": record.reason}
        meant = intent("report", key, record.id, request, Action.REPORT)
        return self.write(meant, lambda _: [added(record)], options)

    def reports(self) -> Queue:
        """
        Return what waits for a moderator, and what is in force.

        Raises:
            Forbidden: You have no rig here.
        """
        self._need_member()
        now, found = self.host.now(), records.ledger(self.main())
        return Queue(
            found.open_reports(), found.open_appeals(now), found.suspensions(now), found.blocks()
        )

    def why_not(self, asked: Moderation) -> str:
        """Return why the session's rig may not answer a report or an appeal; "" where it may."""
        answer = Moderation(
            "m-why-not",
            asked.rig,
            Deed.ANSWER,
            "-",
            self.need_rig(),
            about=asked.id,
            outcome=DISMISSED,
        )
        verdict = judge_offer(self, [added(answer)], self.main())
        return verdict.reasons[0].error.message if verdict.reasons else ""

    def appeal(self, *, reason: str, op_id: str | None = None, dry_run: bool = False) -> Receipt:
        """
        Ask for another look at your suspension; another maintainer answers, where there is one.

        Raises:
            Conflict: You are not suspended, or your appeal waits for an answer.
            LimitReached: You have appealed as often as the policy allows in a day.
        """
        options = self._begin(op_id, dry_run=dry_run)
        me, text = self.need_rig(), fields.long_text("reason", reason, required=True)
        record = self._record(options, Deed.APPEAL, me, reason=text)

        def plan(query: Query) -> list[RowChange]:
            found = queries.suspensions(query, me, self.host.now())
            if not found:
                raise Conflict(f"{me} is not suspended.", hint="wl whoami", rig=me)
            return [added(replace(record, about=found[0].id))]

        meant = intent("appeal", me, record.id, {"reason": text}, Action.APPEAL)
        return self.write(meant, plan, options)

    def answer(
        self,
        id: str,  # noqa: A002
        outcome: str,
        *,
        reason: str,
        measure: str = _NO_MEASURE,
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Answer a report or an appeal: uphold or dismiss it.

        Whoever decided does not answer the appeal against it, where there is another maintainer.
        An appeal that is upheld lifts the suspension.

        Args:
            id: Of the report or appeal.
            outcome: upheld or dismissed.
            reason: 1 to 4096 characters; both sides can read it.
            measure: What is done at once to an item that was reported: withdraw or unclaim.
        Raises:
            Conflict: It is answered already.
            Forbidden: It is about you, or against your own decision.
            NotFound: There is no such report or appeal.
            TrustTooLow: Moderation is for maintainers.
        """
        options = self._begin(op_id, dry_run=dry_run)
        verdict = _word("outcome", outcome, OUTCOMES)
        done = _word("measure", measure or _NO_MEASURE, MEASURES)
        text = fields.long_text("reason", reason, required=True)
        asked = self._asked(self.main(), id)
        record = self._record(
            options, Deed.ANSWER, asked.rig, reason=text, about=asked.id, outcome=verdict
        )

        def plan(query: Query) -> list[RowChange]:
            more: list[RowChange] = []
            if verdict == UPHELD and asked.action == Deed.APPEAL:
                lift = self._record(options, Deed.RESTORE, asked.rig, reason=text)
                more = [added(replace(lift, about=asked.about))]
            elif done != _NO_MEASURE:
                more = self._measured(query, asked, Deed(done), text, options)
            return [added(record), *more]

        request = {"id": asked.id, "outcome": verdict, "reason": text, "measure": done}
        meant = intent("answer", asked.id, record.id, request, Action.MODERATE)
        return self.write(meant, plan, options)

    def _behind(self, kind: Target, target: str) -> tuple[str, str]:
        """Return what is reported and the rig behind it."""
        query = self.main()
        if kind is Target.RIG:
            return target, self._rig(query, target).handle
        if kind is Target.COMMENT:
            return target, self.remark(target).author
        item = queries.item(query, queries.item_id(query, target))
        return item.id, item.posted_by or ""

    def remark(self, target: str) -> Comment:
        """
        Return the comment that ``PULL#NUMBER`` names.

        Raises:
            NotFound: None is.
        """
        pull, _, number = target.rpartition("#")
        remarks = self.host.comments(self.repo, pull) if pull else []
        if not number.isdecimal() or not 0 < int(number) <= len(remarks):
            raise NotFound(
                f"{names.visible(target)} is no comment: give PULL#NUMBER, counted from 1.",
                hint="wl review PULL",
                target=target,
            )
        return remarks[int(number) - 1]

    def _asked(self, query: Query, record_id: str) -> Moderation:
        found = queries.one(query, Moderation, record_id)
        if found is None or found.action not in {Deed.REPORT, Deed.APPEAL}:
            raise NotFound(
                f"{names.visible(record_id)} is no report and no appeal.", hint="wl reports"
            )
        return found

    def _measured(
        self, query: Query, asked: Moderation, measure: Deed, reason: str, options: Options
    ) -> list[RowChange]:
        """Return the rows that take a reported item down, or away from its holder."""
        if asked.target_type != Target.ITEM:
            raise Invalid(f"{asked.id} is about no item.", field="measure", value=measure.value)
        stored, item = queries.stored_item(query, asked.target or "")
        record = self._record(
            options,
            measure,
            (item.claimed_by if measure is Deed.UNCLAIM else item.posted_by) or "",
            reason=reason,
            target_type=Target.ITEM.value,
            target=item.id,
        )
        after = _STEPS[measure](item, at=self.host.now())
        return [changed(stored, item, after), added(record)]


_STEPS: Final[dict[Deed, Callable[..., WantedItem]]] = {
    Deed.WITHDRAW: lifecycle.withdraw,
    Deed.UNCLAIM: lifecycle.unclaim,
}


def _word(field: str, text: str, allowed: Iterable[str]) -> str:
    known = [str(word) for word in allowed]
    word = text.strip().lower()
    if word not in known:
        raise Invalid(
            f"{names.visible(text) or 'Nothing'} is no {field}: it is one of {', '.join(known)}.",
            field=field,
            value=names.visible(text),
        )
    return word
