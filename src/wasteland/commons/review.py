"""What reviewers do with pull requests: look at what waits, merge, comment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..hosts import replay
from ..hosts.base import Comment, HostAbility, PullRequest
from ..protocol import fields, names
from ..protocol.diff import RowChange
from ..protocol.errors import Invalid, WastelandError
from ..protocol.inbox import Card, classify
from ..protocol.policy import Action
from ..protocol.roles import authorize
from . import queries, recovery
from .intents import Intent
from .merge import judged
from .receipts import Receipt
from .session import Seat, branch_rig
from .writing import WriteSession


@dataclass(frozen=True, slots=True)
class Submission:
    """
    A pull request as a reviewer sees it.

    Attributes:
        pull: The request.
        rig: Whose work it is.
        card: What it does, in the inbox's words.
        rows: Its net row changes against main.
        allowed: Whether the gate would let it land now.
        reasons: Why not, one sentence each.
        comments: Oldest first.
    """

    pull: PullRequest
    rig: str
    card: Card
    rows: Sequence[RowChange]
    allowed: bool
    reasons: Sequence[str]
    comments: Sequence[Comment] = ()


class Review(WriteSession):
    """The operations of reviewers and maintainers on pull requests."""

    def inbox(self, *, mine: bool = False) -> list[Submission]:
        """
        Return what waits for review, oldest first.

        Args:
            mine: Only what this rig has offered itself.
        """
        self.refresh()
        recovery.settle_lost(self)
        query = self.main()
        if not mine:
            authorize(Action.REVIEW, self.actor(query), self.policy(query))
        return [self._look(pull) for pull in self.pending(mine=mine)]

    def review(self, pull: str) -> Submission:
        """
        Return one pull request with its verdict and comments.

        Args:
            pull: Its number, its branch, or the id of the wanted item that it is about.
        Raises:
            NotFound: Nothing waits under that name.
        """
        self.refresh()
        return self._look(self._pull(pull), with_comments=True)

    def merge(self, pull: str, *, op_id: str | None = None, dry_run: bool = False) -> Receipt:
        """
        Merge a pull request that the gate allows, without a stamp.

        Raises:
            Forbidden: The gate refuses it, or you may not merge.
            MergeConflict: Main has other values in the same cells.
        """
        options = self.options(op_id, dry_run=dry_run)
        if earlier := self.answered("merge", options):
            return earlier
        found = self._pull(pull)
        authorize(Action.MERGE, self.actor(), self.policy())
        rows = self._net(found)
        about = next((row for row in rows if row.table in {"wanted", "rigs"}), None)
        intent = Intent(
            "merge",
            Action.MERGE,
            about.key if about else found.id,
            {"pull": found.id, "head": found.head},
            table=about.table if about else "wanted",
            title=found.title,
            decides=True,
            pull=found,
        )
        return self.write(intent, lambda _: [], options)

    def comment(self, pull: str, *, body: str) -> Comment:
        """
        Add a remark to a pull request.

        Raises:
            Unsupported: The host keeps no comments.
        """
        authorize(Action.COMMENT, self.actor(), self.policy())
        found = self._pull(pull)
        text = fields.message(body)
        if not text:
            raise Invalid("A comment needs a text.", field="body", value=body)
        return self.host.comment(self.repo, found.id, author=self.need_rig(), body=text)

    # --- pull requests

    def _pull(self, name: str) -> PullRequest:
        text = name.removeprefix("#")
        waiting = self.pending()
        named = [p for p in waiting if text in {p.id, p.branch} or p.branch.endswith(f"/{text}")]
        if len(named) == 1:
            return named[0]
        if len(named) > 1:
            raise Invalid(
                f"{names.visible(name)} fits pull requests {', '.join(p.id for p in named)}.",
                field="pull",
                value=name,
                hint="wl review NUMBER",
            )
        return self.host.pull(self.repo, text)

    def _net(self, pull: PullRequest) -> list[RowChange]:
        return replay.net(row for commit in self.host.changes(pull) for row in commit.changes)

    def _look(self, pull: PullRequest, *, with_comments: bool = False) -> Submission:
        rows = self._net(pull)
        source = queries.at(self.host.engine(pull.source), pull.head)
        try:
            verdict = judged(self, source, rows, Seat(branch_rig(pull), self.account_of(pull)))
            reasons = [str(reason) for reason in verdict.reasons]
        except WastelandError as error:
            reasons = [str(error)]
        keeps = HostAbility.PULL_REQUESTS in self.host.abilities
        return Submission(
            pull=pull,
            rig=branch_rig(pull),
            card=classify(rows, author=branch_rig(pull), message=pull.title),
            rows=rows,
            allowed=not reasons,
            reasons=reasons,
            comments=self.host.comments(self.repo, pull.id) if with_comments and keeps else (),
        )
