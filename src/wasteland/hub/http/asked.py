"""What every route starts from: the hub, who asks, and what they sent besides."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope as Connection

from ...hosts.base import RepoName
from ...protocol.errors import Invalid, WastelandError
from ...protocol.ids import derived
from ...protocol.names import visible
from ..callers import Caller
from ..hub import Hub
from ..rights import Right
from ..tokens import Scope
from .paths import segment

_RIG_HEADER: Final = "x-wasteland-rig"
_LONGEST_CURSOR: Final = 18  # digits, of what a database counts


def caller_of(hub: Hub, connection: Connection) -> Caller:
    """
    Return who sends a request; looked up once for each.

    Raises:
        Invalid, Unauthenticated: What they sent proves nothing.
    """
    state = connection.setdefault("state", {})
    if "caller" not in state:
        state["caller"] = hub.caller(Headers(scope=connection).get("authorization"))
    found: Caller = state["caller"]
    return found


async def account_of(hub: Hub, connection: Connection) -> str:
    """Return the account that a request proves, "" for none; the event loop goes on meanwhile."""
    if "authorization" not in Headers(scope=connection):
        return ""
    return await run_in_threadpool(_account_of, hub, connection)


def _account_of(hub: Hub, connection: Connection) -> str:
    try:
        return caller_of(hub, connection).account
    except WastelandError:
        return ""


class Asked:
    """
    One request.

    Attributes:
        hub: The hub that is asked.
        request: As the server read it.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.hub: Hub = request.app.state.hub

    @cached_property
    def caller(self) -> Caller:
        """
        Who asks.

        Raises:
            Invalid, Unauthenticated: What they sent proves nothing.
            Forbidden: It proves what is good for the remote protocol only.
        """
        caller = caller_of(self.hub, self.request.scope)
        if caller.scope is Scope.PUSH:
            caller.need_scope(Scope.READ)
        return caller

    @property
    def rig(self) -> str:
        """The rig that the caller wants to act as; "" for its usual one."""
        return self.request.headers.get(_RIG_HEADER, "")

    @property
    def op_id(self) -> str:
        """The operation id that the caller's Idempotency-Key stands for; "" without one."""
        key = self.request.headers.get("idempotency-key", "")
        return derived("op", self.caller.need_account(), key, digits=32) if key else ""

    def repo(self, need: Right = Right.READ) -> RepoName:
        """
        Return the repository that the path names, if the caller may do that with it.

        Raises:
            NotFound: There is none, or the caller may not know of it.
            Unauthenticated, Forbidden: It may do less, or not as the rig that it names.
        """
        params = self.request.path_params
        repo = self.hub.repo(self.caller, params["owner"], params["database"], need)
        if self.rig and self.caller.account and self.hub.is_commons(repo):
            # Also where nobody acts: a caller that takes a name is told at once that it may not.
            self.hub.seat(self.caller, repo, self.rig)
        return repo

    def has(self, tag: str) -> bool:
        """Return whether the client says that it has what *tag* names (``If-None-Match``)."""
        known = self.request.headers.get("if-none-match", "")
        return tag in {part.strip().removeprefix("W/") for part in known.split(",")}

    def part(self, name: str) -> str:
        """Return a segment of the path as the client meant it."""
        return segment(self.request.path_params[name])


async def _asked(request: Request) -> Asked:
    return Asked(request)


async def _of_repo(request: Request, owner: str, database: str) -> Asked:  # noqa: ARG001  # published
    return Asked(request)


async def _of_pull(
    request: Request,
    owner: str,  # noqa: ARG001  # published
    database: str,  # noqa: ARG001  # ditto
    pull_id: str,  # noqa: ARG001  # ditto
) -> Asked:
    return Asked(request)


Asking = Annotated[Asked, Depends(_asked)]
AskingRepo = Annotated[Asked, Depends(_of_repo)]
"""Of a route below ``/{owner}/{database}``."""
AskingPull = Annotated[Asked, Depends(_of_pull)]
"""Of a route below ``/{owner}/{database}/pulls/{pull_id}``."""


def read_cursor(token: str | None) -> int | None:
    """
    Return the number that a paging token stands for, None for the first page.

    Raises:
        Invalid: It is none of ours.
    """
    if not token:
        return None
    if not (token.isascii() and token.isdecimal() and len(token) <= _LONGEST_CURSOR):
        raise Invalid(
            f"{visible(token)} is no paging token of this hub.", field="pageToken", value=token
        )
    return int(token)
