"""The table of pull requests that wait: looked at, merged, closed without merging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons import queries
from ...commons.operations import BY_NAME
from ...commons.session import branch_item, branch_rig
from ...hosts.base import PullRequest, PullState
from ...hub import pulls
from ...protocol.errors import Invalid, NotFound, WastelandError
from ...protocol.lean import dataclass
from ...protocol.names import visible
from ...protocol.policy import Action
from ...protocol.roles import authorize
from .. import acting
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE, HERE

router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=[HERE])

_OPERATIONS: Final = {"merge": "merge", "close": "decline"}
_LISTED: Final = 100
_MERGED: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """
    A pull request as the table shows it.

    Attributes:
        title: Of the item that it is about; "" for none.
        reasons: Why the gate refuses it as it stands; None for one that is merged.
    """

    pull: PullRequest
    rig: str
    item_id: str
    title: str = ""
    reasons: Sequence[str] | None = None


@router.get(f"{BASE}/pulls")
def table(visit: Visiting) -> Response:
    """List what waits, and what was merged last."""
    _need_reviewer(visit)
    return _page(visit)


@router.post(f"{BASE}/pulls/{{pull}}/{{verb}}")
def act(visit: Visiting) -> Response:
    """Merge a pull request, or close it without merging."""
    visit.need_form()
    number, verb = visit.part("pull"), visit.part("verb")
    operation = _OPERATIONS.get(verb)
    if operation is None:
        raise NotFound(f"{visible(verb)} is nothing that can be done to a pull request.")
    try:
        receipt = acting.carry_out(visit, BY_NAME[operation], visit.place, number)
    except Invalid:
        raise
    except WastelandError as error:
        _need_reviewer(visit)
        return _page(visit, error)
    return shell.done(visit, "pulls", receipt)


def _page(visit: Visit, error: WastelandError | None = None) -> Response:
    hub, session = visit.hub, visit.place.session
    waiting = session.inbox()
    merged, _ = pulls.page(hub, session.repo, state=PullState.MERGED, limit=_MERGED)
    shown = [(one.pull, one.reasons) for one in reversed(waiting[-_LISTED:])]
    ids = {branch_item(pull) for pull in (*merged, *(pull for pull, _ in shown))} - {""}
    titles = {item.id: item.title for item in queries.items(session.main(), sorted(ids))}
    return shell.show(
        visit,
        "pulls",
        error=error,
        lines=[_line(pull, titles, reasons) for pull, reasons in shown],
        merged=[_line(pull, titles) for pull in merged],
        waiting=len(waiting),
        not_merging=shell.why_not(visit, Action.MERGE),
    )


def _line(
    pull: PullRequest, titles: Mapping[str, str], reasons: Sequence[str] | None = None
) -> Line:
    item_id = branch_item(pull)
    return Line(pull, branch_rig(pull), item_id, titles.get(item_id, ""), reasons)


def _need_reviewer(visit: Visit) -> None:
    visit.caller.need_account()
    session = visit.place.session
    authorize(Action.REVIEW, session.actor(), session.policy())
