"""A listener that must never be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commons.outgoing.servers import Canary


@pytest.fixture
def canary() -> Iterator[Canary]:
    """A listener on loopback; a test that lets anybody connect to it has found a hole."""
    made = Canary()
    yield made
    made.close()
