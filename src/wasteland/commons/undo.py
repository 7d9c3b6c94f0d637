"""
Undo: the compensating operation of one's own last one, through the same gate.

Stamps and acceptances are answered, never undone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..hosts.base import PullState
from ..protocol.errors import Conflict
from ..protocol.lifecycle import EDITABLE
from ..protocol.names import visible
from ..protocol.policy import Action
from . import receipts
from .intents import Intent, Options
from .receipts import Receipt
from .work import Work
from .writing import used_otherwise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOK_BACK = 100
_FINAL = {
    "accept": "an acceptance is final; answer it with another stamp",
    "reject": "a rejection is answered by submitting again",
    "close": "a closed item stays closed; post a new one",
    "decline": "what was declined may be offered again",
    "merge": "what was merged is undone by a new change",
    "withdraw": "post the item again",
    "register": "a registration is permanent",
    "trust": "set the trust that should hold",
    "suspend": "wl rig restore ends a suspension",
    "restore": "wl rig suspend suspends again",
    "policy": "set the rule that should hold",
    "link": "wl rig link --revoke",
    "unclaim": "claim it again",
    "handover": "ask the new holder to hand it back",
}


_TURNED_AWAY = frozenset({"reject", "decline"})
_REVERSIBLE = frozenset({"claim", "post", "update"})


def is_reversible(operation: str, state: str) -> bool:
    """Return whether an operation whose receipt has this state may still be taken back."""
    return state == receipts.PENDING or (state == receipts.MERGED and operation in _REVERSIBLE)


class Undo(Work):
    """The operation that takes back one's own last step."""

    def undo(self, *, of: str = "", op_id: str | None = None, dry_run: bool = False) -> Receipt:
        """
        Take back your last operation.

        A pending offer is closed with all that it holds; a claim is given back; a post is
        withdrawn; an update gets its former texts. Once more, it takes back the operation before
        that: what was undone, and its undoing, do not count.

        Args:
            of: The operation that is meant; "" for whichever was the last.
        Raises:
            Conflict: There is nothing to undo, it is final, or another was the last.
        """
        options = self.options(op_id, dry_run=dry_run)
        if earlier := self._undone_as(options):
            return earlier
        last = self._last(options)
        if of and last.op_id != of:
            raise Conflict(
                f"Your last operation is {last.operation} of {last.id}, no longer {visible(of)}.",
                hint="wl undo --dry-run",
                operation=last.operation,
            )
        options = replace(options, undoes=last.op_id)
        if last.state == receipts.PENDING and last.pull:
            return self._close_offer(last, options)
        undo: dict[str, Callable[[], Receipt]] = {
            "claim": lambda: self._release(last.id, options),
            "post": lambda: self._take_down(last.id, options),
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

    def _undone_as(self, options: Options) -> Receipt | None:
        known = self.host.operation(self.repo, options.op_id)
        if known is None or known.receipt is None:
            return None
        receipt = Receipt.from_json(known.receipt)
        if known.actor != self.seat.rig or not receipt.undoes:
            raise used_otherwise(options.op_id)
        return receipt

    def _last(self, options: Options) -> Receipt:
        """
        Return the last operation that stands: neither taken back, nor a taking back.

        What was offered and waits no more, merged or closed, is not one's own to take back.
        """
        undone: set[str] = set()
        waiting = {pull.id for pull in self.pending(mine=True)}
        begun = self.host.operation(self.repo, options.op_id)
        for receipt in self._done():
            if receipt.undoes:
                undone.add(receipt.undoes)
            elif receipt.op_id not in undone and (
                receipt.state != receipts.PENDING
                or receipt.pull in waiting
                # This very undo ended it, and lost its process.
                or (begun and begun.digest == _closing(receipt).digest)
            ):
                return receipt
        raise Conflict(
            f"{self.seat.rig} has done nothing on {self.repo} that could be undone.",
            hint="wl browse",
        )

    def _done(self) -> Iterator[Receipt]:
        """
        Yield the receipts of the rig's operations that changed anything, newest first.

        What changed no rows, an extended lease or a remark, has nothing to take back; but who has
        turned an offer away does not mean the operation before that.
        """
        for operation in self.host.operations(self.repo, actor=self.need_rig(), limit=_LOOK_BACK):
            if operation.receipt:
                receipt = Receipt.from_json(operation.receipt)
                changed = receipt.rows and receipt.state != receipts.UNCHANGED
                if changed or receipt.undoes or receipt.operation in _TURNED_AWAY:
                    yield receipt

    def _close_offer(self, last: Receipt, options: Options) -> Receipt:
        intent = _closing(last)

        def close() -> Receipt:
            if not options.dry_run:
                self._close(last)
            return self._receipt(
                intent,
                options,
                receipts.DRY_RUN if options.dry_run else receipts.MERGED,
                (),
                pull=last.pull,
                note=f"Pull request {last.pull} is closed; main never had it.",
            )

        return self.once(intent, options, close)

    def _close(self, last: Receipt) -> None:
        pull = self.host.end_pull(
            self.repo, last.pull, state=PullState.CLOSED, reason="taken back by its author"
        )
        if pull.state is PullState.OPEN:
            raise Conflict(
                f"Pull request {last.pull} of {last.id} has just gone on; nothing was taken back.",
                hint=f"wl show {last.id}",
                pull=last.pull,
            )

    def _restore(self, last: Receipt, options: Options) -> Receipt:
        before, after = last.before or {}, last.after or {}
        former = {
            name: before.get(name)
            for name in sorted(EDITABLE)
            if before.get(name) != after.get(name)
        }
        if former.get("tags") is not None:
            former["tags"] = tuple(former["tags"] or ())
        return self._rewrite(last.id, former, options)


def _closing(last: Receipt) -> Intent:
    """Return the intent of taking back what *last* offered."""
    return Intent("undo", Action.COMMENT, last.id, {"undo": last.op_id})
