"""The table of pull requests that wait: looked at, merged, closed without merging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...commons.session import branch_item, branch_rig
from ...hosts.base import PullRequest, PullState
from ...hub import pulls
from ...hub.verdicts import Verdict
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

_MERGED: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A pull request as the table shows it."""

    pull: PullRequest
    rig: str
    item_id: str
    verdict: Verdict | None

    @property
    def state(self) -> str:
        """Open, merged or closed."""
        return self.pull.state.value

    @property
    def is_open(self) -> bool:
        """Whether it waits."""
        return self.pull.state is PullState.OPEN


@router.get(f"{BASE}/pulls")
def table(visit: Visiting) -> Response:
    """List what waits, and what was merged last."""
    _need_reviewer(visit)
    return _page(visit)


@router.post(f"{BASE}/pulls/{{pull}}/{{verb}}")
def act(visit: Visiting) -> Response:
    """Merge a pull request, or close it without merging."""
    visit.need_form()
    repo, number, verb = visit.place.session.repo, visit.part("pull"), visit.part("verb")
    if verb not in {"merge", "close"}:
        raise NotFound(f"{visible(verb)} is nothing that can be done to a pull request.")
    try:
        if verb == "merge":
            head, op_id = visit.sent.get("head", ""), acting.op_id(visit)
            done = pulls.merge(visit.hub, visit.caller, repo, number, head=head, op_id=op_id)
        else:
            done = pulls.edit(visit.hub, visit.caller, repo, number, state=PullState.CLOSED)
    except Invalid:
        raise
    except WastelandError as error:
        _need_reviewer(visit)
        return _page(visit, error)
    return shell.done(visit, "pulls", f"Pull request {done.id} {done.state.value}", done.title)


def _page(visit: Visit, error: WastelandError | None = None) -> Response:
    hub, repo = visit.hub, visit.place.session.repo
    waiting, more = pulls.page(hub, repo, state=PullState.OPEN)
    merged, _ = pulls.page(hub, repo, state=PullState.MERGED, limit=_MERGED)
    return shell.show(
        visit,
        "pulls",
        error=error,
        lines=_lines(visit, waiting),
        merged=_lines(visit, merged),
        is_cut=more is not None,
        not_merging=shell.why_not(visit, Action.MERGE),
    )


def _lines(visit: Visit, found: Sequence[PullRequest]) -> list[Line]:
    verdicts, repo = visit.hub.verdicts, visit.place.session.repo
    return [
        Line(pull, branch_rig(pull), branch_item(pull), verdicts.find(repo, pull.id))
        for pull in found
    ]


def _need_reviewer(visit: Visit) -> None:
    visit.caller.need_account()
    session = visit.place.session
    authorize(Action.REVIEW, session.actor(), session.policy())
