"""
The page on which a person confirms a code, on any machine: they type it with a token of theirs.

The token travels in the body alone. Nothing that was typed is shown again, as a token may have been
typed into the wrong field. That a form comes from this page and not
from another site is seen to before any route, by its origin.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from ...protocol.errors import WastelandError
from .. import callers
from ..errors import status_of
from ..http.asked import Asking
from ..http.pages import page
from ..tokens import redacted
from .logins import let_in

router = APIRouter(include_in_schema=False)


@router.get("/login")
def form() -> Response:
    """Show the form."""
    return page("login.html", login=None, error="")


@router.post("/login")
def confirm(
    asked: Asking,
    code: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> Response:
    """Let the program that shows *code* sign in as the owner of *token*."""
    try:
        caller = callers.of_token(asked.hub.accounts, token.strip())
        login = let_in(asked.hub, caller, code)
    except WastelandError as error:
        shown = redacted(error.message)
        return page("login.html", status=status_of(error), login=None, error=shown)
    return page("login.html", login=login, error="")
