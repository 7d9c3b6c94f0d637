"""The drawer: a rig's history beside the desk, which keeps its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...commons import queries
from ...commons.rig_history import RigHistory, history_of
from ...commons.rigs import RigSheet
from ...protocol.lean import dataclass
from ...protocol.records import Stamp, WantedItem
from ...protocol.roles import TRUST_WORDS
from .. import ink
from ..visits import Visit

_LAST: Final = 4
_WIDTH: Final = 150
_HEIGHT: Final = 22
_TOP: Final = 2


@dataclass(frozen=True, slots=True)
class Given:
    """A stamp that the rig got; ``item`` is what it is about, where that can be found."""

    stamp: Stamp
    mark: ink.Mark
    item: WantedItem | None


@dataclass(frozen=True, slots=True)
class Drawer:
    """
    What the drawer shows.

    Attributes:
        trust: In words.
        line: The path of the small chart of its weeks.
        stamps: The last ones.
    """

    sheet: RigSheet
    history: RigHistory
    trust: str
    line: str
    stamps: Sequence[Given]


def drawn(visit: Visit) -> Drawer | None:
    """
    Return the drawer of the rig that the address names; None where it names none.

    Raises:
        NotFound: There is no such rig.
    """
    handle = visit.request.query_params.get("rig", "")
    if not handle:
        return None
    place = visit.place
    sheet = place.session.rig(handle)
    history = history_of(place.session, handle, sheet.rig.dolthub_org)
    about = {each.id: each.wanted_id or "" for each in sheet.completions}
    items = queries.records(place.session.main(), WantedItem, set(about.values()) - {""})
    return Drawer(
        sheet=sheet,
        history=history,
        trust=TRUST_WORDS[sheet.rig.trust],
        line=_line(history.weeks),
        stamps=[
            Given(
                stamp,
                ink.of(stamp, place.title, place.scale),
                items.get(about.get(stamp.context_id or "", "")),
            )
            for stamp in sheet.stamps[:_LAST]
        ],
    )


def _line(weeks: Sequence[int]) -> str:
    most = max([*weeks, 1])
    step = _WIDTH / max(len(weeks) - 1, 1)
    points = [
        f"{n * step:.1f} {_HEIGHT - 1 - count / most * (_HEIGHT - 1 - _TOP):.1f}"
        for n, count in enumerate(weeks)
    ]
    return "M" + "L".join(points)
