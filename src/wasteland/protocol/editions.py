"""What tells one wording of an item from another, so that nobody overwrites what they never saw."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from .errors import Stale
from .records import WantedItem

_WORDING: Final = (
    "title",
    "description",
    "project",
    "type",
    "priority",
    "effort_level",
    "tags",
)
_DIGITS: Final = 16


def edition(item: WantedItem) -> str:
    """Return the edition of an item's text: equal for equal texts, whatever else has changed."""
    words = [getattr(item, column) for column in _WORDING]
    text = json.dumps(words, ensure_ascii=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def need(item: WantedItem, seen: str) -> None:
    """
    Return if the text of *item* is the one that its editor saw.

    Args:
        seen: Its edition; "" where the editor does not say.
    Raises:
        Stale: Somebody has changed it since.
    """
    if seen and seen != edition(item):
        raise Stale(
            f"The text of {item.id} was changed since you looked. Nothing was written.",
            hint=f"wl show {item.id}",
            item_id=item.id,
            edition=edition(item),
        )
