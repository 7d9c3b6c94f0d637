"""Making a commons: one form, and the board it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..hub import founding
from ..hub.tokens import Scope
from ..protocol import fields
from ..protocol.errors import WastelandError
from ..protocol.names import HANDLE_RULE, NAME_RULE, is_handle
from . import refusals
from .looks import Field
from .visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PART_LIMIT: Final = 64
_FIELDS: Final = {
    field.name: field
    for field in (
        Field("owner", "Owner", "choice", required=True),
        Field("name", "Name in its address", "line", NAME_RULE, required=True, limit=_PART_LIMIT),
        Field("title", "Name for people", "line", "optional", limit=fields.NAME_LIMIT),
        Field("description", "What it is for", "text", "shown where commons are listed"),
        Field("rules_of", "Rules of another commons", "line", "owner/name, instead of a preset"),
        Field("handle", "Handle of your rig", "line", HANDLE_RULE, required=True, limit=64),
        Field("display_name", "Name of your rig", "line", "optional", limit=fields.NAME_LIMIT),
    )
}
_USUAL: Final = {"visibility": "public", "policy": "open", "template": "empty"}
_NAMED: Final = {"commons": "name", "wasteland_name": "title"}


@router.get("/-/new")
def new(visit: Visiting) -> Response:
    """Show the form of a new commons."""
    return _form(visit, None)


@router.post("/-/new")
def create(visit: Visiting) -> Response:
    """Make a commons, and lead to its board."""
    sent = visit.sent
    try:
        visit.need_form()
        made = founding.create(
            visit.hub,
            visit.caller,
            founding.Wishes(
                owner=sent.get("owner", ""),
                name=sent.get("name", "").strip(),
                handle=sent.get("handle", "").strip(),
                title=sent.get("title", ""),
                description=sent.get("description", ""),
                display_name=sent.get("display_name", ""),
                preset=sent.get("policy", ""),
                visibility=sent.get("visibility", ""),
                template=sent.get("template", ""),
                rules_of=sent.get("rules_of", "").strip(),
            ),
        )
    except WastelandError as error:
        return _form(visit, error)
    return visit.to(f"/{made.repo}")


def namespaces(visit: Visit) -> Sequence[str]:
    """Return what the visitor may own commons under, its own name first."""
    account = visit.caller.account
    owned = visit.hub.accounts.organisations(account)
    return (account, *sorted(name for name, owns in owned.items() if owns))


def _form(visit: Visit, error: WastelandError | None) -> Response:
    visit.caller.need_account()
    if error is None:
        visit.caller.need_scope(Scope.WRITE)
        visit.caller.need_whole_account()
    refusal = refusals.told(error) if error else None
    owners = namespaces(visit)
    handle = visit.caller.account.lower()
    usual = _USUAL | {"owner": owners[0], "handle": handle if is_handle(handle) else ""}
    typed = {**usual, **visit.sent}
    at = _NAMED.get(refusal.field, refusal.field) if refusal else ""
    if refusal and refusal.is_change and not at:
        at = "name"
    return visit.page(
        "commons/new.html",
        status=refusal.status if refusal else 200,
        fields={
            name: _filled(field, typed, refusal if at == name else None, owners)
            for name, field in _FIELDS.items()
        },
        typed=typed,
        refusal=refusal,
    )


def _filled(
    field: Field,
    typed: dict[str, str],
    refusal: refusals.Refusal | None,
    owners: Sequence[str],
) -> Field:
    return Field(
        name=field.name,
        label=field.label,
        kind=field.kind,
        help=field.help,
        words=tuple(owners) if field.name == "owner" else (),
        required=field.required,
        limit=field.limit,
        value=typed.get(field.name, ""),
        error=refusal.text if refusal else "",
    )
