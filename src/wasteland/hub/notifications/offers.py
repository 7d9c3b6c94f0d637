"""What the end of a pull request, a remark or an opinion means to who offered it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ...commons.session import branch_item, branch_rig
from ...hosts.base import Comment, PullRequest, PullState
from ...protocol.errors import NotFound
from .. import news
from ..verdicts import Opined, Opinion
from .records import Kind, Notification
from .telling import Telling

_OPINIONS: Final = {
    Opinion.APPROVED: Kind.APPROVED,
    Opinion.CHANGES_REQUESTED: Kind.CHANGES_REQUESTED,
}
_TOLD_BY_MAIN: Final = ("accepted as ", "closed as ")
"""How the end of a pull request begins whose work a commit on main tells of."""
_OWN_END: Final = "taken back by its author"


class Offers(Telling):
    """Makes notifications of the pull requests of one commons."""

    def of_end(self, pull: PullRequest) -> Iterator[Notification]:
        """Yield what the end of a pull request means to who offered it."""
        if pull.state is PullState.MERGED:
            operation = news.merging(self.hub, pull)
            receipt = (operation.receipt or {}) if operation else {}
            if receipt.get("operation") not in {"accept", "close"}:
                yield from self._of_pull(Kind.MERGED, pull, operation.actor if operation else "")
        elif not pull.reason.startswith(_TOLD_BY_MAIN) and pull.reason != _OWN_END:
            by, is_rejected = self._closer(pull)
            kind = Kind.REJECTED if is_rejected else Kind.CLOSED
            yield from self._of_pull(kind, pull, by, reason=pull.reason)

    def of_remark(self, serial: int, pull_id: str, remark: Comment) -> Iterator[Notification]:
        """Yield what a remark means to who offered the pull request."""
        pull = self._pull(pull_id)
        # The reason of a rejection is a remark too, and told with it.
        if pull and not (pull.state is PullState.CLOSED and pull.reason == remark.body):
            yield from self._of_pull(
                Kind.COMMENTED,
                pull,
                remark.author,
                reason=remark.body,
                at=remark.created_at,
                key=f"remark {serial}",
            )

    def of_opinion(self, serial: int, pull_id: str, said: Opined) -> Iterator[Notification]:
        """Yield what a reviewer's opinion means to who offered the pull request."""
        if pull := self._pull(pull_id):
            yield from self._of_pull(
                _OPINIONS[said.opinion],
                pull,
                said.rig,
                reason=said.body,
                at=said.at,
                key=f"opinion {serial}",
            )

    def _closer(self, pull: PullRequest) -> tuple[str, bool]:
        """Return who closed a pull request, "" where nobody knows, and whether to reject it."""
        operation = self.hub.host.state.journal.about_pull(self.repo, pull.id)
        if operation and operation.receipt:
            return operation.actor, operation.receipt.get("operation") == "reject"
        words = pull.reason.removeprefix("closed by ")
        return (words if words != pull.reason else ""), False

    def _pull(self, pull_id: str) -> PullRequest | None:
        try:
            return self.hub.host.pull(self.repo, pull_id)
        except NotFound:
            return None

    def _of_pull(
        self,
        kind: Kind,
        pull: PullRequest,
        by: str,
        *,
        reason: str = "",
        at: datetime | None = None,
        key: str = "",
    ) -> Iterator[Notification]:
        item = branch_item(pull)
        if self.is_own(by, pull.author.casefold()):
            return
        yield Notification(
            key=key or f"pull {pull.id} {pull.state}",
            repo=self.repo,
            recipient=pull.author.casefold(),
            rig=branch_rig(pull),
            kind=kind,
            at=at or pull.updated_at,
            item=item,
            title=self.title(item) or pull.title,
            pull=pull.id,
            by=by,
            reason=reason,
        )
