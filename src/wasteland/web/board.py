"""The board: which items are shown, in which order, and the addresses of other views of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ..commons.operations import BY_NAME
from ..hub.http.asked import read_cursor
from ..protocol import words
from ..protocol.errors import Invalid
from ..protocol.lean import dataclass
from . import refusals
from .visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE: Final = 50
_LONGEST: Final = 1000
_MOST_SKIPPED: Final = 50_000
_TABS: Final = (
    ("open", "Open"),
    ("claimed", "Claimed"),
    ("in_review", "In review"),
    ("completed", "Completed"),
    ("withdrawn", "Withdrawn"),
    ("all", "Everything"),
)
_SORTS: Final = {"priority": "Most urgent first", "newest": "Newest first", "alpha": "By title"}
_CHOICES: Final = {
    "type": ("type", words.TYPES),
    "priority": ("priority", words.PRIORITIES),
    "effort": ("effort", words.EFFORTS),
}
_TYPED: Final = {
    "project": "project",
    "tag": "tag",
    "posted_by": "poster",
    "claimed_by": "claimer",
}
NARROWING: Final = (*_CHOICES, *_TYPED, "search")
_NAMES: Final = ("status", *NARROWING, "sort")


@dataclass(frozen=True, slots=True)
class Query:
    """
    What a board's address asks for.

    Attributes:
        path: Of the board.
        asked: Filter -> value; only those that are set.
    """

    path: str
    asked: Mapping[str, str]

    def value(self, name: str) -> str:
        """Return a filter's value; "" where it is not set."""
        return self.asked.get(name, "")

    @property
    def status(self) -> str:
        """The tab: open unless another is asked for, everything of a claimer."""
        return self.asked.get("status") or ("all" if self.value("claimed_by") else "open")

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """The filters that narrow the view: label, value, the address without it."""
        labels = {name: found[0] for name, found in _CHOICES.items()} | _TYPED | {"search": "text"}
        return [
            (labels[name], self.asked[name], self.link(**{name: ""}))
            for name in NARROWING
            if name in self.asked
        ]

    def link(self, **changes: str) -> str:
        """Return the address of the same view with other filters, from its first page."""
        found = {**self.asked, **changes}
        text = urlencode({name: found[name] for name in (*_NAMES, "cursor") if found.get(name)})
        return f"{self.path}?{text}" if text else self.path


@router.get("/{owner}/{database}")
def board(visit: Visiting) -> Response:
    """Show the board."""
    place = visit.place
    query = _query(visit, place.path)
    start, refusal = 0, None
    try:
        start = _start(visit)
        rows = place.session.browse(**_inputs(query), limit=start + PAGE + 1)[start:]
    except Invalid as error:
        rows, refusal = [], refusals.told(error)
    return visit.page(
        "board.html",
        status=refusal.status if refusal else 200,
        query=query,
        rows=rows[:PAGE],
        more=query.link(cursor=str(start + PAGE)) if len(rows) > PAGE else "",
        first=query.link() if start else "",
        total=sum(place.counts.values()),
        tabs=[(word, label, _count(place.counts, word)) for word, label in _TABS],
        sorts=_SORTS,
        choices=_CHOICES,
        typed=_TYPED,
        refusal=refusal,
    )


def _query(visit: Visit, path: str) -> Query:
    params = visit.request.query_params
    found = {name: params.get(name, "").strip()[: _LONGEST + 1] for name in _NAMES}
    return Query(path, {name: value for name, value in found.items() if value})


def _inputs(query: Query) -> dict[str, Any]:
    takes = BY_NAME["browse"].params
    return {name: value for name, value in query.asked.items() if name in takes}


def _start(visit: Visit) -> int:
    start = read_cursor(visit.request.query_params.get("cursor")) or 0
    if start > _MOST_SKIPPED:
        raise Invalid("Nobody reads that far: narrow the view.", field="cursor", value=start)
    return start


def _count(counts: Mapping[str, int], word: str) -> int:
    return sum(counts.values()) if word == "all" else counts.get(word, 0)
