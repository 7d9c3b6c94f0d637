"""Signing in: by token or password, with a passkey, elsewhere, by invitation; and signing out."""

from __future__ import annotations

from fastapi import APIRouter

from . import elsewhere, invitations, passkeys, ways
from .beginning import local

__all__ = ["local", "router"]

router = APIRouter(include_in_schema=False)
for _part in (ways, passkeys, elsewhere, invitations):
    router.include_router(_part.router)
