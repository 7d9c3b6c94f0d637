"""What happens on a commons, as charts: bars for each week, small lines, spans in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...commons.activity import Activity, Pace, Week
from ...protocol.lean import dataclass

BARS_WIDTH: Final = 580
_BASE: Final = 150
_HIGH: Final = 140
_FIRST_WEEK: Final = 40
_WEEK_WIDE: Final = 44.6
_BAR_WIDE: Final = 10
_SPARK_WIDE: Final = 120
_SPARK_HIGH: Final = 22
_HOUR: Final = 3600
_DAY: Final = 86_400
_NICE: Final = (1, 2, 5, 10)
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``state`` gives its colour."""

    x: float
    y: float
    height: float
    state: str


@dataclass(frozen=True, slots=True)
class Bars:
    """
    Throughput by week.

    Attributes:
        marks: Where a line stands and its number.
        weeks: Where the number of a week stands, and the number.
        told: The whole in a sentence.
    """

    bars: Sequence[Bar]
    marks: Sequence[tuple[float, int]]
    weeks: Sequence[tuple[float, int]]
    told: str


@dataclass(frozen=True, slots=True)
class Glance:
    """
    One number that is seen at once.

    Attributes:
        spark: A small line of its weeks, as SVG has it; "" without enough of them.
        about: What it is counted from.
    """

    name: str
    value: str
    spark: str
    about: str


def throughput(weeks: Sequence[Week]) -> Bars:
    """Return the bars of some weeks."""
    counts = [(week.posted, week.claimed, week.completed) for week in weeks]
    top = nice(max(max(three) for three in counts))
    bars, labels = [], []
    for number, (week, three) in enumerate(zip(weeks, counts, strict=True)):
        x = _FIRST_WEEK + number * _WEEK_WIDE
        labels.append((round(x + 1.75 * _BAR_WIDE, 1), week.begins.isocalendar().week))
        for place, (state, count) in enumerate(
            zip(("open", "claimed", "completed"), three, strict=True)
        ):
            height = round(count / top * _HIGH, 1)
            left = round(x + place * (_BAR_WIDE + 2.5), 1)
            bars.append(Bar(left, _BASE - height, height, state))
    marks = [(_BASE - _HIGH, top), (_BASE - _HIGH / 2, top // 2), (_BASE, 0)]
    return Bars(bars, marks if top > 1 else marks[::2], labels, _told(weeks))


def nice(number: int) -> int:
    """Return the round number that an axis ends at, no smaller than *number* and than 2."""
    scale = 1
    while True:
        for step in _NICE:
            if step * scale >= max(number, 2):
                return step * scale if step * scale % 2 == 0 else 2 * scale * step
        scale *= 10


def glances(found: Activity, open_items: int) -> list[Glance]:
    """Return the numbers that are seen at once."""
    last = found.weeks[-1]
    span = f"{len(found.weeks)} weeks"
    return [
        Glance(
            "Open",
            f"{open_items:,}",
            spark([week.posted for week in found.weeks]),
            f"{last.posted} posted this week",
        ),
        *(
            Glance(name, words(pace), spark(pace.by_week), f"{pace.count} in {span}")
            for name, pace in (
                ("Median to claim", found.to_claim),
                ("Median to submit", found.to_submit),
                ("Median to accept", found.to_accept),
            )
        ),
        Glance(
            "Active rigs",
            str(found.rigs),
            spark([week.rigs for week in found.weeks]),
            f"wrote to main in {span}",
        ),
    ]


def words(pace: Pace) -> str:
    """Return how long a step takes, as "5 h" or "1.2 d"; "not yet" where nobody took it."""
    if pace.median_s is None:
        return "not yet"
    if pace.median_s < _HOUR:
        return f"{max(round(pace.median_s / 60), 1)} min"
    if pace.median_s < _DAY:
        return f"{round(pace.median_s / _HOUR)} h"
    return f"{pace.median_s / _DAY:.1f} d"


def spark(values: Sequence[float | None]) -> str:
    """Return a small line through *values*, gaps left out; "" for fewer than two."""
    known = [(number, value) for number, value in enumerate(values) if value is not None]
    if len(known) < _FEWEST:
        return ""
    top = max(value for _, value in known) or 1
    step = _SPARK_WIDE / (len(values) - 1)
    points = [
        f"{number * step:.1f} {_SPARK_HIGH + 1 - value / top * _SPARK_HIGH:.1f}"
        for number, value in known
    ]
    return "M" + "L".join(points)


def _told(weeks: Sequence[Week]) -> str:
    posted, claimed, completed = (
        sum(getattr(week, name) for week in weeks) for name in ("posted", "claimed", "completed")
    )
    return (
        f"Posted, claimed and completed in each of {len(weeks)} weeks: "
        f"{posted}, {claimed} and {completed} in all."
    )
