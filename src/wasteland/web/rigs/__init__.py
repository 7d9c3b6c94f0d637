"""Rigs: their directory, a rig's passport, and what owners do to look after them."""

from __future__ import annotations

from fastapi import APIRouter

from . import directory, passport

router = APIRouter(include_in_schema=False)
for _part in (directory, passport):
    router.include_router(_part.router)

__all__ = ["router"]
