"""
One request for a page: the hub, who asks, what they sent, and the page that answers.

A browser's cookie proves who asks; a form proves besides that a page of ours sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..commons.sdk import Commons
from ..hosts.base import RepoName
from ..hub import proofs
from ..hub.callers import NOBODY, Caller
from ..hub.catalog import Visibility
from ..hub.http import problems
from ..hub.http.paths import segment
from ..hub.hub import Hub
from ..hub.rights import Right
from ..hub.views import View
from ..protocol.errors import (
    EngineError,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unsupported,
    WastelandError,
)
from ..protocol.lean import dataclass
from ..protocol.records import Rig
from . import cookies, distant, pages, refusals
from .places import Place
from .seals import Seals
from .sessions import Session, Sessions

SEAL: Final = "seal"
"""The field of every form that holds its token."""
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_FIELDS: Final = 60
_OWN: Final = frozenset({"", "same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages of one hub share."""

    hub: Hub
    sessions: Sessions
    seals: Seals


class Visit:
    """
    One request.

    Attributes:
        request: As the server read it.
        sent: The fields of its form; empty without one.
    """

    def __init__(self, request: Request, sent: Mapping[str, str]) -> None:
        self.request = request
        self.sent = sent
        self.desk: Desk = request.app.state.web
        self.hub: Hub = self.desk.hub
        self._cookies: list[Callable[[Response], None]] = []
        # The browser is proved to be nobody's but its holder's before any route runs.
        self.session, self.caller = self._identified()

    # --- who asks

    def _identified(self) -> tuple[Session | None, Caller]:
        secret, over_tls = cookies.session_of(self.request)
        session = self.desk.sessions.find(secret, over_tls=over_tls) if secret else None
        if session is None:
            return None, NOBODY
        try:
            return session, proofs.caller_of(self.hub, session.proof)
        except Unauthenticated:
            self.desk.sessions.end(session.account, session.id)
            return None, NOBODY

    @property
    def is_part(self) -> bool:
        """Whether a script of a page asks, for a part to put into that page."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def is_expired(self) -> bool:
        """Whether the browser was signed in and is no longer."""
        return self.session is None and bool(cookies.session_of(self.request)[0])

    def may_still_read(self, repo: RepoName) -> bool:
        """Return whether the visitor, asked anew, may read *repo* and is who it was."""
        caller = self.caller
        if self.session:
            secret, over_tls = cookies.session_of(self.request)
            found = self.desk.sessions.find(secret, over_tls=over_tls, is_seen=False)
            try:
                caller = proofs.caller_of(self.hub, found.proof) if found else NOBODY
            except Unauthenticated:
                return False
            if found is None:
                return False
        return self.hub.right(caller, repo) >= Right.READ

    def need_form(self) -> None:
        """
        Return if a page of ours, shown to this browser, sends the form.

        Raises:
            Forbidden: It is not sure.
        """
        headers = self.request.headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _FORMS or headers.get("sec-fetch-site", "") not in _OWN:
            raise Forbidden("Only pages of this hub may send its forms.", field="origin")
        if not self.desk.seals.fits(self.sent.get(SEAL, ""), self.cookie):
            raise Forbidden(
                "This form is older than your session. Nothing was written.",
                hint="send it again",
                field=SEAL,
            )

    @cached_property
    def cookie(self) -> str:
        """What tells this browser from others: its session, else what it was given to visit."""
        secret = cookies.session_of(self.request)[0] if self.session else ""
        visitor = cookies.visitor_of(self.request)
        if not secret and not visitor:
            visitor = cookies.new_visitor()
            self.set_cookie(lambda answer: cookies.set_visitor(answer, self.request, visitor))
        return secret or visitor

    def set_cookie(self, change: Callable[[Response], None]) -> None:
        """Have *change* set a cookie on whatever answers."""
        self._cookies.append(change)

    # --- where

    def part(self, name: str) -> str:
        """Return a segment of the path as the browser meant it."""
        return segment(self.request.path_params[name])

    @cached_property
    def place(self) -> Place:
        """
        The commons that the path names, with the visitor's seat there.

        Raises:
            NotFound: There is none, or the visitor may not know of it.
        """
        owner, name = self.request.path_params["owner"], self.request.path_params["database"]
        try:
            repo: RepoName = self.hub.repo(self.caller, owner, name)
        except NotFound:
            if found := self._elsewhere(owner, name):
                return found
            raise
        if self.hub.host.parent(repo) or not self.hub.is_commons(repo):
            raise NotFound("There is no board here.", hint="wl list", repo=str(repo))
        session = self.hub.session(self.caller, repo, Commons)
        session.place = str(self.request.base_url)
        return Place(session, self.caller)

    def seated(self, rig: str) -> Commons:
        """
        Return the commons that the path names, as another rig of the visitor.

        Raises:
            Forbidden: That is no rig of the account.
        """
        place = self.place
        if isinstance(place, distant.DistantPlace):
            return place.seated(rig)
        session: Commons = self.hub.session(self.caller, place.session.repo, Commons, rig=rig)
        return session

    def own_rigs(self) -> Sequence[Rig]:
        """Return the visitor's rigs at the commons that the path names."""
        place = self.place
        if isinstance(place, distant.DistantPlace):
            return place.own_rigs()
        found: Sequence[Rig] = self.hub.rigs(self.caller, place.session.repo)
        return found

    @cached_property
    def closing(self) -> ExitStack:
        """What ends with the request."""
        return ExitStack()

    def close(self) -> None:
        """End what was opened for the request; most open nothing."""
        if "closing" in self.__dict__:
            self.closing.close()

    def _elsewhere(self, owner: str, name: str) -> Place | None:
        """Return the upstream of that name that the visitor is connected to, or None."""
        return distant.find(
            self.hub,
            self.caller,
            owner,
            name,
            writes=self.request.method != "GET",
            closing=self.closing,
        )

    @cached_property
    def unread(self) -> int:
        """How much the visitor is told of the commons, and has not read."""
        repo = self.place.session.repo
        return self.hub.notifications.count_unread(self.caller, repo)

    @cached_property
    def views(self) -> list[View]:
        """The visitor's saved views of the commons."""
        return self.hub.views.of(self.caller.account, self.place.session.repo)

    # --- the answer

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page with the frame around it."""
        place = self.__dict__.get("place")
        indexed = values.pop("indexed", self.is_public) and status == 200
        answer = pages.render(
            self.request,
            template,
            status=status,
            visit=self,
            place=place,
            now=self.hub.host.now(),
            seal=self.desk.seals.make(self.cookie),
            theme=cookies.theme_of(self.request),
            keys=cookies.has_keys(self.request),
            density=cookies.density_of(self.request),
            receipt=cookies.taken_receipt(self),
            here=self.request.url.path,
            indexed=indexed,
            **values,
        )
        return self.finished(answer)

    @property
    def is_public(self) -> bool:
        """Whether everyone may see the commons that the page is of, and find it by a search."""
        place: Place | None = self.__dict__.get("place")
        if place is None or place.connection:
            return False
        entry = self.hub.catalog.entry(place.session.repo)
        return entry.visibility is Visibility.PUBLIC

    def to(self, path: str) -> Response:
        """Return the way to another page, to be read afresh."""
        answer = RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})
        return self.finished(answer)

    def refusal(self, error: WastelandError) -> Response:
        """Return the page that tells of an error which no form on a page can tell of."""
        shown = refusals.told(error)
        place: Place | None = self.__dict__.get("place")
        is_down = isinstance(error, EngineError) and not isinstance(error, Unsupported)
        if place and place.connection and is_down:
            # What the frame shows of a commons is not to be had either.
            del self.__dict__["place"]
            return self.page(
                "upstreams/down.html",
                status=shown.status,
                refusal=shown,
                connection=place.connection,
                is_unsure=bool(error.facts.get("unsure")),
            )
        return self.page("refusal.html", status=shown.status, refusal=shown)

    def finished(self, answer: Response) -> Response:
        """Return *answer* with the cookies that were set on the way."""
        for change in self._cookies:
            change(answer)
        return answer


async def _sent(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "")
    if request.method != "POST" or not kind.lower().startswith(_FORMS):
        return {}
    try:
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    except HTTPException as error:
        raise Invalid("The form is not as it was shown.", field="form") from error
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _visit(request: Request, sent: Annotated[dict[str, str], Depends(_sent)]) -> Visit:
    visit = Visit(request, sent)
    request.state.visit = visit
    return visit


Visiting = Annotated[Visit, Depends(_visit)]


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await inner(request)
            except WastelandError as error:
                return await run_in_threadpool(_refused, request, error)
            except Exception as error:  # noqa: BLE001  # told as a page, and logged
                return await run_in_threadpool(_refused, request, problems.internal(error))
            finally:
                if visit := getattr(request.state, "visit", None):
                    visit.close()

        return answer


def _refused(request: Request, error: WastelandError) -> Response:
    visit: Visit = getattr(request.state, "visit", None) or Visit(request, {})
    try:
        return visit.refusal(error)
    except EngineError as another:  # of a commons elsewhere, for the frame of the page
        return visit.refusal(another)
