"""General settings: name, description, who sees the commons, mode."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons import queries
from ...commons.receipts import Receipt
from ...hub import members, repositories
from ...hub.catalog import Visibility
from ...hub.tokens import Scope
from ...protocol import fields, policy
from ...protocol.errors import WastelandError
from ...protocol.policy import Action
from .. import acting
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE, HERE

router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=[HERE])

_STATED: Final = {"name": policy.NAME_KEY, "mode": "mode"}


@router.get(BASE)
@router.get(f"{BASE}/general")
def general(visit: Visiting) -> Response:
    """Show name, description, visibility and mode."""
    return _page(visit)


@router.post(f"{BASE}/general")
def save(visit: Visiting) -> Response:
    """Change them: what main states in one commit, what the hub keeps besides."""
    place = visit.place
    try:
        visit.need_form()
        receipt = _save(visit)
    except WastelandError as error:
        return _page(visit, error)
    return shell.done(visit, "general", receipt or "Settings", "" if receipt else place.name)


def _save(visit: Visit) -> Receipt | None:
    place, repo = visit.place, visit.place.session.repo
    known = _known(visit)
    # Browsers send the ends of lines as CRLF.
    sent = {name: text.replace("\r\n", "\n").strip() for name, text in visit.sent.items()}
    given = {name: sent.get(name, known[name]) for name in known}
    changed = {name for name in known if given[name] != known[name]}
    kept = changed & {"description", "visibility"}
    if kept or not changed:
        members.need_owner(visit.hub, visit.caller, repo)
        Visibility.parse(given["visibility"])
        fields.description(given["description"])
    receipt = None
    if stated := {rule: given[name] for name, rule in _STATED.items() if name in changed}:
        visit.caller.need_scope(Scope.WRITE)
        receipt = place.session.set_rules(stated, op_id=acting.op_id(visit))
    if kept:
        repositories.change(
            visit.hub, visit.caller, repo, **{name: given[name] for name in sorted(kept)}
        )
    return receipt


def _known(visit: Visit) -> dict[str, str]:
    session = visit.place.session
    entry = visit.hub.catalog.entry(session.repo)
    meta = queries.meta(session.main())
    return {
        "name": meta.get(policy.NAME_KEY) or "",
        "description": entry.description,
        "visibility": entry.visibility.value,
        "mode": session.policy().mode,
    }


def _page(visit: Visit, error: WastelandError | None = None) -> Response:
    known = _known(visit)
    return shell.show(
        visit,
        "general",
        error=error,
        values=known | {name: visit.sent[name] for name in known if name in visit.sent},
        not_governing=shell.why_not(visit, Action.POLICY),
        name_limit=fields.NAME_LIMIT,
    )
