"""Our own resource API: the operations table over HTTP, and making and joining commons."""

from __future__ import annotations

from fastapi import APIRouter

from . import (
    changes,
    commons,
    events,
    evidence,
    feeds,
    imports,
    login_page,
    logins,
    operations,
    webhooks,
)

router = APIRouter()
for part in (
    commons,
    changes,
    imports,
    logins,
    login_page,
    events,
    webhooks,
    evidence,
    feeds,
    operations,
):
    router.include_router(part.router)
