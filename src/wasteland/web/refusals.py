"""Errors as pages tell them: what happened, what did not, what to do."""

from __future__ import annotations

from typing import Final

from ..hub.errors import status_of
from ..hub.errors import told as said
from ..protocol.errors import WastelandError
from ..protocol.lean import dataclass

_TITLES: Final = {
    "not_found": "Nothing is here",
    "unauthenticated": "Sign in to go on",
    "conflict": "Changed since you looked",
    "already_claimed": "Changed since you looked",
    "stale": "Changed since you looked",
    "merge_conflict": "Changed since you looked",
    "limit_reached": "That is the limit",
    "suspended": "This rig is suspended",
    "trust_too_low": "Not with this trust yet",
    "own_work": "Not on your own work",
    "invalid": "One thing to mend",
    "unavailable": "The hub is busy",
    "unsupported": "That cannot be had here",
    "rate_limited": "Too many requests",
}
_SUBMITS: Final = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    An error, for people.

    Attributes:
        title: A few words.
        text: What happened, in a sentence.
        field: The field that it is about; "" for none.
        details: For a report: code and status.
        is_change: Whether the state that the page showed is another by now.
    """

    title: str
    text: str
    field: str
    details: str
    status: int
    is_change: bool


def told(error: WastelandError) -> Refusal:
    """Return *error* for people; nothing of the machine, no secret."""
    status = status_of(error)
    title = _TITLES.get(error.code, "The hub failed" if status >= _SUBMITS else "That is refused")
    return Refusal(
        title=title,
        text=_sentence(error),
        field=str(error.facts.get("field") or ""),
        details=f"{error.code} · {status}",
        status=status,
        is_change=status == 409,
    )


def _sentence(error: WastelandError) -> str:
    if error.code == "not_found" and "repo" in error.facts:
        return "There is no such commons, or it is not yours to see."
    text = said(error).strip()
    # Ids and addresses stay as they can be copied.
    begin = text[:1].upper() if text.partition(" ")[0].isalpha() else text[:1]
    return begin + text[1:] + ("" if text.endswith((".", "?", "…")) else ".")
