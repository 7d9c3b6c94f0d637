"""What a board's address asks for, and the addresses of other views of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from ...commons.listing import LIVE, Filters
from ...commons.operations import BY_NAME
from ...hub.api import answers
from ...protocol import words
from ...protocol.lean import dataclass
from ..past import AS_OF
from ..visits import Visit

TABS: Final = (
    ("all", "Everything"),
    (LIVE, "Live"),
    ("open", "Open"),
    ("claimed", "Claimed"),
    ("in_review", "In review"),
    ("completed", "Completed"),
    ("withdrawn", "Withdrawn"),
)
SORTS: Final = {"priority": "Most urgent first", "newest": "Newest first", "alpha": "By title"}
CHOICES: Final = {
    "type": ("type", words.TYPES),
    "priority": ("priority", words.PRIORITIES),
    "effort": ("effort", words.EFFORTS),
}
TYPED: Final = {
    "project": "project",
    "tag": "tag",
    "posted_by": "poster",
    "claimed_by": "claimer",
}
CARDS: Final = "cards"
_LONGEST: Final = 1000
_LONGEST_CURSOR: Final = 4096
_NARROWING: Final = (*CHOICES, *TYPED, "search")
NAMES: Final = ("status", *_NARROWING, "sort", "shape", AS_OF)
_LABELS: Final = {name: found[0] for name, found in CHOICES.items()} | TYPED | {"search": "text"}
_TAG: Final = "tag"


@dataclass(frozen=True, slots=True)
class Query:
    """
    What a board's address asks for.

    Attributes:
        path: Of the board.
        asked: Filter -> value; only those that are set. Several tags are joined by commas.
        cursor: Where the page begins, as the address says it; "" for the beginning.
    """

    path: str
    asked: Mapping[str, str]
    cursor: str = ""

    @classmethod
    def of(cls, visit: Visit, path: str) -> Query:
        """Return what the address of a request asks for."""
        params = visit.request.query_params
        found = {name: params.get(name, "").strip()[: _LONGEST + 1] for name in NAMES}
        found[_TAG] = ",".join(filter(None, map(str.strip, params.getlist(_TAG))))[: _LONGEST + 1]
        asked = {name: value for name, value in found.items() if value}
        return cls(path, asked, params.get("cursor", "")[: _LONGEST_CURSOR + 1])

    def value(self, name: str) -> str:
        """Return a filter's value; "" where it is not set."""
        return self.asked.get(name, "")

    @property
    def status(self) -> str:
        """The tab: open unless another is asked for, everything of a claimer."""
        return self.asked.get("status") or ("all" if self.value("claimed_by") else "open")

    @property
    def has_cards(self) -> bool:
        """Whether items are shown as cards, not as rows."""
        return self.value("shape") == CARDS

    @property
    def inputs(self) -> dict[str, Any]:
        """What the operation that lists the board is given."""
        takes = BY_NAME["browse"].params
        return {name: value for name, value in self.asked.items() if name in takes}

    @property
    def after(self) -> str:
        """
        What the page's rows come after; "" for the first page.

        Raises:
            Invalid: No page of ours named it.
        """
        return answers.decoded(self.cursor)

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """The filters that narrow the view: label, value, the address without it."""
        return [
            (_LABELS[name], value, self.link(**{name: rest}))
            for name in _NARROWING
            if name in self.asked
            for value, rest in self._parts(name)
        ]

    def filters(self) -> Filters:
        """
        Return which items the view shows and in which order.

        Raises:
            Invalid: No item could match.
        """
        return Filters.checked(
            status=self.status,
            priority=self.value("priority") or None,
            effort=self.value("effort"),
            sort=self.value("sort") or "priority",
            limit=1,
            project=self.value("project"),
            type=self.value("type"),
            tag=self.value("tag"),
            posted_by=self.value("posted_by"),
            claimed_by=self.value("claimed_by"),
            text=self.value("search"),
        )

    def link(self, **changes: str) -> str:
        """Return the address of the same view with other filters, from its first page."""
        return self._address(self.path, {**self.asked, **changes})

    def page_after(self, place: str) -> str:
        """Return the address of the page whose rows come after that place of the listing."""
        return self._address(self.path, {**self.asked, "cursor": answers.encoded(place)})

    def live(self, *, known: str, until: str) -> str:
        """
        Return the address that tells what changes in this page of the view.

        Args:
            known: The commit of main that the page shows.
            until: Where the page ends; "" where it is the last.
        """
        more = {"cursor": self.cursor, "after": known, "until": answers.encoded(until)}
        return self._address(f"{self.path}/live", {**self.asked, **more})

    def _parts(self, name: str) -> list[tuple[str, str]]:
        """Return each value of a filter with what stays when it is dropped."""
        values = self.asked[name].split(",") if name == _TAG else [self.asked[name]]
        return [(value, ",".join(other for other in values if other != value)) for value in values]

    @staticmethod
    def _address(path: str, values: Mapping[str, str]) -> str:
        names = (*NAMES, "cursor", "after", "until")
        text = urlencode({name: values[name] for name in names if values.get(name)})
        return f"{path}?{text}" if text else path
