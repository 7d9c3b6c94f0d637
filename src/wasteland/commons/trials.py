"""
Changed rules tried on the past: the changes of main, and the pull requests, judged once more.

Each is judged with the authority that main gave just before it. What the rules as they are would
refuse as well, such as what was undone or written by another tool, tells nothing about a change of
the rules, and is only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, pairwise
from typing import Final

from ..engines.base import MAIN, Engine
from ..hosts.base import HostAbility, PullState
from ..protocol import policy
from ..protocol.diff import DiffKind, RowChange
from ..protocol.errors import Invalid, WastelandError
from ..protocol.gate import Submission
from ..protocol.policy import Policy
from ..protocol.records import Completion, WantedItem
from ..protocol.trials import Outcome, Trial, attempt
from . import queries
from .authority import load_authority, proposed
from .session import Session, branch_rig

MOST: Final = 200
"""Changes of main, and pull requests besides, that are tried when nothing else is asked for."""
_LONGEST: Final = 1000
_KEPT_BY_HOST: Final = "wlx_leases"
_UNSEEN: Final = frozenset({"review", "comment", "merge", "lease_hours", policy.NAME_KEY})
"""Rules that no row of a past change shows."""


@dataclass(frozen=True, slots=True)
class PastChange:
    """
    A change that the rules make a difference to.

    Attributes:
        commit: Of main, or the head of the pull request.
        pull: The pull request's number; "" for what is on main.
        rig: Who made it.
        title: Its first line.
        before: What becomes of it under the rules as they are: lands, waits or refused.
        after: Under the rules as they might be.
        action: What is refused, where it is one thing; "" otherwise.
        reason: Why; "" where nothing is refused.
    """

    commit: str
    pull: str
    rig: str
    at: datetime
    title: str
    before: Outcome
    after: Outcome
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """
    What changed rules would have made of the past.

    Attributes:
        rules: Rule -> its text as it might be, as it would be stored; "" for the preset's own.
        tried: How many changes were judged.
        left_out: How many of them the rules as they are would refuse as well.
        since: When the oldest of them was made; None without any.
        is_whole: Whether that is all there is.
        counts: Action -> how many changes take it.
        refused: Action -> how many of them would be refused.
        unseen: Changed rules that no past change can show.
        changes: Those that the rules make a difference to, newest first.
    """

    rules: Mapping[str, str]
    tried: int
    left_out: int
    since: datetime | None
    is_whole: bool
    counts: Mapping[str, int]
    refused: Mapping[str, int]
    unseen: Sequence[str]
    changes: Sequence[PastChange]


@dataclass(frozen=True, slots=True)
class _Past:
    """A past change: its rows, and where main stood before it and it after."""

    engine: Engine
    base: str
    head: str
    rows: Sequence[RowChange]
    rig: str
    at: datetime
    title: str
    pull: str = ""


def attempt_rules(
    session: Session, changes: Mapping[str, str | None], *, last: int = MOST
) -> PolicyTrial:
    """
    Return what *changes* of the rules would have made of the past.

    Args:
        changes: Rule -> text; None for what the preset says.
        last: How many changes of main, and pull requests besides; 1 to 1000.
    Raises:
        Invalid: No such rule, or not its form; or not that many.
    """
    if not 1 <= last <= _LONGEST:
        raise Invalid(f"1 to {_LONGEST} changes are tried, not {last}.", field="last", value=last)
    checked = {
        rule: None if text is None else policy.check_rule(rule, text)
        for rule, text in changes.items()
    }
    meta = queries.meta(session.main())
    now, then = Policy.from_meta(meta), Policy.from_meta(policy.restated(meta, checked))
    landed, is_whole = _landed(session, last)
    past = [*landed, *_offered(session, last)]
    trials = [(one, _tried(session, one, now, then)) for one in past]
    kept = [(one, trial) for one, trial in trials if not _tells_nothing(trial)]
    return PolicyTrial(
        rules={rule: text or "" for rule, text in checked.items()},
        tried=len(past),
        left_out=len(past) - len(kept),
        since=min((one.at for one in past), default=None),
        is_whole=is_whole,
        counts=Counter(action.value for _, trial in kept for action in trial.actions),
        refused=_count_refused([trial for _, trial in kept]),
        unseen=sorted(_UNSEEN & checked.keys()),
        changes=[_told(one, trial) for one, trial in kept if trial.differs],
    )


def _tells_nothing(trial: Trial) -> bool:
    return trial.before is trial.after is Outcome.REFUSED


def _count_refused(trials: Sequence[Trial]) -> Counter[str]:
    refused = [t for t in trials if t.after is Outcome.REFUSED and t.differs]
    named = ([t.action] if t.action else [a.value for a in t.actions] for t in refused)
    return Counter(chain.from_iterable(named))


def _told(one: _Past, trial: Trial) -> PastChange:
    return PastChange(
        commit=one.head,
        pull=one.pull,
        rig=one.rig,
        at=one.at,
        title=one.title,
        before=trial.before,
        after=trial.after,
        action=trial.action,
        reason=trial.reason,
    )


# --- the past


def _landed(session: Session, last: int) -> tuple[list[_Past], bool]:
    """Return the changes of main, newest first, and whether these are all."""
    engine = session.engine
    commits = engine.log(MAIN, limit=last + 1)
    found = []
    for commit, parent in pairwise(commits):
        rows = _own_rows(engine.diff(parent.hash, commit.hash))
        if rows:
            title = commit.message.splitlines()[0] if commit.message else ""
            past = _Past(engine, parent.hash, commit.hash, rows, commit.author, commit.at, title)
            found.append(past)
    return found, len(commits) <= last


def _offered(session: Session, last: int) -> Iterator[_Past]:
    """Yield the pull requests that were not merged, newest first, as far as they are still here."""
    if HostAbility.PULL_REQUESTS not in session.host.abilities or not session.is_owned:
        return
    pulls = session.host.pulls(session.repo, state=None)
    waiting = [pull for pull in pulls if pull.state is not PullState.MERGED]
    for pull in reversed(waiting[-last:]):
        try:
            engine = session.host.engine(pull.source)
            base = engine.merge_base(MAIN, pull.head)
            rows = _own_rows(engine.diff(base, pull.head)) if base else []
        except WastelandError:
            continue  # its fork or its commits are gone
        if base and rows:
            rig = branch_rig(pull)
            yield _Past(
                engine, base, pull.head, rows, rig, pull.created_at, pull.title, pull=pull.id
            )


def _own_rows(rows: Sequence[RowChange]) -> list[RowChange]:
    """Return *rows* as they were offered: without what merging itself has written."""
    return [_as_offered(row) for row in rows if row.table != _KEPT_BY_HOST]


def _as_offered(row: RowChange) -> RowChange:
    if row.table == "rigs" and row.kind is DiffKind.ADDED and row.after:
        return replace(row, after={**row.after, "trust_level": 0})
    return row


# --- judged once more


def _tried(session: Session, one: _Past, now: Policy, then: Policy) -> Trial:
    before = queries.at(one.engine, one.base)
    authority = load_authority(
        before,
        one.rows,
        handle=one.rig,
        account="",
        at=one.at,
        token="trial",  # noqa: S106  # no lease is written
        owned=session.is_owned,
        submissions=_brought_along(one),
    )
    merged = queries.at(one.engine, one.head)
    change = proposed(merged, one.rows, owned=session.is_owned)
    return attempt(change, authority, now=now, changed=then)


def _brought_along(one: _Past) -> list[Submission]:
    """Return the work of other rigs that a decision has brought to main with it."""
    items = {row.key: WantedItem.from_row(row.row) for row in one.rows if row.table == "wanted"}
    found = []
    for row in one.rows:
        if row.table == "completions" and row.kind is DiffKind.ADDED:
            work = Completion.from_row(row.row)
            item = items.get(work.wanted_id or "")
            if item and work.completed_by and work.completed_by != one.rig:
                found.append(
                    Submission(item.id, work.completed_by, work.evidence or "", item.evidence_url)
                )
    return found
