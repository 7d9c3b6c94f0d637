"""Joining a commons: the form with which a rig registers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ..commons.data import to_data
from ..hub.tokens import Scope
from ..protocol import fields, names, words
from ..protocol.errors import WastelandError
from . import acting, cookies, refusals
from .looks import Field
from .visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)


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
