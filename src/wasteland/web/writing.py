"""Posting an item and changing its text: one form, with a look at how its text will read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..commons.data import to_data
from ..commons.operations import BY_NAME
from ..protocol import fields, words
from ..protocol.errors import WastelandError
from ..protocol.records import WantedItem
from . import acting, cookies, refusals
from .looks import Field
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
    Field("tags", "Tags", "line"),
)
_COLUMNS: Final = {"effort_level": "effort"}


@router.get("/{owner}/{database}/new")
def new(visit: Visiting) -> Response:
    """Show the form of a new item."""
    return _form(visit, {}, None)


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


@router.get("/{owner}/{database}/wanted/{item}/edit")
def edit(visit: Visiting) -> Response:
    """Show the form that changes an item's text."""
    found = visit.place.session.show(visit.part("item")).item
    return _form(visit, _stored(found), None, found)


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
) -> Response:
    refusal = refusals.told(error) if error else None
    visit.place  # noqa: B018  # whoever may not know of the commons is told so first
    shown = {field.name: _shown(field, typed, refusal) for field in _FIELDS}
    return visit.page(
        "form.html",
        status=refusal.status if refusal else 200,
        fields=shown,
        typed=typed,
        item=item,
        refusal=refusal,
        preview=typed.get("description", "") if "preview" in typed else None,
        op=typed.get(acting.OP) if refusal is None and "preview" in typed else acting.new_op(),
    )


def _shown(field: Field, typed: Mapping[str, str], refusal: refusals.Refusal | None) -> Field:
    named = _COLUMNS.get(refusal.field, refusal.field) if refusal else ""
    return Field(
        name=field.name,
        label=field.label,
        kind=field.kind,
        help=BY_NAME["post"].params[field.name].help,
        words=field.words,
        required=field.required,
        limit=field.limit,
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
