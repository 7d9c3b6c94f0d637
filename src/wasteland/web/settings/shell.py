"""What the pages of settings share: their places, and who the visitor is to the commons."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Depends
from starlette.responses import Response

from ...commons.data import to_data
from ...commons.receipts import Receipt
from ...hub import members
from ...hub.members import MemberRole
from ...protocol.errors import Unsupported, WastelandError
from ...protocol.lean import dataclass
from ...protocol.policy import Action
from ...protocol.roles import authorize
from .. import acting, cookies, refusals
from ..visits import Visit, Visiting

BASE: Final = "/{owner}/{database}/settings"
TABS: Final = (
    ("general", "General"),
    ("policy", "Policy"),
    ("access", "Admin access"),
    ("pulls", "Pull requests"),
    ("rigs", "Rigs"),
    ("members", "Members"),
    ("tokens", "Tokens, sessions"),
    ("webhooks", "Webhooks"),
    ("remotes", "Federation"),
    ("export", "Export"),
    ("danger", "Danger"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """
    Who the visitor is to a commons.

    Attributes:
        role: None for a stranger.
        not_owner: Why what owners do is closed; "" for an owner.
    """

    role: MemberRole | None
    not_owner: str

    @property
    def is_owner(self) -> bool:
        """Whether the hub lets the visitor do what owners do."""
        return not self.not_owner


def standing(visit: Visit) -> Standing:
    """Return who the visitor is to the commons of the path."""
    place, repo = visit.place, visit.place.session.repo
    if place.connection:
        return Standing(None, f"{place.name} is kept on another hub, and decided there.")
    try:
        members.need_owner(visit.hub, visit.caller, repo)
        why = ""
    except WastelandError as error:
        why = refusals.told(error).text
    return Standing(members.role_of(visit.hub, visit.caller, repo), why)


def why_not(visit: Visit, action: Action) -> str:
    """Return why the visitor's rig may not take *action*; "" where it may."""
    place = visit.place
    try:
        visit.caller.need_account()
        authorize(action, place.session.actor(), place.session.policy())
    except WastelandError as error:
        return refusals.told(error).text
    return ""


def show(visit: Visit, tab: str, *, error: WastelandError | None = None, **values: Any) -> Response:
    """Return a page of settings, with what was refused just now."""
    refusal = refusals.told(error) if error else None
    visit.place  # noqa: B018  # whoever may not know of the commons is told so first
    return visit.page(
        f"settings/{tab}.html",
        status=refusal.status if refusal else 200,
        tab=tab,
        tabs=TABS,
        standing=standing(visit),
        refusal=refusal,
        op=acting.new_op(),
        **values,
    )


def done(visit: Visit, tab: str, told: Receipt | str = "", note: str = "") -> Response:
    """Return the way back to a page of settings, which tells what was done."""
    if isinstance(told, Receipt):
        cookies.give_receipt(visit, to_data(told))
    elif told:
        cookies.give_receipt(visit, {"operation": told, "state": "done", "note": note})
    return visit.to(f"{visit.place.path}/settings/{tab}")


def _need_here(visit: Visiting) -> None:
    """Refuse what is decided elsewhere: the settings of a commons that another hub keeps."""
    if visit.place.connection:
        raise Unsupported(
            f"{visit.place.name} is kept on another hub; its settings are changed there.",
            hint="its rules and rigs are shown here",
        )


HERE: Final = Depends(_need_here)
"""What routes depend on that need the commons to be this hub's own."""
