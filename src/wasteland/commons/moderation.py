"""Suspending rigs and taking that back, as decisions that stay readable with who, why and until."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..protocol import fields, names
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Invalid
from ..protocol.moderation import UPHELD, Deed, Scope
from ..protocol.policy import Action
from ..protocol.records import read_time
from . import queries
from .changes import added
from .queries import Query
from .receipts import Receipt
from .record_keeping import RecordKeeping, intent


class Moderating(RecordKeeping):
    """The operations of moderators on rigs."""

    def suspend(
        self,
        handle: str,
        *,
        reason: str,
        scope: str = Scope.EVERYTHING.value,
        until: str = "",
        report: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Keep a rig from writing; it may still give back what it holds, say something, and appeal.

        Args:
            reason: 1 to 4096 characters; the rig is told.
            scope: What it may not do: everything, posting, claiming or reviewing.
            until: A date such as 2026-03-01, or a time; "" until somebody restores it.
            report: The id of a report that this upholds.
        Raises:
            Conflict: It is suspended already.
            Forbidden: It is your own, or has more trust than you.
            NotFound: No such rig, or no such report about it.
            TrustTooLow: Moderation is for maintainers.
            Unsupported: This commons keeps no moderation records.
        """
        options = self._begin(op_id, dry_run=dry_run)
        record = self._record(
            options,
            Deed.SUSPEND,
            handle,
            reason=fields.long_text("reason", reason, required=True),
            scope=_scope(scope),
            expires_at=_end(until, self.host.now()),
            about=report or None,
        )
        answer = self._record(
            options, Deed.ANSWER, handle, reason=record.reason, about=report, outcome=UPHELD
        )

        def plan(query: Query) -> list[RowChange]:
            self._rig(query, handle)
            present = self.actor(query, handle=handle).suspensions
            own = [each for each in present if each.rig == handle]
            if own:
                raise Conflict(
                    f"{handle} is suspended already: {own[0].reason or 'no reason given'}.",
                    hint=f"wl rig restore {handle}",
                    rig=handle,
                    id=own[0].id,
                )
            return [added(each) for each in ((record, answer) if report else (record,))]

        request = {"handle": handle, "reason": record.reason, "until": until}
        more = {"scope": record.scope, "report": report}
        request |= {name: value for name, value in more.items() if value}
        about = intent("suspend", handle, record.id, request, Action.MODERATE)
        return self.write(about, plan, options)

    def restore(
        self,
        handle: str,
        *,
        reason: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Lift the suspension of a rig; the record of it stays.

        Raises:
            Conflict: It is not suspended.
            NotFound: No such rig.
            TrustTooLow: Moderation is for maintainers.
            Unsupported: This commons keeps no moderation records.
        """
        options = self._begin(op_id, dry_run=dry_run)
        text = fields.reason(reason) or None
        record = self._record(options, Deed.RESTORE, handle, reason=text)

        def plan(query: Query) -> list[RowChange]:
            self._rig(query, handle)
            found = queries.suspensions(query, handle, self.host.now())
            if not found:
                raise Conflict(
                    f"{handle} is not suspended.", hint=f"wl rig show {handle}", rig=handle
                )
            return [added(replace(record, about=found[0].id))]

        request = {"handle": handle, **({"reason": text} if text else {})}
        about = intent("restore", handle, record.id, request, Action.MODERATE)
        return self.write(about, plan, options)


def _scope(text: str) -> str | None:
    """Return the stored word of a scope, None for the usual one."""
    word = text.strip().lower()
    if word not in Scope._value2member_map_:
        raise Invalid(
            f"{names.visible(text)} is no scope: it is one of {', '.join(Scope)}.",
            field="scope",
            value=text,
        )
    return None if word == Scope.EVERYTHING else word


def _end(text: str, now: datetime) -> datetime | None:
    """Return the time in *text*, None for none."""
    if not text:
        return None
    when = read_time(text)
    if when is None or when <= now:
        raise Invalid(
            f"{names.visible(text)} is no time to come: give a date such as 2026-03-01.",
            hint="wl rig suspend --help",
            field="until",
            value=text,
        )
    return when.replace(microsecond=0)
