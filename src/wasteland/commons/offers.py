"""
What becomes of a pull request the moment it is opened, or goes on: it lands, is closed, or waits.

Clients that know nothing of this gate write on a branch of their own and open a pull request. What
their rig could do on main by itself is done at once, so that the board is true; the rest waits for
a reviewer, with the gate's verdict beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ..hosts.base import PullRequest, PullState
from ..protocol.diff import RowChange
from ..protocol.errors import Conflict, EngineError, Unsupported, WastelandError
from ..protocol.gate import Reason, Verdict
from ..protocol.inbox import classify
from ..protocol.lean import dataclass
from ..protocol.policy import Action
from ..protocol.records import WantedItem
from ..protocol.rules_work import lost_claim, lost_item
from ..protocol.text import terminal_safe
from . import leases, pending, queries, recovery
from .intents import Intent, Options
from .merge import Landing, land
from .receipts import Receipt
from .session import Seat, Session, branch_item, branch_rig
from .submissions import end_settled
from .writing import WriteSession


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What became of an offer.

    Attributes:
        pull: The pull request as it is now: merged, closed with its reason, or open.
        verdict: What the gate says of it today; without reasons for one that had ended before.
        receipt: Of what landed; None for what did not.
    """

    pull: PullRequest
    verdict: Verdict
    receipt: Receipt | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON data: pull, state, verdict, receipt."""
        return {
            "pull": self.pull.id,
            "state": self.pull.state.value,
            "verdict": self.verdict.to_json(),
            "receipt": self.receipt.to_json() if self.receipt else None,
        }


def author_of(pull: PullRequest) -> str:
    """Return the rig that clients are to see as the author: the one whose work it is."""
    return branch_rig(pull)


def consider(session: Session, pull: PullRequest) -> Decision:
    """
    Decide on a pull request that was opened or has gone on; deciding again does no harm.

    Args:
        session: At the commons that is asked to take it; whose seat it is does not matter.
        pull: As it was last seen; what it offers now is decided on.
    Raises:
        EngineError: The commons cannot be reached; ask again.
        NotFound: There is no such pull request, or its branch is gone.
    """
    seat = Seat(author_of(pull), session.account_of(pull))
    return _Offers(session.host, session.repo, seat).decide(pull)


class _Waits(WastelandError):
    """Not landed: unwinds an operation that did not take place."""

    def __init__(self, verdict: Verdict, *, closing: str = "") -> None:
        super().__init__("It waits.")
        self.verdict = verdict
        self.closing = closing


class _Offers(WriteSession):
    """The seat of the rig that offers something."""

    def decide(self, pull: PullRequest) -> Decision:
        """Return what becomes of *pull*; see ``consider``."""
        now = self.host.pull(self.repo, pull.id)
        options = Options(_operation(now))
        if now.state is not PullState.OPEN:
            return Decision(now, Verdict(), self._decided(now, options))
        leases.release_due(self)
        rows = self.host.changes(now)
        intent = _intent(now, rows)
        landing = Landing()

        def take() -> Receipt:
            nonlocal landing
            landing = self._tried_to_land(now, intent, options)
            return self._taken(now, intent, options, landing)

        try:
            receipt = self.once(intent, options, take)
        except _Waits as waits:
            return self._left(now, rows, waits)
        end_settled(self, rows)
        return Decision(self.host.pull(self.repo, pull.id), landing.verdict, receipt)

    def _decided(self, pull: PullRequest, options: Options) -> Receipt | None:
        """Return how *pull* landed, None if not by itself; a process may have died telling it."""
        known = self.host.operation(self.repo, options.op_id)
        if known and known.receipt:
            return Receipt.from_json(known.receipt)
        if known is None or pull.state is not PullState.MERGED:
            return None

        def never() -> Receipt:
            raise pending.ended(pull)

        with suppress(Conflict):  # something else merged it
            return self.once(_intent(pull, self.host.changes(pull)), options, never)
        return None

    def _taken(
        self, pull: PullRequest, intent: Intent, options: Options, landing: Landing
    ) -> Receipt:
        """Return the receipt of what landed, or raise what became of it instead."""
        if landing.commit:
            return self._landed(intent, options, landing, head=pull.head)
        if landing.rows or not landing.verdict.allowed:
            raise _Waits(landing.verdict)
        # Main has it all: because another process was deciding on the same offer, or by chance.
        earlier = self._landed_before(intent, options, recovery.GLANCE)
        if earlier is None:
            raise self._nothing_new(pull)
        return earlier

    def _nothing_new(self, pull: PullRequest) -> _Waits:
        """
        Return why an offer that changes nothing is closed.

        Clients whose guarded statement met no row offer their branch all the same; what they
        wanted cannot be had then, and most often it was the item.
        """
        item_id = branch_item(pull)
        item = queries.one(self.main(), WantedItem, item_id) if item_id else None
        error = lost_item(item, self.seat.rig) if item else None
        if error is None:
            return _Waits(Verdict(), closing="main has all that it offers")
        return _Waits(Verdict(reasons=(Reason(error, "wanted", item_id),)), closing=str(error))

    def _tried_to_land(self, pull: PullRequest, intent: Intent, options: Options) -> Landing:
        message = intent.message(options.op_id)
        try:
            return land(self, lambda _: (), message=message, pull=pull, keep=_by_itself)
        except WastelandError as error:
            if isinstance(error, EngineError) and not isinstance(error, Unsupported):
                raise
            raise _Waits(Verdict(reasons=(_reason(error),))) from error

    def _left(self, pull: PullRequest, rows: Sequence[RowChange], waits: _Waits) -> Decision:
        """Close an offer that can never land; leave the others open."""
        verdict, closing = waits.verdict, waits.closing
        lost = None if verdict.allowed else self._lost_claim(rows)
        if lost:
            verdict, closing = Verdict(reasons=(lost, *verdict.reasons)), str(lost)
        if closing:
            with suppress(Conflict):  # it ended meanwhile
                self.host.end_pull(
                    self.repo, pull.id, state=PullState.CLOSED, head=pull.head, reason=closing
                )
        return Decision(self.host.pull(self.repo, pull.id), verdict)

    def _lost_claim(self, rows: Sequence[RowChange]) -> Reason | None:
        query = self.main()
        for row in rows:
            item = queries.one(query, WantedItem, row.key) if row.table == "wanted" else None
            error = lost_claim(row, item, self.seat.rig)
            if error:
                return Reason(error, row.table, row.key)
        return None


def _operation(pull: PullRequest) -> str:
    """
    Return the operation id of taking what *pull* offers now: the same each time it is asked.

    No caller can choose it: ids from outside have no slash.
    """
    return f"pull/{pull.id}/{pull.head}"


def _intent(pull: PullRequest, rows: Sequence[RowChange]) -> Intent:
    """Return the intent of taking *pull*; nothing of it is the words of its author."""
    verb = str(classify(rows, author=author_of(pull)).subkind)
    about = min(rows, key=_weight, default=None)
    table, key = (about.table, about.key) if about else ("wanted", pull.id)
    return Intent(
        verb,
        Action.MERGE,
        key,
        {"pull": pull.id, "head": pull.head},
        table=table,
        title=terminal_safe(f"wl {verb}: {key}", one_line=True),
        pull=pull,
    )


def _weight(row: RowChange) -> tuple[int, str, str]:
    """Order rows by what a receipt is about: the item, else the rig, else what there is."""
    return {"wanted": 0, "rigs": 1}.get(row.table, 2), row.table, row.key


def _by_itself(landing: Landing) -> bool:
    """Whether the gate allows it, and the rig's own commands would have landed it at once."""
    authority = landing.authority
    return (
        authority is not None
        and landing.verdict.allowed
        and bool(landing.rows)
        and authority.policy.lands_at_once(landing.verdict.actions)
    )


def _reason(error: WastelandError) -> Reason:
    return Reason(error, str(error.facts.get("table", "")), str(error.facts.get("key", "")))
