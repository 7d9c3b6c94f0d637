"""Settings of a commons: a page for each matter, with why one may not where one may not."""

from __future__ import annotations

from fastapi import APIRouter

from . import danger, export, general, people, policy, probing, pulls, trust, webhooks

router = APIRouter(include_in_schema=False)
for _part in (general, policy, probing, pulls, trust, people, webhooks, export, danger):
    router.include_router(_part.router)

__all__ = ["router"]
