"""What reviewers do with pull requests: look at what waits, merge, comment."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Final

from ..hosts.base import Comment, PullRequest, PullState
from ..protocol import fields, names
from ..protocol.diff import RowChange
from ..protocol.errors import Forbidden, Invalid, Stale
from ..protocol.policy import Action
from ..protocol.roles import authorize
from . import elsewhere, receipts, recovery, remarks
from .adoption import adopt
from .inspection import Main, Submission, judge_pull, main_of
from .intents import Intent, Options
from .looks import Looks
from .merge import Landing
from .pending import ended
from .receipts import Receipt
from .session import branch_item, branch_rig
from .submissions import end_decided, end_settled
from .writing import WriteSession

__all__ = ["Review", "Submission", "need_head"]


class Review(WriteSession):
    """
    The operations of reviewers and maintainers on pull requests.

    Attributes:
        looks: What was judged lately; a process that serves many keeps one for all.
    """

    @cached_property
    def looks(self) -> Looks[Submission]:
        """What this session has looked at, unless it was given another's."""
        return Looks()

    def inbox(self, *, mine: bool = False) -> list[Submission]:
        """
        Return what waits for review, oldest first.

        Args:
            mine: Only what this rig has offered itself.
        """
        self.refresh()
        adopt(self)
        recovery.settle_lost(self)
        query = self.main()
        if not mine:
            authorize(Action.REVIEW, self.actor(query), self.policy(query))
            if not self.moves_main:
                end_decided(self)
        main = main_of(self)
        return [self._look(pull, main) for pull in self.pending(mine=mine)]

    def review(self, pull: str) -> Submission:
        """
        Return one pull request with its verdict and comments.

        Args:
            pull: Its number, its branch, or the id of the wanted item that it is about.
        Raises:
            NotFound: Nothing waits under that name.
        """
        self.refresh()
        found = self._look(self._pull(pull))
        return replace(found, comments=remarks.shown(self, found.pull))

    def merge(
        self, pull: str, *, head: str = "", op_id: str | None = None, dry_run: bool = False
    ) -> Receipt:
        """
        Merge a pull request that the gate allows, without a stamp.

        Args:
            head: The commit that was reviewed, or its first 7 characters or more; "" for any.
        Raises:
            Stale: It offers another commit than *head* by now.
            Forbidden: The gate refuses it, or you may not merge.
            MergeConflict: Main has other values in the same cells.
        """
        options = self.options(op_id, dry_run=dry_run)
        if earlier := self.answered("merge", options):
            return earlier
        found = self._pull(pull)
        need_head(found, head)
        authorize(Action.MERGE, self.actor(), self.policy())
        is_over = not self.moves_main and found.state is not PullState.OPEN
        rows = [] if is_over else self._net(found)
        about = next((row for row in rows if row.table in {"wanted", "rigs"}), None)
        intent = Intent(
            "merge",
            Action.MERGE,
            about.key if about else branch_item(found) or found.id,
            # A host that is not ours keeps no head of what it has merged.
            {"pull": found.id, "head": found.head if self.moves_main else head},
            table=about.table if about else "wanted",
            title=found.title,
            decides=True,
            pull=found,
        )
        if self.moves_main:
            receipt = self.write(intent, lambda _: [], options)
        else:
            receipt = self._have_merged(intent, found, options)
        if not dry_run:
            end_settled(self, rows)
        return receipt

    def comment(
        self, pull: str, *, body: str, op_id: str | None = None, dry_run: bool = False
    ) -> Comment:
        """
        Add a remark to a pull request.

        Args:
            dry_run: Return the remark as it would be kept, and keep nothing.
        Raises:
            Unsupported: The host keeps no comments.
        """
        options = self.options(op_id, dry_run=dry_run)
        text = fields.message(body)
        if not text:
            raise Invalid("A comment needs a text.", field="body", value=body)
        if earlier := remarks.earlier(self, text, options):
            return earlier
        authorize(Action.COMMENT, self.actor(), self.policy())
        return remarks.add(self, self._pull(pull), text, options)

    # --- pull requests

    def _have_merged(self, intent: Intent, pull: PullRequest, options: Options) -> Receipt:
        """Let the host merge *pull*, once; an earlier attempt may have, and lost the answer."""
        known = self.host.operation(self.repo, options.op_id) if options.may_repeat else None

        def carry_out() -> Receipt:
            if pull.state is PullState.MERGED and known:
                return self._merged(intent, options, elsewhere.merged_before(self, pull))
            if pull.state is not PullState.OPEN:
                raise ended(pull)
            landing = elsewhere.merge_pull(self, pull, rehearse=options.dry_run)
            return self._merged(intent, options, landing)

        return self.once(intent, options, carry_out)

    def _merged(self, intent: Intent, options: Options, landing: Landing) -> Receipt:
        state = receipts.DRY_RUN if options.dry_run else receipts.MERGED
        pull = intent.pull.id if intent.pull else ""
        return self._receipt(intent, options, state, landing.rows, commit=landing.commit, pull=pull)

    def _pull(self, name: str) -> PullRequest:
        text = name.removeprefix("#")
        adopt(self)
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
        return self.host.changes(pull)

    def _need_scope(self, pull: PullRequest, item_id: str) -> None:
        """
        Return if *pull* is about this item only, or the acting rig may merge whatever it holds.

        Raises:
            Forbidden: It changes other rows too, and merging is not for this rig.
        """
        foreign = [row for row in self._net(pull) if not _is_about(row, item_id, branch_rig(pull))]
        try:
            if foreign:
                authorize(Action.MERGE, self.actor(), self.policy())
        except Forbidden as error:
            rows = [f"{row.table} {row.key}" for row in foreign]
            named = ", ".join(names.visible(row) for row in rows[:_MOST_NAMED])
            raise type(error)(
                f"Pull request {pull.id} changes more than {item_id}: {named}; {error.message}",
                hint=f"wl review {pull.id}",
                **{**error.facts, "rows": rows},
            ) from error

    def _look(self, pull: PullRequest, main: Main | None = None) -> Submission:
        """
        Return *pull* without its comments, judged on main.

        Args:
            main: Be content with what was judged lately, if it still stands on this main; None
                judges anew.
        """
        key = (self.host.location, str(self.repo), pull.id, pull.head, pull.title)
        at = self.host.now()
        known = self.looks.find(key, at) if main else None
        if known is None or (main and not main.upholds(known)):
            known = self.looks.keep(key, at, judge_pull(self, pull, main or main_of(self)))
        return replace(known, pull=pull)


def need_head(pull: PullRequest | None, head: str) -> None:
    """
    Return if *pull* offers the commit that its reviewer saw.

    Args:
        pull: None where the work is on main already.
        head: The commit or its beginning; "" where the reviewer does not say.
    Raises:
        Stale: It offers another commit.
        Invalid: Too short to tell commits apart.
    """
    if not head:
        return
    if len(head) < _SHORTEST_HEAD:
        raise Invalid(
            f"{names.visible(head)} is too short for a commit: give {_SHORTEST_HEAD} characters "
            "or more.",
            hint="wl review shows the head",
            field="head",
            value=head,
        )
    if pull is None:
        raise Stale(
            f"No pull request offers {names.visible(head)} any more.", hint="wl inbox", head=head
        )
    if not pull.head.startswith(head):
        raise Stale(
            f"Pull request {pull.id} offers {pull.head} now, not {names.visible(head)}.",
            hint=f"wl review {pull.id}",
            pull=pull.id,
            head=pull.head,
            expected=head,
        )


def _is_about(row: RowChange, item_id: str, rig: str) -> bool:
    """Whether *row* belongs to *rig*'s work on an item; a new rig may register with it."""
    if row.table == "completions":
        return {side.get("wanted_id") for side in (row.before, row.after) if side} == {item_id}
    if row.table == "rigs":
        return row.before is None and row.key == rig
    return (row.table, row.key) == ("wanted", item_id)


_SHORTEST_HEAD: Final = 7
_MOST_NAMED: Final = 5
