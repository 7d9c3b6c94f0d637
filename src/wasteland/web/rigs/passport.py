"""A rig's page: passport, stamps, work, standing, and the forms of those who look after it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons import queries
from ...commons.data import to_data
from ...commons.operations import BY_NAME
from ...commons.rigs import RigSheet
from ...protocol import ladder
from ...protocol.errors import Invalid, WastelandError
from ...protocol.lean import dataclass
from ...protocol.names import visible
from ...protocol.policy import Action
from ...protocol.records import Badge, Completion, Rig, Stamp, WantedItem
from ...protocol.roles import TRUST_WORDS, authorize, need_say_over
from .. import acting, cookies, ink, refusals
from ..moderation.desk import SCOPES
from ..places import Place
from ..visits import PageRoute, Visit, Visiting
from ..words import labels, stamped

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MOST_INK: Final = 11  # with the stamp of entry, twelve on a page
_MOST_BADGES: Final = 4
_LINE: Final = 120
_WORD: Final = 10
_CARING: Final = (Action.TRUST, Action.MODERATE)


@dataclass(frozen=True, slots=True)
class Marked:
    """A stamp, drawn; ``item`` is what it is about, where that can be found."""

    stamp: Stamp
    mark: ink.Mark
    item: WantedItem | None


@dataclass(frozen=True, slots=True)
class Care:
    """
    What the visitor may do to look after the rig.

    Attributes:
        not_trusting: Why its trust is not the visitor's to change; "" where it is.
        not_moderating: Why the visitor does not decide about it; "" where it does.
        levels: The levels that the visitor can give.
    """

    not_trusting: str
    not_moderating: str
    levels: Sequence[int]

    @property
    def is_any(self) -> bool:
        """Whether there is anything that the visitor may do."""
        return not (self.not_trusting and self.not_moderating)


@router.get("/{owner}/{database}/rigs/{handle}")
def passport(visit: Visiting) -> Response:
    """Show a rig."""
    return _page(visit)


@router.post("/{owner}/{database}/rigs/{handle}/trust")
def trust(visit: Visiting) -> Response:
    """Change a rig's trust, and say why."""
    place, handle, level = visit.place, visit.part("handle"), visit.sent.get("level", "")
    try:
        if level not in {str(number) for number in range(len(TRUST_WORDS))}:
            raise Invalid(f"Trust is 0 to 3, not {visible(level) or 'nothing'}.", field="level")
        receipt = acting.carry_out(visit, BY_NAME["rig trust"], place, handle, level=int(level))
    except WastelandError as error:
        return _page(visit, error)
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(f"{place.path}/rigs/{handle}")


def _page(visit: Visit, error: WastelandError | None = None) -> Response:
    place = visit.place
    sheet = place.session.rig(visit.part("handle"))
    refusal = refusals.told(error) if error else None
    items = _items(place, sheet)
    badges = sheet.badges[:_MOST_BADGES]
    rungs = ladder.rungs(place.session.policy())
    return visit.page(
        "rigs/passport.html",
        status=refusal.status if refusal else 200,
        sheet=sheet,
        received=[
            _marked(place, stamp, items) for stamp in sheet.stamps[: _MOST_INK - len(badges)]
        ],
        given=[_marked(place, stamp, items) for stamp in sheet.given],
        badges=[(badge, _badge_mark(badge)) for badge in badges],
        skills=Counter(tag for stamp in sheet.stamps for tag in labels(stamp.skill_tags)),
        items=items,
        trust_words=TRUST_WORDS,
        rungs=rungs,
        following=rungs[sheet.rig.trust + 1] if sheet.rig.trust + 1 < len(rungs) else None,
        is_stated=place.session.policy().is_stated,
        giver=place.session.policy().text(Action.TRUST),
        care=_care(place, sheet),
        scopes=SCOPES,
        lines=machine_lines(place.name, sheet),
        entered=_entry(sheet),
        refusal=refusal,
        typed=defaultdict(str, visit.sent),
        nothing=defaultdict(str),
        op=acting.new_op(),
    )


def machine_lines(commons: str, sheet: RigSheet) -> Sequence[str]:
    """Return the two machine-readable lines of a passport, made of its fields."""
    rig = sheet.rig
    first = ["R", _plain(commons), "", _plain(rig.handle), "", _plain(rig.rig_type)]
    if rig.parent_rig:
        first += ["", "PARENT", _plain(rig.parent_rig)]
    second = [f"TRUST{rig.trust}", "", f"DONE{sheet.counts.get('done', 0):04}", ""]
    second += [f"STAMPS{sheet.counts.get('stamps', 0):04}", ""]
    if rig.registered_at:
        second += [f"{rig.registered_at:SINCE%y%m%d}", ""]
    return ["<".join(line)[:_LINE].ljust(_LINE, "<") for line in (first, second)]


def _items(place: Place, sheet: RigSheet) -> dict[str, WantedItem]:
    """Return completion id -> the item that it is about, of all that the page names."""
    query = place.session.main()
    found: dict[str, WantedItem] = {}
    about = [stamp.context_id for stamp in sheet.given if stamp.context_id]
    named = [c for i in about if (c := queries.one(query, Completion, i))]
    for completion in (*sheet.completions, *named):
        if item := queries.one(query, WantedItem, completion.wanted_id or ""):
            found[completion.id] = item
    return found


def _marked(place: Place, stamp: Stamp, items: dict[str, WantedItem]) -> Marked:
    return Marked(stamp, ink.of(stamp, place.title, place.scale), items.get(stamp.context_id or ""))


def _badge_mark(badge: Badge) -> ink.Mark:
    word = (badge.badge_type or "badge").replace("-", "_").upper()
    return ink.Mark(
        shape="leaf",
        colour="rust",
        word=word.partition("_")[0][:_WORD],
        rim=f"{word.replace('_', ' ')[:24]} · ",
        date=stamped(badge.awarded_at),
        tilt=ink.tilt(badge.id),
    )


def _entry(sheet: RigSheet) -> ink.Mark:
    is_held = bool(sheet.suspensions)
    return ink.Mark(
        shape="branch",
        colour="bad" if is_held else "rust",
        word="SUSPENDED" if is_held else TRUST_WORDS[sheet.rig.trust].upper(),
        rim="HELD" if is_held else "ENTERED",
        date=stamped(sheet.suspensions[0].created_at if is_held else sheet.rig.registered_at),
        tilt=ink.tilt(sheet.rig.handle),
    )


def _care(place: Place, sheet: RigSheet) -> Care:
    if not (place.me.registered and place.may_write):
        return Care("sign in", "sign in", ())
    me = place.session.actor()
    levels = [level for level in range(len(TRUST_WORDS)) if level <= me.trust]
    closed = {action: _closed(place, action, sheet.rig) for action in _CARING}
    return Care(closed[Action.TRUST], closed[Action.MODERATE], levels)


def _closed(place: Place, action: Action, rig: Rig) -> str:
    """Return why the visitor does not decide about a rig; "" where it does."""
    me = place.session.actor()
    try:
        authorize(action, me, place.session.policy())
        need_say_over(me, rig)
    except WastelandError as error:
        return error.message
    return ""


def _plain(text: str | None) -> str:
    upper = (text or "").upper()
    return "".join(c if c.isascii() and c.isalnum() else "<" for c in upper)
