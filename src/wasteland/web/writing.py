"""
Posting an item and changing its text: one form, with a look at how its text will read.

What was typed comes back with whatever is refused; an edit of a text that somebody else has changed
meanwhile shows both, and overwrites nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..commons.data import to_data
from ..commons.operations import BY_NAME
from ..protocol import fields, words
from ..protocol.editions import edition
from ..protocol.errors import WastelandError
from ..protocol.outlines import OUTLINES
from ..protocol.records import WantedItem
from . import acting, cookies, refusals
from .looks import Field
from .refusals import Refusal
from .visits import PageRoute, Visit, Visiting
from .words import labels

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_FIELDS: Final = (
    Field("title", "Title", "line", "", (), required=True, limit=fields.TITLE_LIMIT),
    Field("description", "What is wanted, and how one knows it is done", "text"),
    Field("type", "Type", "choice", "", ("", *words.TYPES)),
    Field("priority", "Priority", "choice", "", words.PRIORITIES, value="medium"),
    Field("effort", "Effort", "choice", "", words.EFFORTS, value="medium"),
    Field("project", "Project", "line", "", limit=fields.WORD_LIMIT),
    Field("tags", "Tags", "line", limit=0),
)
_COLUMNS: Final = {"effort_level": "effort"}
_SEEN: Final = "seen"
_ASKED: Final = ("title", "type", "project", "tags")
"""What an address may fill in."""


@router.get("/{owner}/{database}/new")
def new(visit: Visiting) -> Response:
    """Show the form of a new item."""
    params = visit.request.query_params
    asked = {name: params[name] for name in _ASKED if params.get(name)}
    if outline := OUTLINES.get(asked.get("type", "")):
        asked["description"] = outline
    return _form(visit, asked, None, is_fresh=not asked)


@router.post("/{owner}/{database}/new")
def post(visit: Visiting) -> Response:
    """Put an item on the board."""
    place = visit.place
    if "preview" in visit.sent:
        return _form(visit, visit.sent, None)
    try:
        # A box that is not ticked is not sent.
        bounty = {"bounty": "on"} if visit.sent.get("bounty") else {}
        receipt = acting.carry_out(visit, BY_NAME["post"], place, **bounty)
    except WastelandError as error:
        return _form(visit, visit.sent, error)
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(f"{place.path}/wanted/{receipt.id}")


@router.post("/{owner}/{database}/new/look")
def look(visit: Visiting) -> Response:
    """Show how a text will read."""
    visit.need_form()
    visit.place  # noqa: B018  # whoever may not know of the commons is told so first
    return visit.page("writing/look.html", text=visit.sent.get("description", ""))


@router.get("/{owner}/{database}/new/similar")
def similar(visit: Visiting) -> Response:
    """Show what is on the board already that says much the same."""
    found = _similar(visit, visit.request.query_params.get("title", ""))
    return visit.page("writing/similar.html", similar=found)


@router.get("/{owner}/{database}/wanted/{item}/edit")
def edit(visit: Visiting) -> Response:
    """Show the form that changes an item's text."""
    found = visit.place.session.show(visit.part("item")).item
    return _form(visit, _stored(found), None, found, is_fresh=True)


@router.post("/{owner}/{database}/wanted/{item}/edit")
def update(visit: Visiting) -> Response:
    """Change an item's text."""
    place = visit.place
    found = place.session.show(visit.part("item")).item
    if "preview" in visit.sent:
        return _form(visit, visit.sent, None, found)
    # A field that was emptied is to be empty; left out, it would stay as it is.
    given = {field.name: visit.sent.get(field.name, "") for field in _FIELDS}
    try:
        receipt = acting.carry_out(visit, BY_NAME["update"], place, found.id, **given)
    except WastelandError as error:
        return _form(visit, visit.sent, error, found)
    cookies.give_receipt(visit, to_data(receipt))
    return visit.to(f"{place.path}/wanted/{found.id}")


def _form(
    visit: Visit,
    typed: Mapping[str, str],
    error: WastelandError | None,
    item: WantedItem | None = None,
    *,
    is_fresh: bool = False,
) -> Response:
    """
    Return the form with what was typed.

    Args:
        is_fresh: Whether nothing was typed yet, so that a draft may take its place.
    """
    refusal = refusals.told(error) if error else None
    place = visit.place
    has_preview = "preview" in typed
    return visit.page(
        "form.html",
        status=refusal.status if refusal else 200,
        fields={field.name: _shown(field, typed, refusal) for field in _FIELDS},
        typed=typed,
        item=item,
        refusal=refusal,
        both=_both(typed, item) if item and refusal and refusal.is_change else (),
        # Of what is shown now: to save again is to overwrite this, and nothing newer.
        seen=_seen(typed, item, refusal),
        preview=typed.get("description", "") if has_preview else None,
        similar=_similar(visit, typed.get("title", "")) if has_preview and not item else (),
        outlines=OUTLINES,
        is_fresh=is_fresh,
        draft=f"{place.path}/wanted/{item.id}/edit" if item else f"{place.path}/new",
        op=typed.get(acting.OP) if refusal is None and has_preview else acting.new_op(),
    )


def _seen(typed: Mapping[str, str], item: WantedItem | None, refusal: Refusal | None) -> str:
    """Return the edition that the editor has seen with this page."""
    if item is None:
        return ""
    is_told = refusal is not None and refusal.is_change
    return edition(item) if is_told else typed.get(_SEEN) or edition(item)


def _both(typed: Mapping[str, str], item: WantedItem) -> list[tuple[str, str, str]]:
    """Return where what was typed differs from what stands now: label, now, typed."""
    now = _stored(item)
    pairs = [(field.label, now[field.name], typed.get(field.name, "")) for field in _FIELDS]
    return [(label, was, mine) for label, was, mine in pairs if was.split() != mine.split()]


def _similar(visit: Visit, title: str) -> Sequence[WantedItem]:
    found: Sequence[WantedItem] = visit.place.session.similar(title)
    return found


def _shown(field: Field, typed: Mapping[str, str], refusal: Refusal | None) -> Field:
    named = _COLUMNS.get(refusal.field, refusal.field) if refusal else ""
    return replace(
        field,
        help=BY_NAME["post"].params[field.name].help,
        value=typed.get(field.name, field.value),
        error=refusal.text if refusal and named == field.name else "",
    )


def _stored(item: WantedItem) -> dict[str, str]:
    return {
        "title": item.title,
        "description": item.description or "",
        "type": item.type or "",
        "priority": words.priority_word(item.priority),
        "effort": item.effort_level or "medium",
        "project": item.project or "",
        "tags": ", ".join(labels(item.tags)),
    }
