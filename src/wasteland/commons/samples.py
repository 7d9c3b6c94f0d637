"""A few items that show what a board is for: how a new commons may begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .posting import Posting

ITEMS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "title": "Read this first: how work goes round here",
        "description": (
            "This board was filled with samples. Each shows a kind of work.\n\n"
            "1. **Claim** an item to say that you work on it.\n"
            "2. **Submit** evidence: a link to what you made, or a few sentences.\n"
            "3. Somebody else **reviews** it, and stamps what you did.\n\n"
            "Withdraw what you do not need."
        ),
        "type": "docs",
        "priority": "low",
        "effort": "trivial",
        "tags": "sample",
    },
    {
        "title": "Say what this commons is for, in one paragraph",
        "description": "It is done when a stranger who reads it knows whether to join.",
        "type": "docs",
        "priority": "high",
        "effort": "small",
        "tags": "sample,first",
    },
    {
        "title": "The first bug that annoys everybody",
        "description": (
            "What you did:\n\nWhat happened:\n\nWhat should have happened:\n\n"
            "It is done when a test shows it."
        ),
        "type": "bug",
        "priority": "critical",
        "effort": "medium",
        "tags": "sample",
    },
    {
        "title": "Find a name for the second release",
        "description": "Many may submit; the one that is accepted closes the item.",
        "type": "community",
        "priority": "backlog",
        "effort": "trivial",
        "tags": "sample",
        "bounty": True,
    },
)


def fill(session: Posting) -> int:
    """Post the samples as the session's rig; return how many there are."""
    for item in ITEMS:
        session.post(**item)
    return len(ITEMS)
