"""Moderation: reports, what waits and what is in force, the log that members read."""

from __future__ import annotations

from fastapi import APIRouter

from . import desk, log, reporting

router = APIRouter(include_in_schema=False)
for _part in (reporting, desk, log):
    router.include_router(_part.router)

__all__ = ["router"]
