"""DoltHub's first REST API, and what it lacks: the surface that existing clients use."""

from __future__ import annotations

from fastapi import APIRouter

from ..errors import V1ALPHA1
from . import csv, databases, extras, graphql, operations, pulls, refs, sql, uploads

__all__ = ["csv", "graphql", "router"]

router = APIRouter(prefix=V1ALPHA1)
# Reads at a ref match any path of three segments, so they come last.
for part in (operations, databases, refs, pulls, extras, uploads, sql):
    router.include_router(part.router)
