"""
Earlier states: which one an address asks for, and how its pages say so.

A page of the past shows what was, takes no writes, and its links lead on within the same moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from ..commons import differences
from ..protocol.errors import Invalid, Unsupported
from ..protocol.lean import dataclass
from ..protocol.names import visible
from .distant import DistantPlace
from .places import Place
from .visits import Visit

AS_OF: Final = "as_of"
"""The parameter of an address that names a moment."""
_LONGEST: Final = 200
_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Past:
    """
    A state of a commons that pages show instead of the present one.

    Attributes:
        asked: What the address names: a date, a commit, a tag.
        commit: What main was then; ``at``, ``author`` and ``message`` are that commit's.
        now: The address of the same page as it is now.
    """

    asked: str
    commit: str
    at: datetime
    author: str
    message: str
    now: str

    @property
    def called(self) -> str:
        """What people call it: as they asked for it, but for the end of a hash."""
        return self.commit[:7] if self.asked == self.commit else self.asked

    @property
    def suffix(self) -> str:
        """What the address of another page gets, so that it shows the same moment."""
        return f"?{urlencode({AS_OF: self.asked})}"


def of(visit: Visit, place: Place) -> Past | None:
    """
    Return the moment that an address asks for; None for now.

    Raises:
        Invalid: What names it is too long for a name.
        NotFound: There is no such commit, or history begins later.
        Unsupported: The commons is on another host.
    """
    asked = visit.request.query_params.get(AS_OF, "").strip()
    if not asked:
        return None
    if isinstance(place, DistantPlace):
        raise Unsupported("Earlier states are shown where the commons is kept.", field=AS_OF)
    if len(asked) > _LONGEST:
        raise Invalid(f"{visible(asked[:_TOLD])}… names no moment.", field=AS_OF)
    found = differences.point(place.session, asked)
    rest = [(k, v) for k, v in visit.request.query_params.multi_items() if k != AS_OF]
    path = visit.request.url.path
    return Past(
        asked=asked,
        commit=found.commit,
        at=found.at,
        author=found.author,
        message=found.message,
        now=f"{path}?{urlencode(rest)}" if rest else path,
    )
