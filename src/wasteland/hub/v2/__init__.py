"""DoltHub's second REST API: an envelope, problem bodies, operations to poll."""

from __future__ import annotations

from fastapi import APIRouter

from . import databases, operations, pulls, refs, sql
from .shapes import PREFIX

router = APIRouter(prefix=PREFIX)
for part in (operations, databases, refs, pulls, sql):
    router.include_router(part.router)
