"""
What the acting rig may do with a pull request, and why not.

Each answer is the rule's own: what is offered here can still be refused when main has moved, never
the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..hosts.base import PullState
from ..protocol.errors import OwnWork, WastelandError
from ..protocol.inbox import CardKind
from ..protocol.lean import dataclass
from ..protocol.owners import same_owner
from ..protocol.policy import Action
from ..protocol.records import WantedItem
from ..protocol.roles import authorize
from . import queries
from .closing import Closing
from .looks import remembering
from .review import Submission
from .session import branch_item


@dataclass(frozen=True, slots=True)
class Choice:
    """
    One operation on a pull request.

    Attributes:
        operation: Its name in the table.
        why_not: The rule that refuses it, in a sentence; "" where it is allowed.
    """

    operation: str
    why_not: str = ""


class Chooser:
    """
    Says what the acting rig may do with pull requests, as main is now.

    One is made for as many as are looked at together, so that equal questions are asked once.
    """

    def __init__(self, session: Closing) -> None:
        self._session = session
        self._query = remembering(session.main())
        self._actor = session.actor(self._query)
        self._policy = session.policy(self._query)

    def choices(self, found: Submission) -> list[Choice]:
        """Return what can be done with a pull request, the step that brings it on first."""
        if found.pull.state is not PullState.OPEN:
            return []
        others = ("reject", "close") if is_work(found) else ("decline",)
        names = (step_on(found), *others, "comment")
        return [Choice(name, self._why_not(found, name)) for name in names]

    def why_not_on(self, found: Submission) -> str:
        """Return why the step that brings a pull request on is refused; "" where it is not."""
        return self._why_not(found, step_on(found))

    def _why_not(self, found: Submission, name: str) -> str:
        if name == "decline":
            refusal = self._session.why_not_decline(found.pull, found.card)
            return refusal.message if refusal else ""
        try:
            self._need(found, Action(name))
        except WastelandError as error:
            return error.message
        needs_gate = name in {"accept", "close", "merge"}
        return _refusal(found.reasons) if needs_gate and not found.allowed else ""

    def _need(self, found: Submission, action: Action) -> None:
        authorize(action, self._actor, self._policy, item=item_of(found))
        if action is not Action.ACCEPT:
            return
        me, worker = self._actor.handle, found.rig
        rigs, links = queries.kin(self._query, {me, worker})
        reason = same_owner(me, worker, rigs=rigs, links=links)
        if reason:
            raise OwnWork(f"{me} may not stamp the work of {worker}: {reason}.")


def is_work(found: Submission) -> bool:
    """Return whether a pull request is submitted work, which is accepted with a stamp."""
    return found.card.kind is CardKind.WORK_SUBMISSION and bool(item_id(found))


def step_on(found: Submission) -> str:
    """Return the operation that brings a pull request on."""
    return "accept" if is_work(found) else "merge"


def item_id(found: Submission) -> str:
    """Return the wanted item that a pull request is about before all others; "" for none."""
    ids = found.card.wanted_ids
    named = branch_item(found.pull)
    return named if named in ids or not ids else ids[0]


def item_of(found: Submission) -> WantedItem | None:
    """Return that item as the pull request would leave it; None where it leaves it alone."""
    for row in found.rows:
        if row.table == WantedItem.table and row.key == item_id(found):
            return WantedItem.from_row(row.row)
    return None


def _refusal(reasons: Sequence[str]) -> str:
    more = f" And {len(reasons) - 1} more." if len(reasons) > 1 else ""
    return f"the gate refuses it: {reasons[0]}{more}" if reasons else "the gate refuses it."
