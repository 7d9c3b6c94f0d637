"""Our own resource API: the operations table over HTTP, and making and joining commons."""

from __future__ import annotations

from fastapi import APIRouter

from . import commons, events, logins, operations

router = APIRouter()
for part in (commons, logins, events, operations):
    router.include_router(part.router)
