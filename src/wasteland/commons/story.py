"""
The whole story on a commons of its own: post, claim, submit, review, stamp.

It uses the same operations as everybody, and stops at the first that does not do what it should.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..hosts.base import Host, RepoName
from .creation import create_commons
from .receipts import Receipt
from .sdk import Commons
from .session import Seat

REPO = RepoName("demo", "commons")
_EVIDENCE = "https://example.org/demo/pull/7 adds three retries with back-off; all tests pass"


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of the story: who, what is told, and the receipt that proves it."""

    who: str
    told: str
    receipt: Receipt


def seats() -> dict[str, Seat]:
    """Return the cast: a maintainer, a poster and a worker, each with an account."""
    return {"max": Seat("max", REPO.owner), "ada": Seat("ada", "ada"), "ben": Seat("ben", "ben")}


def play(host: Host) -> Iterator[Scene]:
    """
    Yield the scenes one by one, each played as it is asked for.

    Args:
        host: A host that has no ``demo/commons`` yet.
    """
    create_commons(host, REPO, handle="max", name="Demo commons", display_name="Max, maintainer")
    cast = {who: Commons(host, REPO, seat) for who, seat in seats().items()}
    poster, worker, maintainer = cast["ada"], cast["ben"], cast["max"]
    yield Scene("ada", "Ada joins", poster.register(display_name="Ada, poster"))
    yield Scene("ben", "Ben joins", worker.register(display_name="Ben's agent", rig_type="agent"))
    for title, extra in _OTHERS:
        poster.post(title=title, **extra)
    posted = poster.post(
        title="Add retry logic to the relay",
        description="The relay gives up on the first error. Retry three times with back-off.",
        type="feature",
        priority="high",
        effort="small",
        tags="python,network",
    )
    yield Scene("ada", "Ada posts work", posted)
    yield Scene("ben", "Ben claims it", worker.claim(posted.id))
    yield Scene("ben", "Ben hands it in", worker.done(posted.id, evidence=_EVIDENCE))
    accepted = maintainer.accept(
        posted.id,
        quality="excellent",
        reliability="good",
        creativity="fair",
        confidence=0.9,
        skills="python,network",
        message="Clean, and the tests prove it.",
    )
    yield Scene("max", "Max reviews, merges and stamps", accepted)


_OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Translate the first-run guide", {"type": "docs", "effort": "small", "tags": "docs"}),
    ("The board is slow on a phone", {"type": "bug", "priority": "medium", "tags": "web"}),
    (
        "Find a better name for badges",
        {"type": "community", "priority": "low", "effort": "trivial", "bounty": True},
    ),
)
