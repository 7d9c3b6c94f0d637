"""Our own resource API: the operations table over HTTP, and making and joining commons."""

from __future__ import annotations

from fastapi import APIRouter

from . import commons, events, evidence, feeds, logins, operations, webhooks

router = APIRouter()
for part in (commons, logins, events, webhooks, evidence, feeds, operations):
    router.include_router(part.router)
