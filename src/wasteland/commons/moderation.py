"""Suspending rigs and taking that back, as decisions that stay readable with who, why and until."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..protocol import fields, ids, names
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Invalid, NotFound, Unsupported
from ..protocol.policy import Action
from ..protocol.records import Moderation, Rig, read_time
from . import queries
from .changes import added, changed
from .intents import Intent
from .queries import Query
from .receipts import Receipt
from .writing import WriteSession


class Moderating(WriteSession):
    """The operations of moderators on rigs."""

    def suspend(
        self,
        handle: str,
        *,
        reason: str,
        until: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Keep a rig from writing; it may still give back what it holds, and appeal by a comment.

        Args:
            reason: 1 to 4096 characters; the rig is told.
            until: A date such as 2026-03-01, or a time; "" until somebody restores it.
        Raises:
            Conflict: It is suspended already.
            Forbidden: It is your own, or has more trust than you.
            NotFound: No such rig.
            TrustTooLow: Moderation is for maintainers.
            Unsupported: This commons keeps no moderation records.
        """
        options = self.options(op_id, dry_run=dry_run)
        self._need_records()
        record = Moderation(
            id=ids.derived("m", options.op_id),
            rig=handle,
            action="suspend",
            reason=fields.long_text("reason", reason, required=True),
            decided_by=self.need_rig(),
            created_at=self.host.now(),
            expires_at=_end(until, self.host.now()),
        )

        def plan(query: Query) -> list[RowChange]:
            self._rig(query, handle)
            present = self.actor(query, handle=handle).suspension
            if present:
                raise Conflict(
                    f"{handle} is suspended already: {present.reason or 'no reason given'}.",
                    hint=f"wl rig restore {handle}",
                    rig=handle,
                    id=present.id,
                )
            return [added(record)]

        request = {"handle": handle, "reason": record.reason, "until": until}
        return self.write(_intent("suspend", handle, record.id, request), plan, options)

    def restore(self, handle: str, *, op_id: str | None = None, dry_run: bool = False) -> Receipt:
        """
        Lift the suspension of a rig; the record of it stays.

        Raises:
            Conflict: It is not suspended.
            NotFound: No such rig.
            TrustTooLow: Moderation is for maintainers.
            Unsupported: This commons keeps no moderation records.
        """
        options = self.options(op_id, dry_run=dry_run)
        self._need_records()
        now = self.host.now()

        def plan(query: Query) -> list[RowChange]:
            self._rig(query, handle)
            if self.actor(query, handle=handle).suspension is None:
                raise Conflict(
                    f"{handle} is not suspended.", hint=f"wl rig show {handle}", rig=handle
                )
            return [_lifted(query, record, now) for record in _unlifted(query, handle)]

        found = _unlifted(self.main(), handle)
        about = found[0].id if found else ""
        return self.write(_intent("restore", handle, about, {"handle": handle}), plan, options)

    def _need_records(self) -> None:
        if not self.is_owned:
            raise Unsupported(
                f"{self.repo} keeps no moderation records; its host decides who may write.",
                hint="wl rig trust HANDLE 0",
            )

    def _rig(self, query: Query, handle: str) -> Rig:
        found = queries.one(query, Rig, handle)
        if found is None:
            raise NotFound(
                f"{names.visible(handle)} is not a rig of {self.repo}.",
                hint="wl rig list",
                rig=handle,
            )
        return found


def _intent(operation: str, handle: str, record_id: str, request: dict[str, str | None]) -> Intent:
    return Intent(
        operation,
        Action.MODERATE,
        record_id,
        request,
        table="wlx_moderation",
        title=f"wl {operation}: {handle}",
        decides=True,
    )


def _unlifted(query: Query, handle: str) -> list[Moderation]:
    records = queries.where(query, Moderation, "rig", handle)
    return [each for each in records if each.action == "suspend" and each.lifted_at is None]


def _lifted(query: Query, record: Moderation, at: datetime) -> RowChange:
    stored = queries.row(query, record.table, record.id) or {}
    return changed(stored, record, replace(record, lifted_at=at))


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
