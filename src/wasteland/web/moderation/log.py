"""The log of moderation as members read it: filtered, in pages, with its chain checked."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ...protocol.errors import Invalid
from ...protocol.moderation import Deed
from ..visits import PageRoute, Visit, Visiting

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE: Final = 50
_LONGEST: Final = 255
_TOLD: Final = {
    Deed.REPORT: "reported",
    Deed.SUSPEND: "suspended",
    Deed.RESTORE: "restored",
    Deed.APPEAL: "appealed",
    Deed.ANSWER: "answered",
    Deed.BLOCK: "blocked",
    Deed.UNBLOCK: "let in again",
    Deed.TRUST: "set trust",
    Deed.WITHDRAW: "withdrew",
    Deed.UNCLAIM: "ended the claim",
}
STATES: Final = {
    Deed.REPORT: "warn",
    Deed.SUSPEND: "bad",
    Deed.RESTORE: "ok",
    Deed.APPEAL: "in_review",
    Deed.BLOCK: "bad",
    Deed.UNBLOCK: "ok",
    Deed.WITHDRAW: "withdrawn",
    Deed.UNCLAIM: "withdrawn",
}


@router.get("/{owner}/{database}/audit")
def log(visit: Visiting) -> Response:
    """Show the log."""
    place = visit.place
    asked = {name: _param(visit, name) for name in ("action", "rig")}
    before = _number(visit)
    found = place.session.audit(**asked, before=before, limit=PAGE)
    more = {**asked, "before": str(found.next)} if found.next else None
    return visit.page(
        "moderation/audit.html",
        log=found,
        asked=asked,
        told=_TOLD,
        states=STATES,
        newest=_link(place.path, asked) if before else "",
        earlier=_link(place.path, more) if more else "",
    )


def _param(visit: Visit, name: str) -> str:
    return visit.request.query_params.get(name, "").strip()[:_LONGEST]


def _number(visit: Visit) -> int:
    text = _param(visit, "before") or "0"
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise Invalid("That page of the log is not there.", field="before")
    return int(text)


def _link(path: str, asked: dict[str, str]) -> str:
    text = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}/audit?{text}" if text else f"{path}/audit"
