"""The rules of a policy in words, and what one may choose for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ...protocol.errors import Invalid
from ...protocol.policy import Action, Who
from ...protocol.records import MAX_TRUST
from ...protocol.roles import TRUST_WORDS

_LABELS: Final = {
    "register": "Register a rig",
    "post": "Post an item",
    "edit": "Edit an item",
    "claim": "Claim an item",
    "unclaim": "Give an item back",
    "handover": "Hand a claim over",
    "submit": "Submit work",
    "accept": "Accept and stamp",
    "reject": "Reject work",
    "close": "Close without a stamp",
    "withdraw": "Withdraw an item",
    "review": "See the review inbox",
    "comment": "Comment",
    "report": "Report to moderators",
    "merge": "Merge a pull request",
    "trust": "Change a rig\N{RIGHT SINGLE QUOTATION MARK}s trust",
    "policy": "Change these rules",
    "moderate": "Suspend and restore rigs",
    "mode": "How changes reach main",
    "merge_at_once": "Merge at once, without review",
    "lease_hours": "Length of a lease",
    "claims_cap": "Claims at once",
    "submissions_cap": "Work waiting at once",
    "posts_per_day": "Posts a day",
    "registrations_per_day": "Registrations a day",
    "new_rig_trust": "Trust of a new rig",
}
PRESETS: Final = (
    ("open", "open: every rig posts, claims and submits; trust 2 accepts and merges"),
    ("team", "team: owners 3, maintainers 2, contributors 1, as in the administration guide"),
)
_RELATIONS: Final = {"anyone": "anyone", "poster": "the poster", "claimer": "the holder"}
_MODES: Final = {"pr": "by pull request", "direct": "directly, without review"}
_ABOUT_ITEMS: Final = frozenset(
    {"edit", "unclaim", "handover", "accept", "reject", "close", "withdraw"}
)
_LEVELS: Final = ("anyone", "trust:0", "trust:1", "trust:2", "trust:3", "nobody")
_STANDING: Final = (
    *("trust:1|poster", "trust:2|poster", "trust:3|poster"),
    *("trust:2|claimer", "trust:3|claimer", "trust:2|claimer|poster"),
)


def label(rule: str) -> str:
    """Return what a rule is about."""
    return _LABELS.get(rule) or rule.replace("_", " ").capitalize()


def words(rule: str, text: str) -> str:
    """Return the text of a rule for people."""
    if rule in Action._value2member_map_:
        return _who(text)
    return _OTHERS[rule](text) if rule in _OTHERS else text


def choices(rule: str, value: str) -> Sequence[tuple[str, str]]:
    """
    Return value and words of what may be chosen for a rule; nothing where one types.

    Args:
        value: What is stated or was chosen; it is among them whatever it is.
    """
    if rule in Action._value2member_map_:
        found = [*_LEVELS, *(_STANDING if rule in _ABOUT_ITEMS else ())]
    elif rule == "mode":
        found = list(_MODES)
    elif rule == "new_rig_trust":
        found = ["0", "1", "2"]
    else:
        return ()
    if value and value not in found:
        found.append(value)
    return [(text, words(rule, text)) for text in found]


def _who(text: str) -> str:
    try:
        who = Who.parse(text)
    except Invalid:
        return text
    up = "" if who.trust == MAX_TRUST else " and up"
    parts = [] if who.trust is None else [f"trust {who.trust}{up}"]
    parts += [_RELATIONS[relation] for relation in sorted(who.relations)]
    return ", or ".join(parts) or "nobody"


def _caps(text: str) -> str:
    caps = dict(part.split(":") for part in text.split(",") if ":" in part)
    parts = [f"{cap} at trust {level}" for level, cap in sorted(caps.items())]
    return ", ".join(parts).replace("none", "any number") or text


def _actions(text: str) -> str:
    return "nothing" if text == "none" else text.replace(",", ", ")


def _trust(text: str) -> str:
    is_level = text.isdigit() and int(text) < len(TRUST_WORDS)
    return f"{text}, {TRUST_WORDS[int(text)]}" if is_level else text


_OTHERS: Final[Mapping[str, Callable[[str], str]]] = {
    "mode": lambda text: _MODES.get(text, text),
    "lease_hours": lambda text: f"{text} hours",
    "claims_cap": _caps,
    "merge_at_once": _actions,
    "new_rig_trust": _trust,
}
