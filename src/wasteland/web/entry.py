"""Coming and going: the commons that one may see, signing in and out, one's own choices."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from ..hub import callers, repositories
from ..hub.tokens import Scope
from ..protocol.errors import NotFound, Unauthenticated, WastelandError
from . import cookies, refusals
from .visits import PageRoute, Visit, Visiting

home = APIRouter(include_in_schema=False, route_class=PageRoute)
router = APIRouter(include_in_schema=False, route_class=PageRoute)

CHOICES: Final = "/-/you"
_LONGEST_PATH: Final = 2000


@home.get("/")
def commons(visit: Visiting) -> Response:
    """List the commons that the visitor may see, or lead to the only one."""
    hub = visit.hub
    found = [repo for repo in repositories.visible_to(hub, visit.caller) if hub.is_commons(repo)]
    if len(found) == 1 and "all" not in visit.request.query_params:
        return visit.to(f"/{found[0]}")
    entries = [(repo, hub.catalog.entry(repo)) for repo in found]
    return visit.page("home.html", entries=entries)


@router.get("/sign-in")
def ask(visit: Visiting) -> Response:
    """Show the form to sign in with."""
    after = local(visit.request.query_params.get("next", ""))
    if visit.session:
        return visit.to(after)
    return visit.page("sign_in.html", refusal=None, next=after)


@router.post("/sign-in")
def sign_in(visit: Visiting) -> Response:
    """Begin a session for the owner of a token; the one before it, if any, ends."""
    after = local(visit.sent.get("next", ""))
    try:
        visit.need_form()
        caller = callers.of_token(visit.hub.accounts, visit.sent.get("token", "").strip())
        if caller.scope is Scope.PUSH:
            caller.need_scope(Scope.READ)
    except WastelandError as error:
        refusal = refusals.told(_plainer(error))
        # Nothing that was typed is shown again: it may be a token.
        return visit.page("sign_in.html", status=refusal.status, refusal=refusal, next=after)
    _begin(visit, caller.account, caller.token_id)
    return visit.to(after)


@router.post("/sign-out")
def sign_out(visit: Visiting) -> Response:
    """End the session."""
    visit.need_form()
    if visit.session:
        visit.desk.sessions.end(visit.session.account, visit.session.id)
    visit.set_cookie(cookies.drop_session)
    return visit.to("/")


@router.get(CHOICES)
def you(visit: Visiting) -> Response:
    """Show who is signed in where, and the choices of this browser."""
    sessions = visit.desk.sessions.of_account(visit.caller.account) if visit.session else []
    return visit.page("you.html", sessions=sessions, next=_before(visit))


@router.post("/-/choices")
def choose(visit: Visiting) -> Response:
    """Keep the choices of this browser."""
    visit.need_form()
    theme, keys = visit.sent.get("theme", ""), visit.sent.get("keys", "on") == "on"
    visit.set_cookie(lambda answer: cookies.set_choices(answer, theme=theme, keys=keys))
    return visit.to(local(visit.sent.get("next", "")))


@router.post("/-/sessions/{session}/end")
def end(visit: Visiting) -> Response:
    """End one of one's own sessions."""
    visit.need_form()
    account = visit.caller.need_account()
    if not visit.desk.sessions.end(account, visit.part("session")):
        raise NotFound("That session has ended already.")
    return visit.to(CHOICES)


def local(path: str) -> str:
    """Return *path* if it leads to a page here, else the first page."""
    is_plain = path.isascii() and path.isprintable() and len(path) <= _LONGEST_PATH
    if not is_plain or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    return path


def _begin(visit: Visit, account: str, token_id: str) -> None:
    if visit.session:
        visit.desk.sessions.end(visit.session.account, visit.session.id)
    over_tls = cookies.is_over_tls(visit.request)
    agent = visit.request.headers.get("user-agent", "")
    _, secret = visit.desk.sessions.begin(account, token_id, over_tls=over_tls, agent=agent)
    visit.set_cookie(cookies.drop_session)
    visit.set_cookie(lambda answer: cookies.set_session(answer, secret, over_tls=over_tls))


def _before(visit: Visit) -> str:
    return local(visit.request.query_params.get("next", ""))


def _plainer(error: WastelandError) -> WastelandError:
    if isinstance(error, Unauthenticated):
        return Unauthenticated("That is no token of this hub, or it has ended.", field="token")
    return error
