"""DoltHub's second REST API: an envelope, problem bodies, operations to poll."""

from __future__ import annotations

from fastapi import APIRouter

from ..errors import V2
from . import databases, operations, pulls, refs, sql

router = APIRouter(prefix=V2)
for part in (operations, databases, refs, pulls, sql):
    router.include_router(part.router)
