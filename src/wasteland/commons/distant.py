"""
A commons on a hub, by its resource API: every operation is one request, and the hub decides.

The answers come back as the records that the same operation returns here, so that whoever shows
them need not know where it ran. What main alone answers is read from a copy on this machine that
is brought up to date first; without the hub the copy answers what it can, and says that it is old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import Any, Final, get_origin, get_type_hints

from ..engines.dolthub.http import Call, Http
from ..hosts.base import RepoName
from ..protocol.errors import EngineError, Unauthenticated
from .data import from_data, to_data
from .following import Changes, Page
from .methods import method
from .nearby import Nearby
from .operations import Kind, Operation
from .receipts import Receipt
from .session import Seat

_API: Final = ("api", "v1")
_PAGE: Final = 1000


class DistantCommons:
    """
    One rig at one commons of a hub.

    Attributes:
        http: The hub, and who asks; closed with this.
        repo: ``org/db`` there.
        seat: Who acts.
        location: The hub's address.
        near: Reads with a copy here; None to ask the hub for everything.
    """

    def __init__(
        self, http: Http, repo: RepoName, seat: Seat, *, near: Nearby | None = None
    ) -> None:
        self.http = http
        self.repo = repo
        self.seat = seat
        self.location = http.root
        self.near = near

    @property
    def stale_because(self) -> str:
        """Why the last read answers from an older state; "" if it does not."""
        return self.near.stale_because if self.near else ""

    def close(self) -> None:
        """Close the connections and the copy."""
        self.http.close()
        if self.near:
            self.near.replica.close()

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
        Return what a read answers, from the copy where that is the same; see ``Nearby.read``.

        Raises:
            WastelandError: As the hub refuses, or when it cannot be reached and the copy does
                not know.
        """
        if self.near is None:
            return self.call(row, values)
        return self.near.read(row, values, source=self, call=self.call)

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

    def news(self, *, limit: int = 5) -> tuple[Sequence[str], int]:
        """
        Return what the caller is told of its own work and has not read, and how much that is.

        Returns:
            One sentence each, newest first, *limit* at most.
        Raises:
            WastelandError: As the hub refuses, or when it cannot be reached.
        """
        query = {"commons": str(self.repo), "unread": "true", "limit": str(limit)}
        answer = self._asked(Call("GET", (*_API, "notifications"), query=query))
        items = self._understood(list[dict[str, Any]], answer.get("items"), "what is new") or []
        told = [f"{one.get('headline')}: {one.get('title')}" for one in items]
        unread = answer.get("unread")
        return told, unread if isinstance(unread, int) else len(told)

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


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
