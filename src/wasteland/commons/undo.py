"""
Undo: the compensating operation of one's own last one, through the same gate.

Stamps and acceptances are answered, never undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..hosts.base import PullState
from ..protocol.errors import Conflict
from ..protocol.lifecycle import EDITABLE
from ..protocol.policy import Action
from . import receipts
from .receipts import Receipt
from .work import Work
from .writing import Intent, Options

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_BACK = 20
_FINAL = {
    "accept": "an acceptance is final; answer it with another stamp",
    "reject": "a rejection is answered by submitting again",
    "close": "a closed item stays closed; post a new one",
    "merge": "what was merged is undone by a new change",
    "withdraw": "post the item again",
    "register": "a registration is permanent",
    "trust": "set the trust that should hold",
    "policy": "set the rule that should hold",
    "link": "wl rig link --revoke",
    "unclaim": "claim it again",
    "handover": "ask the new holder to hand it back",
}


class Undo(Work):
    """The operation that takes back one's own last step."""

    def undo(self, *, op_id: str | None = None, dry_run: bool = False) -> Receipt:
        """
        Take back your last operation.

        A pending offer is closed; a claim is given back; a post is withdrawn; an update gets its
        former texts.

        Raises:
            Conflict: There is nothing to undo, or it is final.
        """
        options = Options.of(op_id, dry_run=dry_run)
        known = self.host.operation(self.repo, options.op_id)
        if known and known.receipt:
            return Receipt.from_json(known.receipt)
        last = self._last()
        if last.state == receipts.PENDING and last.pull:
            return self._close_offer(last, options)
        undo: dict[str, Callable[[], Receipt]] = {
            "claim": lambda: self.unclaim(last.id, op_id=options.op_id, dry_run=dry_run),
            "post": lambda: self.withdraw(last.id, op_id=options.op_id, dry_run=dry_run),
            "update": lambda: self._restore(last, options),
        }
        if last.operation not in undo:
            why = _FINAL.get(last.operation, "it has no opposite")
            raise Conflict(
                f"The last operation, {last.operation} of {last.id}, is not undone: {why}.",
                hint=f"wl why {last.id}",
                operation=last.operation,
            )
        return undo[last.operation]()

    def _last(self) -> Receipt:
        for operation in self.host.operations(self.repo, actor=self.need_rig(), limit=_LOOK_BACK):
            if operation.receipt and operation.receipt.get("state") != receipts.UNCHANGED:
                return Receipt.from_json(operation.receipt)
        raise Conflict(f"{self.seat.rig} has done nothing on {self.repo} yet.", hint="wl browse")

    def _close_offer(self, last: Receipt, options: Options) -> Receipt:
        intent = Intent("undo", Action.COMMENT, last.id, {"undo": last.op_id})

        def close() -> Receipt:
            if not options.dry_run:
                self.host.end_pull(
                    self.repo, last.pull, state=PullState.CLOSED, reason="taken back by its author"
                )
            return self._receipt(
                intent,
                options,
                receipts.DRY_RUN if options.dry_run else receipts.MERGED,
                (),
                pull=last.pull,
                note=f"Pull request {last.pull} is closed; main never had it.",
            )

        return self.once(intent, options, close)

    def _restore(self, last: Receipt, options: Options) -> Receipt:
        before, after = last.before or {}, last.after or {}
        former = {
            name: before.get(name)
            for name in sorted(EDITABLE)
            if before.get(name) != after.get(name)
        }
        if isinstance(former.get("tags"), list):
            former["tags"] = tuple(former["tags"])
        return self.restore(last.id, former, options)
