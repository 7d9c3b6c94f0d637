"""The fork graph, laid out: one line for each repository, one column for each commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ...engines.base import Commit
from ...hosts.base import PullState
from ...hub.fork_graph import Graph, Lane, Work
from ...protocol.lean import dataclass
from ..words import day

WIDTH: Final = 940
_LEFT: Final = 150
_FIRST: Final = 170
_RIGHT: Final = 900
_TOP: Final = 34
_APART: Final = 38
_BEND: Final = 20
_LABELS_APART: Final = 110
_COLOURS: Final = ("open", "claimed", "in_review", "rust")


@dataclass(frozen=True, slots=True)
class Dot:
    """A commit: where it is drawn, and what a pointer that rests there is told."""

    x: float
    y: float
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """
    A path.

    Attributes:
        d: As SVG has it.
        is_dashed: Whether what it stands for is not merged.
    """

    d: str
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """
    One repository.

    Attributes:
        colour: The state whose colour it has; "" for main.
    """

    name: str
    y: float
    colour: str
    dots: Sequence[Dot]
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Drawing:
    """
    A fork graph to be drawn.

    Attributes:
        rows: Main first.
        labels: Where a date stands below, and the date.
        told: The whole in a sentence.
    """

    height: int
    rows: Sequence[Row]
    labels: Sequence[tuple[float, str]]
    told: str


def draw(graph: Graph, name: str) -> Drawing:
    """Return the drawing of *graph*, whose commons is called *name*."""
    columns = _columns(graph)
    rows = [_main(graph, name, columns)]
    for number, lane in enumerate(graph.lanes):
        rows.append(_lane(lane, number, columns, name))
    bottom = _TOP + _APART * len(graph.lanes)
    return Drawing(bottom + 44, rows, _labels(graph, columns), _told(graph, name))


def _columns(graph: Graph) -> Mapping[str, float]:
    """Return commit -> x, and "now" -> x; what was before comes before."""
    place = {commit.hash: number for number, commit in enumerate(graph.main)}
    before: list[list[tuple[datetime, str]]] = [[] for _ in range(len(graph.main) + 1)]
    for lane in graph.lanes:
        for work in lane.work:
            for key, at in _points(work):
                before[_before_which(graph, place, work, at)].append((at, key))
    order: list[str] = []
    for number, beside in enumerate(before):
        order += [key for _, key in sorted(beside)]
        order += [graph.main[number].hash] if number < len(graph.main) else ["now"]
    step = (_RIGHT - _FIRST) / max(len(order) - 1, 1)
    return {key: round(_FIRST + number * step, 1) for number, key in enumerate(order)}


def _points(work: Work) -> list[tuple[str, datetime]]:
    """Return the commits of a work by a name of their own: two may offer the same commit."""
    return [(f"{work.pull} {commit.hash}", commit.at) for commit in work.commits] or [
        (f"{work.pull} ", work.at)
    ]


def _before_which(graph: Graph, place: Mapping[str, int], work: Work, at: datetime) -> int:
    """Return before which commit of main a commit beside it is drawn."""
    first = place.get(work.left, -1) + 1
    last = place.get(work.merged, len(graph.main))
    later = (n for n in range(first, last) if graph.main[n].at >= at)
    return max(first, next(later, last))


def _main(graph: Graph, name: str, columns: Mapping[str, float]) -> Row:
    dots = [Dot(columns[commit.hash], _TOP, _said(commit)) for commit in graph.main]
    start = _LEFT if graph.is_cut or not dots else dots[0].x
    line = Line(f"M{start} {_TOP}H{columns['now']}")
    return Row(name, _TOP, "", dots, [line])


def _lane(lane: Lane, number: int, columns: Mapping[str, float], name: str) -> Row:
    y = _TOP + _APART * (number + 1)
    dots, lines = list[Dot](), list[Line]()
    for work in lane.work:
        xs = [columns[key] for key, _ in _points(work)]
        said = [_said(commit) for commit in work.commits] or [work.title]
        dots += [Dot(x, y, text) for x, text in zip(xs, said, strict=True)]
        lines += _lines(work, xs, y, columns)
    return Row(_called(lane, name), y, _COLOURS[number % len(_COLOURS)], dots, lines)


def _called(lane: Lane, name: str) -> str:
    if str(lane.repo) == name:
        return "own branches"
    return lane.repo.owner if name.endswith(f"/{lane.repo.name}") else str(lane.repo)


def _lines(work: Work, xs: Sequence[float], y: float, columns: Mapping[str, float]) -> list[Line]:
    start = columns.get(work.left, _LEFT)
    found = [Line(_out(start, xs[0], y))]
    if len(xs) > 1:
        found.append(Line(f"M{xs[0]} {y}H{xs[-1]}"))
    if work.state is not PullState.CLOSED:
        end = columns.get(work.merged, columns["now"])
        found.append(Line(_back(xs[-1], end, y), is_dashed=not work.merged))
    return found


def _out(x: float, to_x: float, y: float) -> str:
    """Return the way from main at *x* down to a line at *y*."""
    low = min(to_x, x + 2 * _BEND)
    half = (low - x) / 2
    return f"M{x} {_TOP}C{x + half:.1f} {_TOP} {low - half:.1f} {y} {low} {y}H{to_x}"


def _back(x: float, to_x: float, y: float) -> str:
    """Return the way from a line at *y* up to main at *to_x*."""
    low = max(x, to_x - 2 * _BEND)
    half = (to_x - low) / 2
    return f"M{x} {y}H{low}C{low + half:.1f} {y} {to_x - half:.1f} {_TOP} {to_x} {_TOP}"


def _labels(graph: Graph, columns: Mapping[str, float]) -> list[tuple[float, str]]:
    labels = [(columns["now"], "now")]
    for commit in reversed(graph.main):
        x = columns[commit.hash]
        text = f"{commit.at.day} {commit.at:%b}"
        if labels[-1][0] - x >= _LABELS_APART and text != labels[-1][1]:
            labels.append((x, text))
    return labels[::-1]


def _said(commit: Commit) -> str:
    first = commit.message.partition("\n")[0]
    return f"{commit.author}: {first}, {day(commit.at)}"


def _told(graph: Graph, name: str) -> str:
    states = [work.state for lane in graph.lanes for work in lane.work]
    merged = sum(state is PullState.MERGED for state in states)
    return (
        f"Fork graph of {name}: the last {len(graph.main)} commits of main, "
        f"{len(graph.lanes)} of {graph.forks} forks, {merged} pull requests merged and "
        f"{len(states) - merged} not."
    )
