"""
How reviewers settle submitted work: accept with a stamp, reject, or close.

Submitted work is a pull request that adds a completion, or a completion on main already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..hosts.base import PullRequest, PullState
from ..protocol import fields, ids, lifecycle, stamps, words
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Invalid, NotFound
from ..protocol.policy import Action
from ..protocol.records import Completion, Stamp, Status, WantedItem
from ..protocol.roles import authorize
from . import queries, receipts
from .changes import added, changed, removed
from .closing import Closing
from .data import to_data
from .intents import Intent, Options
from .queries import Query
from .receipts import Receipt
from .review import need_head
from .session import branch_item, branch_rig
from .submissions import end_rivals


class Decisions(Closing):
    """The operations that settle a submission."""

    def accept(
        self,
        id: str,  # noqa: A002  # the column's own name
        *,
        quality: str = "",
        reliability: str = "",
        creativity: str = "",
        dimension: Sequence[str] = (),
        confidence: str | float = 1.0,
        severity: str = "leaf",
        skills: str | Sequence[str] = (),
        message: str = "",
        rig: str = "",
        head: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Accept submitted work and stamp it: merge, complete and attest in one commit.

        On a host that merges by itself all of it is offered as one pull request.

        Args:
            quality: excellent, good, fair or poor; or 1 to 5; or 0.0 to 1.0. Reliability is the
                same unless it is given.
            dimension: More scores as ``name=score``.
            rig: Whose submission, where an open bounty has several.
            head: The commit that was reviewed, or its first 7 characters or more; "" for any.
        Raises:
            OwnWork: The work is yours, or of a rig with your owner.
            TrustTooLow: A stamp needs trust 2 where policy is stated, and a pull request that
                changes more than this item the trust to merge.
            Stale: The pull request offers another commit than *head* by now.
            Conflict: Nothing was submitted.
        """
        options = self.options(op_id, dry_run=dry_run)
        scores = _scores(quality, reliability, creativity, dimension)
        item_id = self.resolve_submitted(id)
        pull = self._submission(item_id, rig)
        if pull:
            self._need_scope(pull, item_id)
        draft = self._draft(
            options.op_id, confidence=confidence, severity=severity, skills=skills, message=message
        )

        def plan(query: Query) -> list[RowChange]:
            need_head(pull, head)
            return self._acceptance(query, item_id, rig, draft, scores)

        request = {
            "id": item_id,
            "scores": scores,
            "rig": rig,
            "message": draft.message,
            "head": head,
        }
        intent = Intent("accept", Action.ACCEPT, item_id, request, decides=True, pull=pull)
        receipt = self.write(intent, plan, options)
        if not dry_run and receipt.state != receipts.PENDING:
            end_rivals(self, item_id, "another submission was accepted")
        return receipt

    def reject(
        self,
        id: str,  # noqa: A002
        *,
        reason: str = "",
        rig: str = "",
        head: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Give submitted work back to its rig, with the reason.

        Args:
            head: The commit that was reviewed, or its first 7 characters or more; "" for any.
        Raises:
            Conflict: Nothing was submitted.
            Stale: The pull request offers another commit than *head* by now.
        """
        options = self.options(op_id, dry_run=dry_run)
        text = fields.reason(reason)
        item_id = self.resolve_submitted(id)
        pull = self._submission(item_id, rig) or self._turned_down(item_id, text, options)
        title = _titled(f"wl reject: {item_id}", text)
        request = {"id": item_id, "reason": text, "rig": rig}
        intent = Intent(
            "reject", Action.REJECT, item_id, request, title=title, body=text, decides=True
        )
        need_head(pull, head)
        if pull:
            return self.once(intent, options, lambda: self._turn_down(pull, item_id, text, options))
        return self.write(intent, lambda query: self._rejection(query, item_id, rig), options)

    def close(
        self,
        id: str,  # noqa: A002
        *,
        rig: str = "",
        head: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Complete an item without a stamp.

        Args:
            head: The commit that was reviewed, or its first 7 characters or more; "" for any.
        Raises:
            Stale: The pull request offers another commit than *head* by now.
            Forbidden: The pull request changes more than this item, and you may not merge.
            Conflict: Nothing was submitted.
        """
        options = self.options(op_id, dry_run=dry_run)
        item_id = self.resolve_submitted(id)
        pull = self._submission(item_id, rig)
        if pull:
            self._need_scope(pull, item_id)

        def plan(query: Query) -> list[RowChange]:
            need_head(pull, head)
            stored, item, completion = self._submitted(query, item_id, rig)
            closed = lifecycle.close(item, by=completion.completed_by, at=self.host.now())
            return [changed(stored, item, closed)]

        request = {"id": item_id, "rig": rig}
        intent = Intent("close", Action.CLOSE, item_id, request, decides=True, pull=pull)
        receipt = self.write(intent, plan, options)
        if not dry_run and receipt.state != receipts.PENDING:
            end_rivals(self, item_id, "the item was closed")
        return receipt

    def resolve_submitted(self, prefix: str) -> str:
        """Return the item id that *prefix* begins, on main or among pending submissions."""
        try:
            return queries.item_id(self.main(), prefix)
        except NotFound:
            ids_waiting = {branch_item(pull) for pull in self.pending()} - {""}
            found = [item_id for item_id in sorted(ids_waiting) if item_id.startswith(prefix)]
            if len(found) == 1:
                return found[0]
            raise

    # --- plans

    def _draft(
        self,
        op_id: str,
        *,
        confidence: str | float,
        severity: str,
        skills: str | Sequence[str],
        message: str,
    ) -> Stamp:
        """Return the stamp of an acceptance, without what only the submission tells."""
        return Stamp(
            id=ids.stamp_id(op_id),
            author=self.need_rig(),
            confidence=stamps.parse_confidence(confidence),
            severity=words.parse_severity(severity),
            context_type="completion",
            skill_tags=fields.skills(skills) or None,
            message=fields.message(message) or None,
            created_at=self.host.now(),
        )

    def _acceptance(
        self, query: Query, item_id: str, rig: str, draft: Stamp, scores: Mapping[str, float]
    ) -> list[RowChange]:
        stored, item, completion = self._submitted(query, item_id, rig)
        scale = stamps.parse_scale(self.policy(query).scale) or stamps.Scale.FIVE
        stamp = replace(
            draft,
            subject=completion.completed_by or "",
            context_id=completion.id,
            valence=stamps.write_valence(scores, scale),
        )
        done, validated = lifecycle.accept(item, completion, stamp, at=self.host.now())
        stored_completion = queries.row(query, "completions", completion.id) or {}
        return [
            changed(stored, item, done),
            changed(stored_completion, completion, validated),
            added(stamp),
        ]

    def _rejection(self, query: Query, item_id: str, rig: str) -> list[RowChange]:
        stored, item, completion = self._submitted(query, item_id, rig)
        others = len([c for c in queries.completions_of(query, item_id) if c.id != completion.id])
        back = lifecycle.reject(item, others=others, at=self.host.now())
        stored_completion = queries.row(query, "completions", completion.id) or {}
        return [changed(stored, item, back), removed("completions", stored_completion)]

    def _submitted(
        self, query: Query, item_id: str, rig: str
    ) -> tuple[Mapping[str, Any], WantedItem, Completion]:
        stored, item = queries.stored_item(query, item_id)
        done = [
            c for c in queries.completions_of(query, item_id) if not rig or c.completed_by == rig
        ]
        waiting = [c for c in done if not c.stamp_id]
        if item.state is Status.IN_REVIEW and len(waiting) > 1:
            raise _several(item_id, [c.completed_by or "?" for c in waiting])
        if item.state is not Status.IN_REVIEW or not waiting:
            raise Conflict(
                f"{item_id} is {item.status}; no submission waits for review.",
                hint=f"wl show {item_id}",
                item_id=item_id,
                status=item.status,
            )
        return stored, item, waiting[0]

    # --- submissions that wait

    def _submission(self, item_id: str, rig: str) -> PullRequest | None:
        """Return the open pull request that submits work on an item, if there is one."""
        found = [pull for pull in self.pending_about(item_id) if not rig or branch_rig(pull) == rig]
        offered = [pull for pull in found if self._submits(pull, item_id)]
        if len(offered) > 1:
            # What the gate refuses, such as work under another's name, is no choice.
            offered = [pull for pull in offered if self._look(pull).allowed] or offered
        if len(offered) > 1:
            raise _several(item_id, [branch_rig(pull) for pull in offered])
        return offered[0] if offered else None

    def _submits(self, pull: PullRequest, item_id: str) -> bool:
        rows = self._net(pull)
        if any(row.table == "stamps" or _completes(row, item_id) for row in rows):
            # A reviewer's decision, which may bring the submission along.
            return False
        return any(
            row.table == "completions" and row.after and row.row.get("wanted_id") == item_id
            for row in rows
        )

    # --- rejected before it reached main

    def _turned_down(self, item_id: str, reason: str, options: Options) -> PullRequest | None:
        """Return the submission that this very operation closed before its process died."""
        known = self.host.operation(self.repo, options.op_id) if options.may_repeat else None
        if known is None or known.receipt:
            return None
        closed = self.host.pulls(self.repo, state=PullState.CLOSED)
        found = [
            pull
            for pull in closed
            if branch_item(pull) == item_id
            # A host that is not ours tells neither why it was closed nor when.
            and (not self.moves_main or pull.reason == reason)
            and (not self.moves_main or pull.updated_at >= known.started_at)
        ]
        return found[-1] if found else None

    def _turn_down(self, pull: PullRequest, item_id: str, reason: str, options: Options) -> Receipt:
        """Close a submission that never reached main: the item is still its rig's to rework."""
        item = queries.item(self.main(), item_id)
        authorize(Action.REJECT, self.actor(), self.policy(), item=item)
        note = f"{item_id} is back with {branch_rig(pull)}; pull request {pull.id} is closed."
        if not options.dry_run:
            self._end_with(pull, reason)
        return Receipt(
            operation="reject",
            op_id=options.op_id,
            commons=str(self.repo),
            actor=self.seat.rig,
            at=to_data(self.host.now()),
            state=receipts.DRY_RUN if options.dry_run else receipts.MERGED,
            id=item_id,
            before=to_data(item),
            after=to_data(item),
            pull=pull.id,
            next=[f"wl show {item_id}"],
            note=note,
        )


def _titled(step: str, reason: str) -> str:
    """Return the title of *step* with the beginning of its reason, on one line."""
    text = " ".join(reason.split())
    return f"{step} — {text}"[: fields.TITLE_LIMIT] if text else step


def _completes(row: RowChange, item_id: str) -> bool:
    if (row.table, row.key) != (WantedItem.table, item_id) or row.after is None:
        return False
    return WantedItem.from_row(row.after).state is Status.COMPLETED


def _several(item_id: str, rigs: Sequence[str]) -> Invalid:
    return Invalid(
        f"{item_id} has several submissions: {', '.join(sorted(rigs))}.",
        field="rig",
        hint=f"wl accept {item_id} --rig RIG",
    )


def _scores(
    quality: str, reliability: str, creativity: str, dimension: Sequence[str]
) -> dict[str, float]:
    given = {"quality": quality, "reliability": reliability or quality, "creativity": creativity}
    scores = stamps.parse_valence({name: text for name, text in given.items() if text})
    return scores | (stamps.parse_valence(dimension) if dimension else {})
