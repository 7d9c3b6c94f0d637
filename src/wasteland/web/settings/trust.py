"""Rigs: the table in which owners look after them, and their trust."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...hub.tokens import Scope
from ...protocol.errors import Invalid, WastelandError
from ...protocol.names import visible
from ...protocol.policy import Action
from ...protocol.roles import TRUST_WORDS
from .. import acting
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_LISTED: Final = 200


@router.get(f"{BASE}/rigs")
def rigs(visit: Visiting) -> Response:
    """List the rigs with their trust."""
    return _rigs(visit)


@router.post(f"{BASE}/rigs/{{handle}}/trust")
def trust(visit: Visiting) -> Response:
    """Change a rig's trust."""
    place, level = visit.place, visit.sent.get("level", "")
    try:
        visit.need_form()
        visit.caller.need_scope(Scope.WRITE)
        if level not in {str(number) for number in range(len(TRUST_WORDS))}:
            raise Invalid(f"Trust is 0 to 3, not {visible(level) or 'nothing'}.", field="level")
        receipt = place.session.trust(visit.part("handle"), int(level), op_id=acting.op_id(visit))
    except WastelandError as error:
        return _rigs(visit, error)
    return shell.done(visit, "rigs", receipt)


def _rigs(visit: Visit, error: WastelandError | None = None) -> Response:
    sought = visit.request.query_params.get("find", "")[:255]
    session = visit.place.session
    found = session.rigs(limit=_LISTED, search=sought)
    return shell.show(
        visit,
        "rigs",
        error=error,
        rigs=found,
        sought=sought,
        is_cut=len(found) == _LISTED,
        trust_words=TRUST_WORDS,
        not_trusting=shell.why_not(visit, Action.TRUST),
    )
