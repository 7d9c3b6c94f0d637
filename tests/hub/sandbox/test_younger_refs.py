"""Connections that a worker keeps, and branches that are made after they were opened."""

from __future__ import annotations

from engines.laboratory import post
from wasteland.engines.base import Engine
from wasteland.hub.sandbox import Sandbox, place_of

BASE = "SELECT dolt_merge_base('main', 'wl/ann/w-1') AS base"


def test_a_branch_that_is_younger_than_the_connection_is_found(
    sandbox: Sandbox, engine: Engine
) -> None:
    """A client asks for it in the request after the one that made it."""
    post(engine, "w-1")
    sandbox.read(place_of(engine), "SELECT id FROM wanted")
    engine.create_branch("wl/ann/w-1")

    found = sandbox.read(place_of(engine, with_refs=True), BASE)

    assert [(engine.head(),)] == found.rows
