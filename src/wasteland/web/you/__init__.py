"""One's own page: the account, the ways to sign in, tokens, sessions, choices of this browser."""

from __future__ import annotations

from fastapi import APIRouter

from . import choices, passwords, tokens, ways

router = APIRouter(include_in_schema=False)
for _part in (choices, passwords, ways, tokens):
    router.include_router(_part.router)
