"""A session begins in a browser; which browser asks, from where, and where it goes on."""

from __future__ import annotations

from typing import Final

from ...hub.ceremonies import Ceremonies, Site, site_of
from ...hub.http.limits import counted_as
from ...hub.proofs import Proof
from .. import cookies
from ..sessions import Session
from ..visits import Visit

_LONGEST_PATH: Final = 2000


def begin(visit: Visit, proof: Proof) -> Session:
    """Begin a session in this browser; the one before it, if any, ends."""
    if visit.session:
        visit.desk.sessions.end(visit.session.account, visit.session.id)
    over_tls = cookies.is_over_tls(visit.request)
    agent = visit.request.headers.get("user-agent", "")
    begun, secret = visit.desk.sessions.begin(proof, over_tls=over_tls, agent=agent)
    visit.set_cookie(cookies.drop_session)
    visit.set_cookie(lambda answer: cookies.set_session(answer, secret, over_tls=over_tls))
    return begun


def local(path: str) -> str:
    """Return *path* if it leads to a page here, else the first page."""
    is_plain = path.isascii() and path.isprintable() and len(path) <= _LONGEST_PATH
    if not is_plain or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    return path


def site(visit: Visit) -> Site:
    """Return this hub as the browser knows it."""
    return site_of(visit.request.headers.get("host", ""))


def ceremonies(visit: Visit) -> Ceremonies:
    """Return what makes passkeys here, and lets people in with them."""
    return Ceremonies(visit.hub.passkeys, visit.hub.challenges)


def address(visit: Visit) -> str:
    """Return whom tries are counted to that no account is known of."""
    return counted_as("", visit.request.scope)
