"""Rigs: their directory, a rig's passport, and joining a commons with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..commons import queries
from ..commons.data import to_data
from ..commons.rigs import RigSheet
from ..hub.tokens import Scope
from ..protocol import fields, names, words
from ..protocol.errors import WastelandError
from ..protocol.lean import dataclass
from ..protocol.records import Stamp, WantedItem
from ..protocol.roles import TRUST_WORDS
from . import acting, cookies, ink, refusals
from .looks import Field
from .visits import PageRoute, Visit, Visiting
from .words import stamped

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_LISTED: Final = 500
_MOST_STAMPS: Final = 11  # with the one of entry, twelve on a page
_LINE: Final = 120


@dataclass(frozen=True, slots=True)
class Given:
    """A stamp in a rig's passbook; ``item`` is what it is about, where that can be found."""

    stamp: Stamp
    mark: ink.Mark
    item: WantedItem | None


@router.get("/{owner}/{database}/rigs")
def directory(visit: Visiting) -> Response:
    """List the rigs of a commons."""
    rigs = visit.place.session.rigs(limit=_LISTED)
    return visit.page("rigs.html", rigs=rigs, trust_words=TRUST_WORDS, is_cut=len(rigs) == _LISTED)


@router.get("/{owner}/{database}/rigs/{handle}")
def passport(visit: Visiting) -> Response:
    """Show a rig."""
    place = visit.place
    sheet = place.session.rig(visit.part("handle"))
    query = place.session.main()
    titles = {
        completion.id: queries.one(query, WantedItem, completion.wanted_id or "")
        for completion in sheet.completions
    }
    stamps = [
        Given(stamp, ink.of(stamp, place.title, place.scale), titles.get(stamp.context_id or ""))
        for stamp in sheet.stamps[:_MOST_STAMPS]
    ]
    return visit.page(
        "rig.html",
        sheet=sheet,
        given=stamps,
        items=titles,
        trust_words=TRUST_WORDS,
        lines=machine_lines(place.name, sheet),
        entered=ink.Mark(
            shape="branch",
            colour="rust",
            word=TRUST_WORDS[sheet.rig.trust].upper(),
            rim="ENTERED",
            date=stamped(sheet.rig.registered_at),
            tilt=ink.tilt(sheet.rig.handle),
        ),
    )


@router.get("/{owner}/{database}/join")
def join(visit: Visiting) -> Response:
    """Show the form with which a rig registers."""
    return _form(visit, None)


@router.post("/{owner}/{database}/join")
def register(visit: Visiting) -> Response:
    """Register a rig of the visitor's account."""
    place = visit.place
    sent = visit.sent
    try:
        visit.need_form()
        visit.caller.need_scope(Scope.WRITE)
        handle = names.check_handle(sent.get("handle", "").strip())
        receipt = visit.seated(handle).register(
            display_name=sent.get("display_name", ""),
            rig_type=sent.get("rig_type", "human"),
            parent=sent.get("parent", "").strip().lower(),
            op_id=acting.op_id(visit),
        )
        place.joined(handle)
    except WastelandError as error:
        return _form(visit, error)
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(place.path)


def machine_lines(commons: str, sheet: RigSheet) -> Sequence[str]:
    """Return the two machine-readable lines of a passport, made of its fields."""
    rig = sheet.rig
    first = ["R", _plain(commons), "", _plain(rig.handle), "", _plain(rig.rig_type)]
    if rig.parent_rig:
        first += ["", "PARENT", _plain(rig.parent_rig)]
    second = [f"TRUST{rig.trust}", "", f"DONE{len(sheet.completions):04}", ""]
    second += [f"STAMPS{len(sheet.stamps):04}", ""]
    if rig.registered_at:
        second += [f"{rig.registered_at:SINCE%y%m%d}", ""]
    return ["<".join(line)[:_LINE].ljust(_LINE, "<") for line in (first, second)]


def _form(visit: Visit, error: WastelandError | None) -> Response:
    visit.place  # noqa: B018  # whoever may not know of the commons is told so first
    visit.caller.need_account()
    own = visit.own_rigs()
    refusal = refusals.told(error) if error else None
    suggested = visit.caller.account.lower()
    shown = [
        Field("handle", "Handle", "line", names.HANDLE_RULE, (), required=True, limit=64),
        Field("display_name", "Name for people", "line", "optional", limit=fields.NAME_LIMIT),
        Field("rig_type", "Kind", "choice", "", words.RIG_TYPES, value="human"),
    ]
    if own:
        answers = tuple(rig.handle for rig in own)
        shown.append(Field("parent", "Answers to", "choice", "", ("", *answers)))
    usual = {"handle": suggested, "rig_type": "human"}
    if own or not names.is_handle(suggested):
        usual = {"handle": "", "rig_type": "agent" if own else "human"}
    return visit.page(
        "join.html",
        status=refusal.status if refusal else 200,
        own=own,
        fields=[_filled(field, visit, usual, refusal) for field in shown],
        refusal=refusal,
        op=acting.new_op(),
    )


def _filled(
    field: Field, visit: Visit, usual: dict[str, str], refusal: refusals.Refusal | None
) -> Field:
    return Field(
        name=field.name,
        label=field.label,
        kind=field.kind,
        help=field.help,
        words=field.words,
        required=field.required,
        limit=field.limit,
        value=visit.sent.get(field.name, usual.get(field.name, "")),
        error=refusal.text if refusal and refusal.field == field.name else "",
    )


def _plain(text: str | None) -> str:
    upper = (text or "").upper()
    return "".join(c if c.isascii() and c.isalnum() else "<" for c in upper)
