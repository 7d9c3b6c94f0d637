"""The pages below ``/explore``: the whole at a glance, every commit, the diff of two moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ...commons import commit_log, differences
from ...commons.activity import activity
from ...commons.differences import Difference
from ...engines.base import MAIN, TableDiff
from ...hub.fork_graph import graph
from ...hub.http.asked import read_cursor
from ...protocol.diff import RowChange
from ...protocol.errors import WastelandError
from ...protocol.lean import dataclass
from .. import refusals
from ..distant import DistantPlace
from ..places import Place
from ..visits import PageRoute, Visit, Visiting
from . import charts
from .graph import draw

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_NEWEST: Final = 8
_PAGE: Final = 50
_FEW: Final = 5
_LONGEST: Final = 200
_A_WEEK: Final = timedelta(days=7)
_SECRET: Final = frozenset({"token"})
"""Columns that hold what proves a claim; nobody needs to read them."""


@dataclass(frozen=True, slots=True)
class Section:
    """
    One table of a diff.

    Attributes:
        more: The address of what follows; "" where nothing does.
    """

    counts: TableDiff
    rows: Sequence[RowChange]
    first: int
    more: str


@router.get("/{owner}/{database}/explore")
def explore(visit: Visiting) -> Response:
    """Show a commons at a glance."""
    place = visit.place
    if isinstance(place, DistantPlace):
        return _elsewhere(visit, place)
    found = activity(place.session)
    forks = graph(visit.hub, place.session.repo)
    return visit.page(
        "explore/explore.html",
        graph=forks,
        drawing=draw(forks, place.name),
        activity=found,
        bars=charts.throughput(found.weeks),
        oldest=max(count for _, count in found.ages) or 1,
        glances=charts.glances(found, place.counts.get("open", 0)),
        commits=commit_log.entries(place.session, limit=_NEWEST),
        tags=place.session.engine.tags()[-_NEWEST:],
    )


@router.get("/{owner}/{database}/explore/commits")
def commits(visit: Visiting) -> Response:
    """List the commits of main, from any of them on."""
    place = visit.place
    if isinstance(place, DistantPlace):
        return _elsewhere(visit, place)
    start = visit.request.query_params.get("from", "").strip()[:_LONGEST]
    ref = place.session.ref(start or None)
    found = commit_log.entries(place.session, ref=ref, limit=_PAGE)
    return visit.page("explore/commits.html", commits=found, start=start if ref != MAIN else "")


@router.get("/{owner}/{database}/explore/diff")
def diff(visit: Visiting) -> Response:
    """Show what differs between two moments, by table."""
    place = visit.place
    if isinstance(place, DistantPlace):
        return _elsewhere(visit, place)
    asked = {
        name: visit.request.query_params.get(name, "").strip()[:_LONGEST]
        for name in ("from", "to", "table")
    }
    found, sections, refusal = None, list[Section](), None
    if asked["from"]:
        try:
            found = differences.between(place.session, asked["from"], asked["to"] or None)
            sections = _sections(visit, place, found, asked)
        except WastelandError as error:
            refusal = refusals.told(error)
    return visit.page(
        "explore/diff.html",
        status=refusal.status if refusal else 200,
        asked=asked,
        found=found,
        sections=sections,
        refusal=refusal,
        secret=_SECRET,
        week_ago=visit.hub.host.now() - _A_WEEK,
        tags=place.session.engine.tags()[-_PAGE:],
    )


def _elsewhere(visit: Visit, place: DistantPlace) -> Response:
    """Say where the history is: to read it from there would take a request for each thing."""
    return visit.page("explore/elsewhere.html", root=place.connection.root)


def _sections(
    visit: Visit, place: Place, found: Difference, asked: dict[str, str]
) -> list[Section]:
    """Return a few rows of every table that differs, or a page of the one that is asked for."""
    tables = [t for t in found.tables if not asked["table"] or t.table == asked["table"]]
    skip = read_cursor(visit.request.query_params.get("cursor")) or 0 if asked["table"] else 0
    limit = _PAGE if asked["table"] else _FEW
    path = f"{place.path}/explore/diff"
    sections = []
    for counts in tables:
        rows = differences.rows(place.session, found, counts.table, skip=skip, limit=limit)
        link = {**asked, "table": counts.table, "cursor": str(skip + len(rows))}
        has_more = skip + len(rows) < counts.rows
        sections.append(
            Section(counts, rows, skip, f"{path}?{urlencode(link)}" if has_more else "")
        )
    return sections
