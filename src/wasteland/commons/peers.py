"""Blocking other commons, hubs and towns, and taking that back."""

from __future__ import annotations

from dataclasses import replace

from ..protocol import fields, peers
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, Forbidden
from ..protocol.moderation import Deed, Target
from ..protocol.policy import Action
from ..protocol.records import Moderation
from . import records
from .changes import added
from .queries import Query
from .receipts import Receipt
from .record_keeping import RecordKeeping, intent


class Peers(RecordKeeping):
    """The operations on peers."""

    def peers(self) -> list[Moderation]:
        """
        Return the blocks of peers in force, oldest first.

        Raises:
            Forbidden: You have no rig here.
        """
        self._need_member()
        return records.ledger(self.main()).blocks()

    def block(
        self, peer: str, *, reason: str, op_id: str | None = None, dry_run: bool = False
    ) -> Receipt:
        """
        Refuse a peer: its rigs write nothing here, and nothing is linked to it.

        Args:
            peer: org/db, a host such as rust.example, or both; an address of it will do.
            reason: 1 to 4096 characters.
        Raises:
            Conflict: It is blocked already.
            Forbidden: You come from it yourself, or it is this commons.
            TrustTooLow: Moderation is for maintainers.
        """
        options = self._begin(op_id, dry_run=dry_run)
        name = peers.parse(peer)
        if peers.is_of(f"hop://{self.repo}", name):
            raise Forbidden(f"{self.repo} cannot block itself.", peer=name)
        record = self._record(
            options,
            Deed.BLOCK,
            "",
            reason=fields.long_text("reason", reason, required=True),
            target_type=Target.PEER.value,
            target=name,
        )
        meant = intent(
            "block", name, record.id, {"peer": name, "reason": record.reason}, Action.MODERATE
        )
        return self.write(meant, lambda _: [added(record)], options)

    def unblock(
        self, peer: str, *, reason: str = "", op_id: str | None = None, dry_run: bool = False
    ) -> Receipt:
        """
        Let a peer in again; the record of the block stays.

        Raises:
            Conflict: It is not blocked.
            TrustTooLow: Moderation is for maintainers.
        """
        options = self._begin(op_id, dry_run=dry_run)
        name, text = peers.parse(peer), fields.reason(reason) or None
        record = self._record(options, Deed.UNBLOCK, "", reason=text)

        def plan(query: Query) -> list[RowChange]:
            found = [b for b in records.ledger(query).blocks() if b.target == name]
            if not found:
                raise Conflict(f"{name} is not blocked.", hint="wl peer list", peer=name)
            return [added(replace(record, about=found[0].id))]

        meant = intent("unblock", name, record.id, {"peer": name}, Action.MODERATE)
        return self.write(meant, plan, options)
