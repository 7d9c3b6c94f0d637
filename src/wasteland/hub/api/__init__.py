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
    notifications,
    operations,
    webhooks,
)

router = APIRouter()
# What is asked most comes first: of routes, one is tried after the other.
for part in (
    operations,
    commons,
    changes,
    imports,
    logins,
    login_page,
    events,
    webhooks,
    evidence,
    feeds,
    notifications,
):
    router.include_router(part.router)
