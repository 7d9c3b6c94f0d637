"""Closing a pull request without merging it: main never has what it offers."""

from __future__ import annotations

from ..hosts.base import HostAbility, PullRequest, PullState
from ..protocol import fields
from ..protocol.errors import WastelandError
from ..protocol.inbox import Card, CardKind, classify
from ..protocol.policy import Action
from ..protocol.roles import authorize, is_allowed
from . import receipts
from .intents import Intent, Options
from .pending import ended
from .receipts import Receipt
from .review import Review, need_head
from .session import branch_item, branch_rig


class Closing(Review):
    """The operation that turns an offer away."""

    def decline(
        self,
        pull: str,
        *,
        reason: str = "",
        head: str = "",
        op_id: str | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """
        Close a pull request without merging it; its reason is kept as a remark.

        Its author may, whoever may merge, and of submitted work whoever may reject it.

        Args:
            head: The commit that was reviewed, or its first 7 characters or more; "" for any.
        Raises:
            Stale: It offers another commit than *head* by now.
            Forbidden: That is for others.
            Conflict: It has ended already.
        """
        options = self.options(op_id, dry_run=dry_run)
        if earlier := self.answered("decline", options):
            return earlier
        text = fields.reason(reason)
        found = self._pull(pull)
        need_head(found, head)
        if refusal := self.why_not_decline(found):
            raise refusal
        request = {"pull": found.id, "reason": text}
        about = branch_item(found) or found.id
        intent = Intent("decline", Action.MERGE, about, request, decides=True, pull=found)
        return self.once(intent, options, lambda: self._declined(intent, found, text, options))

    def why_not_decline(self, pull: PullRequest, card: Card | None = None) -> WastelandError | None:
        """
        Return why the acting rig may not close *pull*; None where it may.

        Args:
            card: What it does, for those who know already.
        """
        if self.is_mine(pull):
            return None
        query = self.main()
        actor, policy = self.actor(query), self.policy(query)
        if card is None:
            card = classify(self._net(pull), author=branch_rig(pull), message=pull.title)
        is_work = card.kind is CardKind.WORK_SUBMISSION
        if is_work and is_allowed(Action.REJECT, actor, policy):
            return None
        try:
            authorize(Action.MERGE, actor, policy)
        except WastelandError as error:
            return error
        return None

    def _declined(
        self, intent: Intent, pull: PullRequest, reason: str, options: Options
    ) -> Receipt:
        if pull.state is not PullState.OPEN and not self._closed_by(options, pull):
            raise ended(pull)
        if pull.state is PullState.OPEN and not options.dry_run:
            self._end_with(pull, reason)
        return self._receipt(
            intent,
            options,
            receipts.DRY_RUN if options.dry_run else receipts.UNCHANGED,
            (),
            pull=pull.id,
            note=f"Pull request {pull.id} is closed; main never had it.",
        )

    def _closed_by(self, options: Options, pull: PullRequest) -> bool:
        """Whether this very operation closed *pull* before its process died."""
        known = self.host.operation(self.repo, options.op_id) if options.may_repeat else None
        is_closed = pull.state is PullState.CLOSED
        return known is not None and is_closed and pull.updated_at >= known.started_at

    def _end_with(self, pull: PullRequest, reason: str) -> None:
        """
        Close *pull*; its reason is said where its author reads.

        Raises:
            Stale: It has gone on meanwhile, and stays open.
        """
        if reason and self.moves_main and HostAbility.PULL_REQUESTS in self.host.abilities:
            self.host.comment(self.repo, pull.id, author=self.seat.rig, body=reason)
        left = self.host.end_pull(
            self.repo, pull.id, state=PullState.CLOSED, head=pull.head, reason=reason
        )
        if left.state is PullState.OPEN:
            need_head(left, pull.head)
