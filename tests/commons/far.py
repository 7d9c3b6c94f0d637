"""A hub in this process with a board, and rigs that reach it over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx2

from hub.desks import BOARD, Desk
from wasteland.commons.data import to_data
from wasteland.commons.distant import DistantCommons
from wasteland.commons.nearby import Nearby
from wasteland.commons.operations import BY_NAME
from wasteland.commons.replica import Replica
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.engines.dolthub.http import Http
from wasteland.engines.dolthub.retry import Limits
from wasteland.engines.dolthub.secret import Secret

ROOT: Final = "http://127.0.0.1"
EVIDENCE: Final = "https://example.org/pr/7 adds the retry"
SEATS: Final = {
    "mia": Seat("mia", "acme"),
    "ada": Seat("ada", "ada"),
    "ben": Seat("ben", "ben"),
}


class Wire(httpx2.BaseTransport):
    """
    The way to a hub, which can be cut.

    Attributes:
        down: Whether nothing gets through.
        cut_after: Whether requests arrive, and their answers do not.
        seen: Method and path of what was sent.
    """

    def __init__(self, desk: Desk) -> None:
        self._inner: httpx2.BaseTransport = desk.client._transport
        self.down = False
        self.cut_after = False
        self.seen: list[str] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        self.seen.append(f"{request.method} {request.url.path}")
        if self.down:
            raise httpx2.ConnectError("refused", request=request)
        answer = self._inner.handle_request(request)
        if self.cut_after:
            answer.read()  # the hub has done its work by then
            raise httpx2.ReadError("cut off", request=request)
        return answer


class Far:
    """
    The hub, and whoever works there.

    Attributes:
        desk: The hub.
        wire: The way to it.
        home: For what clients keep.
        items: Of the story, by what they show.
    """

    def __init__(self, desk: Desk, home: Path) -> None:
        self.desk = desk
        self.wire = Wire(desk)
        self.home = home
        self.items: dict[str, str] = {}
        for name in ("ada", "ben"):
            desk.account(name)
            self.at(name).register(display_name=name.title())

    def at(self, rig: str, *, replica: Replica | None = None) -> DistantCommons:
        """Return *rig* at the board, over HTTP."""
        seat = SEATS[rig]
        token = Secret(self.desk.tokens[seat.account])
        http = Http(ROOT, token, transport=self.wire, rig=rig, limits=Limits(tries=1))
        near = self.nearby(rig, replica) if replica else None
        return DistantCommons(http, BOARD, seat, near=near)

    def nearby(self, rig: str, replica: Replica) -> Nearby:
        """Return *rig* as a reader with a copy."""
        index_dir = self.home / "search"
        return Nearby(replica, BOARD, SEATS[rig], place=ROOT, index_dir=index_dir)

    def near(self, rig: str) -> Commons:
        """Return *rig* at the board, in the hub's own process."""
        found = Commons(self.desk.hub.host, BOARD, SEATS[rig])
        found.place = f"{ROOT}/"
        return found

    def replica(self, name: str = "copy") -> Replica:
        """Return a copy of the board, which need not be there yet."""
        return Replica(self.home / "replicas" / f"{name}.db")

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return inputs with the ids of the story's items for their names."""
        return {name: self.items.get(str(v), v) for name, v in values.items()}

    def story(self) -> dict[str, str]:
        """Play some work and return the items by what they show."""
        ada, ben, mia = self.near("ada"), self.near("ben"), self.near("mia")
        titles = ("open", "claimed", "submitted", "accepted", "given back")
        items = {title: ada.post(title=f"It is {title}", type="bug").id for title in titles}
        mia.trust("ben", 2)
        for title in titles[1:]:
            ben.claim(items[title])
        for title in titles[2:]:
            ben.done(items[title], evidence=EVIDENCE)
        mia.accept(items["accepted"], quality="good", skills="sql", message="Clean")
        mia.reject(items["given back"], reason="No test")
        mia.set_rule("review", "trust:1")
        ada.update(items["open"], priority="high")
        self.items = items
        return items


def answer(distant: DistantCommons, name: str, **values: Any) -> Any:
    """Return what the hub answers to an operation, as JSON data."""
    return to_data(distant.call(BY_NAME[name], values))


def reading(distant: DistantCommons, name: str, **values: Any) -> Any:
    """Return what a read answers, from wherever, as JSON data."""
    return to_data(distant.read(BY_NAME[name], values))


def direct(session: Commons, name: str, **values: Any) -> Any:
    """Return what an operation answers in the hub's own process, as JSON data."""
    call: Callable[..., Any] = getattr(session, BY_NAME[name].method.partition(".")[2])
    return to_data(call(**values))
