"""Webhooks: set up, tried, looked after, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ...engines.base import MAIN
from ...hub import members, notices
from ...hub.tokens import redacted
from ...hub.webhooks import events
from ...hub.webhooks.events import EventName
from ...hub.webhooks.store import Hook
from ...protocol.errors import NotFound, WastelandError
from ...protocol.lean import dataclass
from ...protocol.names import visible
from ..visits import PageRoute, Visit, Visiting
from . import shell
from .shell import BASE, HERE

router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=[HERE])

_DELIVERIES: Final = 10
_ADD: Final = "add a webhook"
_FORM_LIFETIME: Final = timedelta(days=1)


@router.get(f"{BASE}/webhooks")
def table(visit: Visiting) -> Response:
    """List the webhooks with their last deliveries."""
    _need_owner(visit)
    return _page(visit)


@router.post(f"{BASE}/webhooks")
def add(visit: Visiting) -> Response:
    """Set up a webhook; its secret is shown once, on the page that answers."""
    hub = visit.hub
    try:
        visit.need_form()
        _need_owner(visit)
        repo = visit.place.session.repo
        hub.outgoing.require_enabled()
        # A form that is sent twice sets up one webhook.
        hub.challenges.spend(visit.sent.get("form", ""), _ADD, visit.cookie)
        notices.begin(hub, repo)
        chosen = [name for name in EventName if visit.sent.get(f"event-{name.value}")]
        url = visit.sent.get("url", "").strip()
        hook, secret = hub.webhooks.add(repo, url, events=chosen, account=visit.caller.account)
    except WastelandError as error:
        _need_owner(visit)
        return _page(visit, error)
    return _page(visit, fresh=Fresh(hook.id, secret))


@router.post(f"{BASE}/webhooks/{{hook}}/{{verb}}")
def act(visit: Visiting) -> Response:
    """Send a webhook a test, send a delivery again, give it a new secret, or end it."""
    visit.need_form()
    _need_owner(visit)
    verb, webhooks = visit.part("verb"), visit.hub.webhooks
    repo = visit.place.session.repo
    hook = webhooks.find(repo, visit.part("hook"))
    try:
        if verb == "secret":
            return _page(visit, fresh=Fresh(hook.id, webhooks.new_secret(hook)))
        told = _acted(visit, hook, verb)
    except WastelandError as error:
        return _page(visit, error)
    return shell.done(visit, "webhooks", told, hook.place)


def _acted(visit: Visit, hook: Hook, verb: str) -> str:
    webhooks = visit.hub.webhooks
    if verb == "test":
        head = visit.place.head
        webhooks.send_alone(hook, events.push(hook.repo, branch=MAIN, head=head, prev=head))
        return "Test is on its way"
    if verb == "retry":
        webhooks.redeliver(hook, visit.sent.get("delivery", ""))
        return "Delivery is sent again"
    if verb == "remove":
        webhooks.remove(hook)
        return "Webhook removed"
    raise NotFound(f"{visible(verb)} is nothing that can be done to a webhook.")


@dataclass(frozen=True, slots=True)
class Fresh:
    """A secret that is shown once: of which webhook, and the secret."""

    hook_id: str
    secret: str


def _page(
    visit: Visit, error: WastelandError | None = None, fresh: Fresh | None = None
) -> Response:
    hub, repo = visit.hub, visit.place.session.repo
    hooks = hub.webhooks.hooks(repo)
    return shell.show(
        visit,
        "webhooks",
        error=error,
        hooks=[(hook, hub.webhooks.deliveries(hook, limit=_DELIVERIES)) for hook in hooks],
        fresh=fresh,
        event_names=list(EventName),
        form=hub.challenges.make(_ADD, visit.cookie, lifetime=_FORM_LIFETIME),
        is_enabled=hub.outgoing.enabled,
        redacted=redacted,
        typed=visit.sent if error else {},
    )


def _need_owner(visit: Visit) -> None:
    members.need_owner(visit.hub, visit.caller, visit.place.session.repo)
