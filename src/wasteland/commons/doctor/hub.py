"""Checks of a commons on a hub: does it answer, does it know us, how old is the copy here."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ...engines.dolthub.http import Call
from ...engines.dolthub.retry import Limits
from ...protocol.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from .. import hubs
from ..memberships import CLONE
from ..operations import BY_NAME
from ..outbox import Outbox
from ..replica import Replica
from .findings import Check, Finding, Site, ok, problem, warn, without

_PROBE_S: Final = 3.0
_ONCE: Final = Limits(tries=1, budget_s=_PROBE_S, timeout_s=_PROBE_S)
_SKEW: Final = timedelta(minutes=2)
_STALE: Final = timedelta(days=1)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def reachable(site: Site) -> Iterator[Finding]:
    """Does the hub answer, and do its clock and ours agree?"""
    root = site.here.url
    try:
        there = _clock(root)
    except (OSError, HTTPException, ValueError) as error:
        message = f"{root} cannot be reached: {type(error).__name__}."
        yield problem("hub", message, "check the network; reading goes on from what is here")
        return
    apart = abs(datetime.now(UTC) - there) if there else timedelta(0)
    if apart > _SKEW:
        message = f"The clocks of {root} and of this machine are {apart.total_seconds():.0f} s "
        yield warn(
            "hub", f"{message}apart; leases and ages look wrong.", "set this machine's clock"
        )
    else:
        yield ok("hub", f"{root} answers.")


def token(site: Site) -> Iterator[Finding]:
    """Does the hub know this user, as the account that joined, and may they write?"""
    here, settings = site.here, site.settings
    sign_in = f"wl login {here.url}"
    with hubs.open_http(settings, here.url, limits=_ONCE) as http:
        if not http.has_token:
            yield warn("token", f"You are not signed in at {here.url} .", sign_in)
            return
        try:
            found = http.send(Call("GET", ("api", "v1", "whoami")))
        except Unauthenticated as error:
            yield problem("token", error.message, sign_in)
            return
        except Unavailable:
            return  # said already
    account, scope = str(found.get("account", "")), str(found.get("scope", ""))
    if account.casefold() != here.account.casefold():
        message = f"You are signed in as {account}, and joined {here.repo} as {here.account}."
        yield problem("token", message, sign_in)
    elif scope not in {"write", "admin"}:
        yield warn("token", f"Your token is for {scope} alone.", f"{sign_in} --scope write")
    else:
        yield ok("token", f"{here.url} knows you as {account}.")


def rig(site: Site) -> Iterator[Finding]:
    """Is the rig registered there?"""
    here = site.here
    join = f"wl join {here.url}/{here.repo}"
    try:
        with closing(hubs.open_distant(site.settings, here, limits=_ONCE)) as distant:
            seat = distant.call(BY_NAME["whoami"], {})
    except (Unauthenticated, Unavailable):
        return  # said already
    except (Forbidden, NotFound) as error:
        yield problem("rig", error.message, f"wl leave {here.repo}, then: {join}")
        return
    if seat.registered:
        yield ok("rig", f"{seat.rig} is registered, with trust {seat.trust}.")
    else:
        yield warn("rig", f"{here.handle} is not registered on {here.repo}.", join)


def replica(site: Site) -> Iterator[Finding]:
    """Is there a copy that answers without the hub, and how old is it?"""
    here = site.here
    with closing(Replica.of(site.settings.data, here.url, here.repo)) as copy:
        seen = copy.seen_at if copy.head else None
    if seen is None:
        yield warn("copy", f"No copy of {here.repo} answers without the hub.", "wl sync")
    elif site.now - seen > _STALE:
        yield warn(
            "copy", f"The copy of {here.repo} was last looked after on {seen:%F}.", "wl sync"
        )
    else:
        yield ok("copy", f"The copy of {here.repo} is in {copy.path} .")


def outbox(site: Site) -> Iterator[Finding]:
    """Does a write wait to be sent?"""
    waiting = Outbox.of_user(site.settings.state).of(site.here)
    if waiting:
        yield warn("outbox", f"{len(waiting)} writes wait to be sent.", "wl sync")


def kept(site: Site) -> Iterator[Finding]:
    """Are the tokens for hubs for nobody else to read?"""
    paths = [hubs.credentials(site.settings).path]
    if site.here.kind == CLONE:
        # Its remotes have addresses with a token.
        paths.append(Path(site.here.local_dir) / f"{site.here.repo.name}.db")
    for path in paths:
        if path.exists() and path.stat().st_mode & _OTHERS:
            fixed = without(path, _OTHERS, site)
            yield problem("tokens", f"Others may read {path} .", f"chmod 600 {path}", fixed=fixed)


def _clock(root: str) -> datetime | None:
    """Return the time at a hub, None where it does not say."""
    parts = urlsplit(root)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    with closing(kind(parts.hostname or "", parts.port, timeout=_PROBE_S)) as wire:
        wire.request("GET", "/api/v1")
        said = wire.getresponse().headers.get("date", "")
    return parsedate_to_datetime(said) if said else None


OF_CLONE: Final[Sequence[Check]] = (
    Check("hub", reachable, 4.0),
    Check("token", token, 4.0),
    Check("rig", rig, 4.0),
    Check("tokens", kept),
)
CHECKS: Final[Sequence[Check]] = (
    *OF_CLONE,
    Check("copy", replica),
    Check("outbox", outbox),
)
