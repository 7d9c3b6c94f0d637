"""
A commons on a hub, by its resource API: every operation is one request, and the hub decides.

The answers come back as the records that the same operation returns here, so that whoever shows
them need not know where it ran.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_origin, get_type_hints

from ..engines.dolthub.http import Call, Http
from ..hosts.base import RepoName
from ..protocol.errors import EngineError
from .data import from_data, to_data
from .methods import method
from .operations import Kind, Operation
from .receipts import Receipt
from .session import Seat

_API: Final = ("api", "v1")


class DistantCommons:
    """
    One rig at one commons of a hub.

    Attributes:
        http: The hub, and who asks; the caller closes it.
        repo: ``org/db`` there.
        seat: Who acts.
        location: The hub's address.
        stale_because: Always "": a hub answers, or the operation fails.
    """

    stale_because = ""

    def __init__(self, http: Http, repo: RepoName, seat: Seat) -> None:
        self.http = http
        self.repo = repo
        self.seat = seat
        self.location = http.root

    def call(self, row: Operation, values: Mapping[str, Any]) -> Any:
        """
        Carry out an operation of the table and return what its method returns.

        Raises:
            WastelandError: As the hub refuses, or when it cannot be reached.
        """
        kind = get_type_hints(method(row))["return"]
        try:
            answer = self.http.send(self._request(row, values))
            data = answer.get("items", []) if get_origin(kind) is list else answer
            return from_data(kind, data)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise EngineError(
                f"{self.location} answers {row.name} in a form that this version does not read.",
                hint="wl version, and the hub's",
            ) from error

    def register(self, *, op_id: str = "", **inputs: Any) -> Receipt:
        """Register the session's rig; inputs are those of ``Rigs.register``."""
        path = (*self._place(), "rigs")
        body = {"handle": self.seat.rig, **inputs} | ({"op_id": op_id} if op_id else {})
        answer = self.http.send(Call("POST", path, body=body, repeatable=bool(op_id)))
        found: Receipt = from_data(Receipt, answer)
        return found

    def still_stands(self, receipt: Receipt) -> bool:
        """Return whether the item that *receipt* is about is on the hub as it says."""
        if receipt.after is None or "status" not in receipt.after:
            return True
        sheet = self.http.send(Call("GET", (*self._place(), "wanted", receipt.id)))
        shown = sheet.get("item", {})
        said = dict(receipt.after)
        return all(shown.get(name) == said.get(name) for name in ("status", "claimed_by"))

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
