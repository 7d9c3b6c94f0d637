"""What the operations that add moderation records have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..protocol import ids, names
from ..protocol.errors import Forbidden, NotFound, Unsupported
from ..protocol.moderation import Deed
from ..protocol.policy import Action
from ..protocol.records import Moderation, Rig
from . import queries, records
from .intents import Intent, Options
from .queries import Query
from .writing import WriteSession


class RecordKeeping(WriteSession):
    """A session that adds records; a plain remote keeps none."""

    def _begin(self, op_id: str | None, *, dry_run: bool) -> Options:
        """Return the options of a write, once there is a table that can take its record."""
        options = self.options(op_id, dry_run=dry_run)
        self._need_records()
        if not dry_run:
            records.need_columns(self)
        return options

    def _record(self, options: Options, deed: Deed, rig: str, **cells: Any) -> Moderation:
        """Return a new record by the session's rig; the merge gives it its place in the chain."""
        return Moderation(
            id=ids.derived("m", options.op_id, deed.value),
            rig=rig,
            action=deed.value,
            decided_by=self.need_rig(),
            created_at=self.host.now(),
            **cells,
        )

    def _need_records(self) -> None:
        if not self.is_owned:
            raise Unsupported(
                f"{self.repo} keeps no moderation records; its host decides who may write.",
                hint="wl rig trust HANDLE 0",
            )

    def _need_member(self) -> None:
        """
        Return if the session's rig belongs to the commons, suspended or not.

        Raises:
            Forbidden: It does not.
        """
        self._need_records()
        if self.actor().rig is None:
            raise Forbidden(
                f"The records of {self.repo} are for its rigs to read.", hint=f"wl join {self.repo}"
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


def intent(
    operation: str, about: str, record_id: str, request: Mapping[str, Any], action: Action
) -> Intent:
    """Return the intent of a write whose main row is a record; it always lands at once."""
    return Intent(
        operation,
        action,
        record_id,
        request,
        table=Moderation.table,
        title=f"wl {operation}: {about}",
        decides=True,
    )
