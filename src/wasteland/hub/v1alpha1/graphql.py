"""
The one GraphQL mutation that an existing client sends: making a fork.

It proves itself by a cookie; here that holds a token.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from ...protocol.errors import Unsupported, WastelandError
from .. import callers, repositories
from ..errors import told
from ..http.asked import Asking
from ..hub import repo_name

router = APIRouter(tags=["databases"])

_COOKIE: Final = "dolthubToken"
_MUTATION: Final = "createFork"


class Request(BaseModel):
    """A GraphQL request."""

    query: str
    variables: dict[str, Any] = {}


@router.post("/graphql")
def create_fork(asked: Asking, body: Request) -> Response:
    """Fork a database; no other query is answered."""
    try:
        name = _forked(asked, body)
    except WastelandError as error:
        return JSONResponse({"data": None, "errors": [{"message": told(error)}]})
    return JSONResponse({"data": {_MUTATION: {"forkOperationName": name}}})


def _forked(asked: Asking, body: Request) -> str:
    if _MUTATION not in body.query:
        raise Unsupported(f"This hub answers the mutation {_MUTATION} only.")
    cookie = asked.request.cookies.get(_COOKIE, "")
    caller = callers.of_token(asked.hub.accounts, cookie) if cookie else asked.caller
    given = {name: str(body.variables.get(name, "")) for name in _VARIABLES}
    parent = repo_name(given["parentOwnerName"], given["parentRepoName"])
    made = repositories.fork(asked.hub, caller, parent, given["ownerName"])
    return f"forks/{made}"


_VARIABLES: Final = ("ownerName", "parentOwnerName", "parentRepoName")
