"""
How every write goes: recognised if it is a repetition, recorded before it begins, landed on main
or offered for review, answered with a receipt.

Operations say what they want as an Intent and a plan; nothing else of this is theirs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..hosts.base import PullState
from ..protocol import trailers
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, EngineError, WastelandError
from ..protocol.gate import Authority
from ..protocol.records import RECORDS, WantedItem
from ..protocol.roles import next_steps
from ..protocol.schema import Row
from . import elsewhere, pending, queries, receipts, recovery
from .commands import commands
from .data import to_data
from .intents import Intent, Options
from .merge import Landing, Plan, land
from .receipts import Receipt
from .session import Session


class WriteSession(Session):
    """A session that writes."""

    def options(self, op_id: str | None, *, dry_run: bool) -> Options:
        """
        Return the options that a caller gave; a write begins with them, and on a fresh main.

        Raises:
            Unavailable: The commons cannot be reached; unlike a read, a write does not go on.
            MergeConflict: The clone's main has left the remote's.
        """
        options = Options.of(op_id, dry_run=dry_run)
        self.host.refresh(self.repo)
        return options

    def write(self, intent: Intent, plan: Plan, options: Options) -> Receipt:
        """
        Carry out *intent*: on main where policy lets it land at once, else as an offer.

        Raises:
            WastelandError: As the rules say; then nothing was written.
        """
        return self.once(intent, options, lambda: self._carry_out(intent, plan, options))

    def once(self, intent: Intent, options: Options, carry_out: Callable[[], Receipt]) -> Receipt:
        """
        Carry out *intent* once, however often it is repeated under one operation id.

        The journal knows of it before anything is written; a write whose answer was lost is
        found again by the trailer of its commit.

        Raises:
            Conflict: The operation id was used for another request.
        """
        actor = self.need_rig()
        if options.dry_run:
            return carry_out()
        if intent.decides:
            recovery.settle_lost(self)
        known = self.host.operation(self.repo, options.op_id)
        if known and (known.actor, known.digest) != (actor, intent.digest):
            raise used_otherwise(options.op_id)
        if known and known.receipt:
            return Receipt.from_json(known.receipt)
        depth = recovery.DEPTH if known else recovery.GLANCE
        found = self._landed_before(intent, options, depth) if known or options.may_repeat else None
        if known is None:
            self.host.begin_operation(self.repo, options.op_id, actor=actor, digest=intent.digest)
        receipt = found or self._tried(options, carry_out)
        self.host.finish_operation(self.repo, options.op_id, receipt.to_json())
        return replace(receipt, replayed=found is not None)

    def answered(self, operation: str, options: Options) -> Receipt | None:
        """
        Return the receipt that the rig's *operation* got under this id, None if there is none.

        For operations whose inputs may name nothing any more once they have been carried out.
        """
        known = self.host.operation(self.repo, options.op_id) if options.may_repeat else None
        if known is None or known.receipt is None or known.actor != self.seat.rig:
            return None
        receipt = Receipt.from_json(known.receipt)
        return receipt if receipt.operation == operation else None

    def still_stands(self, receipt: Receipt) -> bool:
        """Return whether the row that *receipt* is about is as it says, where it was written."""
        if receipt.before is None and receipt.after is None:
            return True
        pull = next((pull for pull in self.pending() if pull.id == receipt.pull), None)
        query = queries.at(self.host.engine(pull.source), pull.head) if pull else self.main()
        shown = [
            _shown(table, queries.row(query, table, receipt.id))
            for table in receipt.rows
            if table in RECORDS
        ]
        present = next((row for row in shown if row is not None), None)
        return _untimed(receipt.after) == _untimed(present)

    def _tried(self, options: Options, carry_out: Callable[[], Receipt]) -> Receipt:
        """Carry out; forget the intent of what was refused, keep that of what failed."""
        try:
            return carry_out()
        except EngineError:
            raise
        except WastelandError:
            self.host.abandon_operation(self.repo, options.op_id)
            raise

    def _carry_out(self, intent: Intent, plan: Plan, options: Options) -> Receipt:
        if intent.pull and intent.pull.state is not PullState.OPEN:
            raise pending.ended(intent.pull)
        if self._lands_at_once(intent):
            if intent.pull is None:
                # A lost race is told before the queue, where only those wait who may win.
                plan(self.main())
            message = intent.message(options.op_id)
            landing = land(self, plan, message=message, pull=intent.pull, rehearse=options.dry_run)
            return self._landed(
                intent, options, landing, head=intent.pull.head if intent.pull else ""
            )
        if intent.pull:
            plan = elsewhere.bringing(self, intent.pull, plan)
            intent = replace(intent, pull=None)
        offer = pending.offer(self, intent, plan, options)
        return self._receipt(
            intent,
            options,
            receipts.DRY_RUN if options.dry_run else offer.state,
            offer.rows,
            branch=offer.branch,
            commit=offer.commit,
            pull=offer.pull,
            note=offer.note,
            statements=offer.statements,
        )

    def _lands_at_once(self, intent: Intent) -> bool:
        if not self.moves_main:
            return False
        policy = self.policy()
        if intent.decides or self.is_direct(policy):
            return True
        return self.is_owned and policy.is_stated and policy.merges_at_once(intent.action.value)

    def _landed(self, intent: Intent, options: Options, landing: Landing, *, head: str) -> Receipt:
        if intent.pull and not options.dry_run:
            recovery.end_merged(self, intent.pull.id, head=head, commit=landing.commit)
        state = receipts.MERGED if landing.rows else receipts.UNCHANGED
        return self._receipt(
            intent,
            options,
            receipts.DRY_RUN if options.dry_run else state,
            landing.rows,
            commit=landing.commit,
            pull=intent.pull.id if intent.pull else "",
            statements=[(s.sql, s.params) for s in landing.statements],
            authority=landing.authority,
        )

    def _landed_before(self, intent: Intent, options: Options, depth: int) -> Receipt | None:
        """
        Return the receipt of a write that landed although its answer was lost.

        Raises:
            Conflict: Another request landed under this id.
        """
        commit = recovery.find(self.engine, options.op_id, rig=self.need_rig(), depth=depth)
        if commit is None:
            return None
        is_own = trailers.find(commit.message) == options.op_id
        # A host that merges by itself words its messages itself.
        if is_own and self.moves_main and not commit.message.startswith(intent.first_line):
            raise used_otherwise(options.op_id)
        rows = self.engine.diff(f"{commit.hash}~1", commit.hash)
        head = trailers.find(commit.message, recovery.HEAD_TRAILER) or ""
        return self._landed(intent, options, Landing(rows=rows, commit=commit.hash), head=head)

    def _receipt(
        self,
        intent: Intent,
        options: Options,
        state: str,
        rows: Sequence[RowChange],
        *,
        branch: str = "",
        commit: str = "",
        pull: str = "",
        note: str = "",
        statements: Sequence[tuple[str, Mapping[str, Any]]] = (),
        authority: Authority | None = None,
    ) -> Receipt:
        about = next((r for r in rows if (r.table, r.key) == (intent.table, intent.id)), None)
        dry = options.dry_run
        return Receipt(
            operation=intent.operation,
            op_id=options.op_id,
            commons=str(self.repo),
            actor=self.seat.rig,
            at=to_data(self.host.now()),
            state=state,
            id=intent.id,
            before=_shown(intent.table, about.before if about else None),
            after=_shown(intent.table, about.after if about else None),
            rows=receipts.count_rows(rows),
            records=receipts.new_records(rows),
            branch=branch,
            commit=commit,
            pull=pull,
            next=self._commands_for(about, pull, state, authority),
            note=note,
            sql=[receipts.sql_text(sql, params) for sql, params in statements] if dry else [],
            diff=receipts.diff_json(rows) if dry else [],
            undoes=options.undoes,
        )

    def _commands_for(
        self, about: RowChange | None, pull: str, state: str, authority: Authority | None
    ) -> list[str]:
        """Return the commands that may follow a write."""
        if about is None or about.table != "wanted" or about.after is None:
            return []
        if state == receipts.PENDING:
            return [f"wl show {about.key}", f"wl review {pull}".rstrip(), "wl undo"]
        item = WantedItem.from_row(about.after)
        if authority:
            return commands(next_steps(item, authority.actor, authority.policy), item.id)
        query = self.main()
        return commands(next_steps(item, self.actor(query), self.policy(query)), item.id)


def _shown(table: str, row: Row | None) -> dict[str, Any] | None:
    """Return a stored row as JSON data: lists as lists, times as RFC 3339."""
    record = RECORDS.get(table)
    if row is None or record is None:
        return None
    shown: dict[str, Any] = to_data(record.from_row(row))
    return shown


def _untimed(shown: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a shown row without the time of its last change."""
    return None if shown is None else {k: v for k, v in shown.items() if k != "updated_at"}


def used_otherwise(op_id: str) -> Conflict:
    """Return the error for an operation id that stands for another request."""
    return Conflict(
        f"Operation {op_id} was already used for another request.",
        hint="leave --op-id out, or give a fresh one",
        op_id=op_id,
    )
