"""Making a commons: one form, and the board it leads to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..hub import founding
from ..hub.tokens import Scope
from ..protocol import fields
from ..protocol.errors import Conflict, WastelandError
from ..protocol.names import HANDLE_RULE, NAME_RULE, is_handle
from . import acting, refusals
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
_USUAL: Final = {"visibility": "public", "policy": "open", "template": "empty", "mode": "pr"}
_NAMED: Final = {"commons": "name", "wasteland_name": "title"}
_MOST_ATTEMPTS: Final = 1000
_attempts: Final[OrderedDict[str, str]] = OrderedDict()
_lock: Final = threading.Lock()


@router.get("/-/new")
def new(visit: Visiting) -> Response:
    """Show the form of a new commons."""
    return _form(visit, None)


@router.post("/-/new")
def create(visit: Visiting) -> Response:
    """Make a commons, and lead to its board; sent twice, a form makes one."""
    wishes = _wishes(visit)
    path, is_again = f"/{wishes.owner}/{wishes.name}", False
    try:
        visit.need_form()
        is_again = _is_again(acting.op_id(visit), path)
        made = founding.create(visit.hub, visit.caller, wishes)
    except Conflict as error:
        return visit.to(path) if is_again else _form(visit, error)
    except WastelandError as error:
        return _form(visit, error)
    return visit.to(f"/{made.repo}")


def _wishes(visit: Visit) -> founding.Wishes:
    sent = visit.sent
    return founding.Wishes(
        owner=sent.get("owner", ""),
        name=sent.get("name", "").strip(),
        handle=sent.get("handle", "").strip(),
        title=sent.get("title", ""),
        description=sent.get("description", ""),
        display_name=sent.get("display_name", ""),
        preset=sent.get("policy", ""),
        mode=sent.get("mode", "pr"),
        visibility=sent.get("visibility", ""),
        template=sent.get("template", ""),
        rules_of=sent.get("rules_of", "").strip(),
    )


def _is_again(op_id: str | None, path: str) -> bool:
    """Note an attempt; return whether the same form was sent before to make the same."""
    if op_id is None:
        return False
    with _lock:
        before = _attempts.pop(op_id, "")
        _attempts[op_id] = path
        while len(_attempts) > _MOST_ATTEMPTS:
            _attempts.popitem(last=False)
    return before == path


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
        op=acting.new_op(),
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
