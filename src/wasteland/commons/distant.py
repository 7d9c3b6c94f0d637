"""
A commons on a hub, by its resource API: every operation is one request, and the hub decides.

The answers come back as the records that the same operation returns here, so that whoever shows
them need not know where it ran. What main alone answers is read from a copy on this machine that
is brought up to date first; without the hub the copy answers what it can, and says that it is old.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Final, get_origin, get_type_hints

from ..engines.dolthub.http import Call, Http
from ..hosts.base import RepoName
from ..protocol.errors import EngineError, RateLimited, Unauthenticated, Unavailable, WastelandError
from .data import from_data, to_data
from .following import Changes, Page
from .methods import method, owner
from .operations import Kind, Operation
from .receipts import Receipt
from .replica import Replica
from .session import Seat

_API: Final = ("api", "v1")
_OF_MAIN: Final = frozenset({"search", "rig list", "rig show", "policy show"})
"""What main alone answers, whoever asks."""
_OF_MAIN_AND_PULLS: Final = frozenset({"browse"})
"""What main alone answers while nothing waits for review."""
_OF_HUB: Final = frozenset({"show", "me", "whoami"})
"""What also depends on pending work or renewed leases; main tells most of it."""
_OFFLINE: Final = _OF_MAIN | _OF_MAIN_AND_PULLS | _OF_HUB
_PAGE: Final = 1000
_DOWN: Final = (Unavailable, RateLimited)


class DistantCommons:
    """
    One rig at one commons of a hub.

    Attributes:
        http: The hub, and who asks; closed with this.
        repo: ``org/db`` there.
        seat: Who acts.
        location: The hub's address.
        replica: The copy here; None to ask the hub for everything.
        mode: "pr" or "direct", the client's wish where the commons states no policy.
        index_dir: Where the copy's search index is kept; None for nowhere.
        stale_because: Why the last read answers from an older state; "" if it does not.
    """

    def __init__(
        self,
        http: Http,
        repo: RepoName,
        seat: Seat,
        *,
        replica: Replica | None = None,
        mode: str = "pr",
        index_dir: Path | None = None,
    ) -> None:
        self.http = http
        self.repo = repo
        self.seat = seat
        self.location = http.root
        self.replica = replica
        self.mode = mode
        self.index_dir = index_dir
        self.stale_because = ""

    def close(self) -> None:
        """Close the connections and the copy."""
        self.http.close()
        if self.replica:
            self.replica.close()

    def call(self, row: Operation, values: Mapping[str, Any]) -> Any:
        """
        Carry out an operation of the table on the hub and return what its method returns.

        Raises:
            WastelandError: As the hub refuses, or when it cannot be reached.
        """
        kind = get_type_hints(method(row))["return"]
        request = self._request(row, values)
        is_list = get_origin(kind) is list
        data = self._listed(row, request) if is_list else self._asked(request)
        return self._understood(kind, data, row.name)

    def read(self, row: Operation, values: Mapping[str, Any]) -> Any:
        """
        Return what a read answers, from the copy where that is the same.

        Where the hub cannot be reached the copy answers if it can; ``stale_because`` says so.

        Raises:
            WastelandError: As the hub refuses, or when it cannot be reached and the copy does
                not know.
        """
        self.stale_because = ""
        if self.replica is None or row.name not in _OFFLINE or values.get("as_of"):
            return self.call(row, values)
        try:
            pending = self.replica.refresh(self)
        except _DOWN as error:
            return self._read_before(self.replica, row, values, error)
        except (WastelandError, OSError):
            return self.call(row, values)  # the copy is of no use; the hub says what is wrong
        if _is_of_main(row, values, pending):
            with suppress(EngineError, OSError):
                return self._read_here(self.replica, row, values)
        try:
            return self.call(row, values)
        except _DOWN as error:
            return self._read_before(self.replica, row, values, error)

    def register(self, **inputs: Any) -> Receipt:
        """Register the session's rig; inputs are those of ``Rigs.register``."""
        body = {"handle": self.seat.rig, **{k: v for k, v in inputs.items() if v is not None}}
        found: Receipt = self.send(Receipt, ("rigs",), body)
        return found

    def send(self, kind: Any, path: tuple[str, ...], body: Mapping[str, Any]) -> Any:
        """
        Send what no operation of the table is, and return the answer as a *kind*.

        Args:
            path: Below the commons.
            body: Sent twice, if need be, where it has an ``op_id``.
        Raises:
            WastelandError: As the hub refuses, or when it cannot be reached.
        """
        call = Call("POST", (*self._place(), *path), body=body, repeatable=bool(body.get("op_id")))
        return self._understood(kind, self._asked(call), "/".join(path))

    def still_stands(self, receipt: Receipt) -> bool:
        """Return whether the item that *receipt* is about is on the hub as it says."""
        if receipt.after is None or "status" not in receipt.after:
            return True
        sheet = self._asked(Call("GET", (*self._place(), "wanted", receipt.id)))
        shown = sheet.get("item", {})
        said = dict(receipt.after)
        return all(shown.get(name) == said.get(name) for name in ("status", "claimed_by"))

    # --- what the copy is taken from

    def changes(self, after: str) -> Changes:
        """Return what happened on main since the commit *after*."""
        query = {"after": after} if after else {}
        answer = self._asked(Call("GET", (*self._place(), "changes"), query=query))
        found: Changes = self._understood(Changes, answer, "what changed")
        return found

    def page(self, table: str, at: str, after: str | None) -> Page:
        """Return the rows of *table* at commit *at* whose keys follow *after*."""
        query = {"at": at} | ({} if after is None else {"after": after})
        path = (*self._place(), "tables", table, "rows")
        answer = self._asked(Call("GET", path, query=query))
        found: Page = self._understood(Page, answer, "the rows of a table")
        return found

    # --- reading here

    def _read_here(self, replica: Replica, row: Operation, values: Mapping[str, Any]) -> Any:
        session: Any = replica.session(
            owner(row), self.repo, self.seat, place=self.location, mode=self.mode
        )
        if hasattr(session, "index_dir"):
            session.index_dir = self.index_dir
        return getattr(session, row.method.partition(".")[2])(**values)

    def _read_before(
        self, replica: Replica, row: Operation, values: Mapping[str, Any], error: WastelandError
    ) -> Any:
        """Return what the copy answers as it is, or raise *error* where there is none."""
        if not replica.head:
            raise error
        found = self._read_here(replica, row, values)
        unknown = "" if row.name in _OF_MAIN else " Pending work is not known."
        self.stale_because = f"{error.message}{unknown}"
        return found

    # --- requests

    def _asked(self, call: Call) -> Mapping[str, Any]:
        try:
            return self.http.send(call)
        except Unauthenticated as error:
            error.hint = f"wl login {self.location}"
            raise

    def _understood(self, kind: Any, data: Any, what: str) -> Any:
        try:
            return from_data(kind, data)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise EngineError(
                f"{self.location} answers {what} in a form that this version does not read.",
                hint="wl version, and the hub's",
            ) from error

    def _listed(self, row: Operation, request: Call) -> list[Any]:
        """Return the items of a list, page after page, as many as were asked for."""
        limit = signature(method(row)).parameters.get("limit")
        most = int(request.query.get("limit", limit.default)) if limit else None
        query = {**request.query, "limit": str(_PAGE if most is None else min(most, _PAGE))}
        items: list[Any] = []
        while True:
            answer = self._asked(replace(request, query=query))
            page = self._understood(list[Any], answer.get("items"), row.name) or []
            items += page
            query["cursor"] = str(answer.get("next") or "")
            if not (page and query["cursor"]) or (most is not None and len(items) >= most):
                return items[:most]

    def _place(self) -> tuple[str, ...]:
        return (*_API, "commons", self.repo.owner, self.repo.name)

    def _request(self, row: Operation, values: Mapping[str, Any]) -> Call:
        verb, _, route = row.route.partition(" ")
        inputs = {name: to_data(value) for name, value in values.items()}
        path = [
            str(inputs.pop(part[1:-1])) if part.startswith("{") else part
            for part in route.strip("/").split("/")
        ]
        place = (*self._place(), *path)
        if row.kind is Kind.READ:
            return Call(verb, place, query={name: _text(v) for name, v in inputs.items()})
        return Call(verb, place, body=inputs, repeatable=bool(inputs.get("op_id")))


def _is_of_main(row: Operation, values: Mapping[str, Any], pending: int) -> bool:
    """Return whether main alone answers, while *pending* pull requests are open at the hub."""
    if row.name in _OF_MAIN_AND_PULLS:
        return pending == 0 or values.get("view") == "upstream"
    return row.name in _OF_MAIN


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
