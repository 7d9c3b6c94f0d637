"""How a rig has done so far, in numbers that a reviewer weighs its next work by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..hosts.base import PullState
from ..protocol.lean import dataclass
from ..protocol.records import read_time, write_time
from .queries import Query
from .session import Session, branch_item, branch_rig

WEEKS = 26
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RigHistory:
    """
    What a rig has done on one commons.

    Attributes:
        done: Completions on main.
        stamped: How many of them bear a stamp.
        turned_down: Pull requests about items that were closed without merging.
        stamped_by: How many rigs have stamped its work.
        by_me: Stamps that the acting rig gave it in the last thirty days.
        weeks: Completions of each of the last weeks, the oldest first.
    """

    done: int
    stamped: int
    turned_down: int
    stamped_by: int
    by_me: int
    weeks: Sequence[int]


def history_of(session: Session, handle: str, account: str | None) -> RigHistory:
    """
    Return the history of a rig.

    Args:
        account: Who owns its forks; None for nobody known.
    """
    query, now = session.main(), session.host.now()
    done, stamped = _counts(query, _DONE, who=handle)
    (authors,) = _counts(query, _AUTHORS, who=handle)
    since = write_time(now - timedelta(days=30))
    (by_me,) = _counts(query, _MINE, who=handle, me=session.seat.rig, since=since)
    return RigHistory(
        done=done,
        stamped=stamped,
        turned_down=_turned_down(session, handle, account),
        stamped_by=authors,
        by_me=by_me,
        weeks=_weeks(query, handle, now),
    )


def _counts(query: Query, sql: str, **params: str | None) -> list[int]:
    return [int(value or 0) for value in query(sql, params)[0].values()]


def _turned_down(session: Session, handle: str, account: str | None) -> int:
    closed = session.host.pulls(session.repo, state=PullState.CLOSED, author=account or None)
    return sum(branch_rig(pull) == handle and bool(branch_item(pull)) for pull in closed)


def _weeks(query: Query, handle: str, now: datetime) -> list[int]:
    since = now - WEEKS * _WEEK
    found = [0] * WEEKS
    for row in query(_WHEN, {"who": handle, "since": write_time(since)}):
        when = read_time(row["at"])
        if when and since <= when <= now:
            found[min((when - since) // _WEEK, WEEKS - 1)] += 1
    return found


_DONE = (
    "SELECT COUNT(*) AS done, COUNT(`stamp_id`) AS stamped FROM `completions` "
    "WHERE `completed_by` = :who"
)
_AUTHORS = "SELECT COUNT(DISTINCT `author`) AS n FROM `stamps` WHERE `subject` = :who"
_MINE = (
    "SELECT COUNT(*) AS n FROM `stamps` WHERE `subject` = :who AND `author` = :me "
    "AND `created_at` > :since"
)
_WHEN = (
    "SELECT `completed_at` AS at FROM `completions` WHERE `completed_by` = :who "
    "AND `completed_at` > :since LIMIT 1000"
)
