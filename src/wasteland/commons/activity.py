"""
What happens on a commons, week by week: how much, how fast, by how many.

Rows tell what was posted and completed. When something was claimed, only the history knows, of
which so many commits are read and no more. All of it is remembered until main moves.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Final

from ..protocol.lean import dataclass
from ..protocol.records import read_time
from ..protocol.schema import Value
from . import commit_log
from .commit_log import Entry
from .queries import Query
from .session import Session

WEEKS: Final = 12
MOST_COMMITS: Final = 4000
_MOST_PACED: Final = 400
_REMEMBERED: Final = 64
_DAY_LONG: Final = 10
AGES: Final = (("under a week", 7), ("1 to 4 weeks", 28), ("1 to 3 months", 91), ("older", 0))
"""Each with the days that it ends at; 0 for no end."""

_POSTED: Final = """
    SELECT substr(`created_at`, 1, 10) AS day, COUNT(*) AS n FROM `wanted`
    WHERE `created_at` >= :since GROUP BY 1
"""
_COMPLETED: Final = """
    SELECT substr(`updated_at`, 1, 10) AS day, COUNT(*) AS n FROM `wanted`
    WHERE `status` IN ('completed', 'validated') AND `updated_at` >= :since GROUP BY 1
"""
_OPEN: Final = """
    SELECT substr(`created_at`, 1, 10) AS day, COUNT(*) AS n FROM `wanted`
    WHERE `status` = 'open' GROUP BY 1
"""
_WORK: Final = """
    SELECT `wanted_id`, `completed_at`, `validated_at` FROM `completions`
    WHERE `completed_at` >= :since ORDER BY `completed_at` DESC LIMIT :most
"""
_CREATED: Final = "SELECT `created_at` FROM `wanted` WHERE `id` = :id"


@dataclass(frozen=True, slots=True)
class Week:
    """
    Seven days from a Monday.

    Attributes:
        rigs: How many wrote to main.
    """

    begins: date
    posted: int
    claimed: int
    completed: int
    rigs: int


@dataclass(frozen=True, slots=True)
class Pace:
    """
    How long one step takes.

    Attributes:
        median_s: Seconds; None where nothing took it in these weeks.
        count: How many did.
        by_week: Its median in each week.
    """

    median_s: float | None
    count: int
    by_week: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Activity:
    """
    What happened in the last weeks.

    Attributes:
        weeks: Oldest first; the last is under way.
        ages: How many open items are how old.
        to_claim: From the post to the first claim.
        to_submit: From that claim to the work.
        to_accept: From the work to its acceptance.
        rigs: How many wrote to main in these weeks.
        read_since: How far back the history was read; None for all of these weeks.
    """

    weeks: Sequence[Week]
    ages: Sequence[tuple[str, int]]
    to_claim: Pace
    to_submit: Pace
    to_accept: Pace
    rigs: int
    read_since: datetime | None


_known: Final[OrderedDict[tuple[str, str, date], Activity]] = OrderedDict()


def activity(session: Session) -> Activity:
    """Return what happened on a commons in the last weeks."""
    head, today = session.engine.head(), session.host.now().date()
    key = (f"{session.host.location} {session.repo}", head, today)
    found = _known.get(key)
    if found is None:
        found = _known[key] = _counted(session, head, today)
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return found


def _counted(session: Session, head: str, today: date) -> Activity:
    query = session.at(head)
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    log = commit_log.entries(session, ref=head, limit=MOST_COMMITS)
    recent = [entry for entry in log if entry.at >= since]
    is_cut = len(recent) == MOST_COMMITS
    claims = _first_claims(recent)
    return Activity(
        weeks=_weeks(query, first, recent),
        ages=_ages(query, today),
        to_claim=_pace(first, _until_claimed(query, claims)),
        **_of_work(query, first, claims),
        rigs=_rigs(recent),
        read_since=recent[-1].at if is_cut else None,
    )


def _weeks(query: Query, first: date, recent: Sequence[Entry]) -> list[Week]:
    posted, completed = (_by_day(query, sql, first) for sql in (_POSTED, _COMPLETED))
    weeks = []
    for number in range(WEEKS):
        begins = first + timedelta(weeks=number)
        here = [entry for entry in recent if _week_of(first, entry.at.date()) == number]
        weeks.append(
            Week(
                begins=begins,
                posted=_in_week(posted, first, number),
                claimed=sum(entry.operation == "claim" for entry in here),
                completed=_in_week(completed, first, number),
                rigs=_rigs(here),
            )
        )
    return weeks


def _rigs(entries: Iterable[Entry]) -> int:
    """Return how many rigs wrote; what the commons does by itself has no receipt."""
    return len({entry.author for entry in entries if entry.op_id})


def _by_day(query: Query, sql: str, first: date) -> Counter[date]:
    found: Counter[date] = Counter()
    for row in query(sql, {"since": f"{first.isoformat()} 00:00:00"}):
        day = _day(row["day"])
        if day:
            found[day] += int(row["n"] or 0)
    return found


def _in_week(by_day: Counter[date], first: date, number: int) -> int:
    return sum(count for day, count in by_day.items() if _week_of(first, day) == number)


def _week_of(first: date, day: date) -> int:
    return (day - first).days // 7


def _ages(query: Query, today: date) -> list[tuple[str, int]]:
    found = Counter[str]()
    for row in query(_OPEN, {}):
        days = (today - (_day(row["day"]) or date.min)).days
        name = next(name for name, ends in AGES if not ends or days < ends)
        found[name] += int(row["n"] or 0)
    return [(name, found[name]) for name, _ in AGES]


# --- how fast


def _first_claims(recent: Sequence[Entry]) -> dict[str, datetime]:
    """Return item -> when it was claimed first, of the newest claims."""
    claims = [entry for entry in recent if entry.operation == "claim"][:_MOST_PACED]
    return {entry.about: entry.at for entry in claims}


def _until_claimed(query: Query, claims: dict[str, datetime]) -> list[tuple[datetime, float]]:
    spans = []
    for item_id, at in claims.items():
        rows = query(_CREATED, {"id": item_id})
        created = read_time(rows[0]["created_at"]) if rows else None
        if created:
            spans.append((at, (at - created).total_seconds()))
    return spans


def _of_work(query: Query, first: date, claims: dict[str, datetime]) -> dict[str, Pace]:
    submitted, accepted = [], []
    since = f"{first.isoformat()} 00:00:00"
    for row in query(_WORK, {"since": since, "most": _MOST_PACED}):
        handed_in, judged = read_time(row["completed_at"]), read_time(row["validated_at"])
        claimed = claims.get(str(row["wanted_id"]))
        if handed_in and claimed:
            submitted.append((handed_in, (handed_in - claimed).total_seconds()))
        if handed_in and judged:
            accepted.append((judged, (judged - handed_in).total_seconds()))
    return {"to_submit": _pace(first, submitted), "to_accept": _pace(first, accepted)}


def _pace(first: date, spans: Iterable[tuple[datetime, float]]) -> Pace:
    """Return the pace of a step; clocks of other clients may have put its end before its start."""
    sound = [(at, span) for at, span in spans if span >= 0]
    weeks: list[list[float]] = [[] for _ in range(WEEKS)]
    for at, span in sound:
        number = _week_of(first, at.date())
        if 0 <= number < WEEKS:
            weeks[number].append(span)
    return Pace(
        median_s=median(span for _, span in sound) if sound else None,
        count=len(sound),
        by_week=[median(spans) if spans else None for spans in weeks],
    )


def _day(text: Value) -> date | None:
    """Return a day as an engine tells it: one of them makes a midnight of it."""
    try:
        return date.fromisoformat(str(text)[:_DAY_LONG])
    except ValueError:
        return None
