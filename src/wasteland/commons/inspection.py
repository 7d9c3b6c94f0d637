"""A pull request as a reviewer sees it: its rows, its card, and what the gate would say now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..engines.base import Engine
from ..hosts.base import Comment, PullRequest
from ..protocol import evidence
from ..protocol.diff import RowChange
from ..protocol.errors import WastelandError
from ..protocol.inbox import Card, classify
from ..protocol.records import Completion
from . import queries
from .evidence.reuse import findings, same
from .looks import bears_on, remembering
from .merge import judged
from .queries import Query
from .session import Seat, Session, branch_rig


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
        findings: What to know about its evidence, one sentence each; they refuse nothing.
        main: The commit of main that it was judged on.
        judged_at: When that was.
        actions: What its rig must be allowed to do for it, in the policy's words.
    """

    pull: PullRequest
    rig: str
    card: Card
    rows: Sequence[RowChange]
    allowed: bool
    reasons: Sequence[str]
    comments: Sequence[Comment] = ()
    findings: Sequence[str] = ()
    main: str = ""
    judged_at: datetime | None = None
    actions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Main:
    """
    A commit of main, and what reads it.

    Attributes:
        moved: Earlier head -> what main was given since.
    """

    engine: Engine
    head: str
    query: Query
    moved: dict[str, Sequence[RowChange]] = field(default_factory=dict)

    def upholds(self, known: Submission) -> bool:
        """Return whether a verdict on an earlier main is the same on this one."""
        if known.main == self.head:
            return True
        if known.main not in self.moved:
            self.moved[known.main] = self.engine.diff(known.main, self.head)
        moved = self.moved[known.main]
        return not bears_on(moved, known.rows, known.rig) and not _shares_evidence(
            known.rows, moved
        )


def main_of(session: Session) -> Main:
    """Return main as it is now, read so that equal questions are asked once."""
    head = session.engine.head()
    return Main(session.engine, head, remembering(queries.at(session.engine, head)))


def judge_pull(session: Session, pull: PullRequest, main: Main) -> Submission:
    """Return *pull*, without its comments, as the gate sees it on *main*."""
    rows, rig = session.host.changes(pull), branch_rig(pull)
    try:
        # The merged tree is main with these rows laid over it.
        seat = Seat(rig, session.account_of(pull))
        verdict = judged(session, main.query, rows, seat, main=main.query)
        reasons = [str(reason) for reason in verdict.reasons]
        actions = sorted(action.value for action in verdict.actions)
    except WastelandError as error:
        reasons, actions = [str(error)], []
    return Submission(
        pull=pull,
        rig=rig,
        card=classify(rows, author=rig, message=pull.title),
        rows=rows,
        allowed=not reasons,
        reasons=reasons,
        findings=findings(main.query, submitted(rows)),
        main=main.head,
        judged_at=session.host.now(),
        actions=actions,
    )


def _shares_evidence(rows: Sequence[RowChange], moved: Sequence[RowChange]) -> bool:
    """Whether work that came to main was handed in with evidence that *rows* hand in too."""
    pieces = [p for each in submitted(rows) for p in evidence.read_all(each.evidence or "")]
    news = submitted(moved) if pieces else []
    return bool(news) and bool(same([p for p in pieces if p.identities], news))


def submitted(rows: Sequence[RowChange]) -> list[Completion]:
    """Return the work that *rows* hand in."""
    return [
        Completion.from_row(row.row)
        for row in rows
        if row.table == "completions" and row.after and "evidence" in row.cells
    ]
