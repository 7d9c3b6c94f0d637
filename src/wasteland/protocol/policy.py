"""
What a commons allows: the rules in its ``_meta`` table, with two presets behind them.

A row ``policy.<name>`` states one rule; ``policy.preset`` names the preset for the others. A
commons without any such row states no policy: trust is shown there and never blocks.
Source: the permissions matrix of the administration guide (S1-35, S1-41 to S1-43).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from . import fields
from .errors import Invalid
from .lean import dataclass
from .names import visible

PREFIX: Final = "policy."
PRESET_KEY: Final = "policy.preset"
SCALE_KEY: Final = "valence_scale"
NAME_KEY: Final = "wasteland_name"
_OTHER_KEYS: Final = frozenset({SCALE_KEY, NAME_KEY})
_NOBODY: Final = "nobody"


class Action(StrEnum):
    """What a rig may be allowed to do; each is one line of the policy."""

    REGISTER = "register"
    POST = "post"
    EDIT = "edit"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    HANDOVER = "handover"
    SUBMIT = "submit"
    ACCEPT = "accept"
    REJECT = "reject"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    COMMENT = "comment"
    MERGE = "merge"
    TRUST = "trust"
    POLICY = "policy"
    MODERATE = "moderate"
    REPORT = "report"
    APPEAL = "appeal"


DECIDING: Final = frozenset(
    {
        Action.ACCEPT,
        Action.REJECT,
        Action.CLOSE,
        Action.TRUST,
        Action.POLICY,
        Action.MODERATE,
        Action.REPORT,
        Action.APPEAL,
    }
)
"""What settles something on main itself; there is nobody who would have to review it."""


class Relation(StrEnum):
    """How a rig may stand to an item, apart from its trust."""

    ANYONE = "anyone"
    POSTER = "poster"
    CLAIMER = "claimer"


@dataclass(frozen=True, slots=True)
class Who:
    """
    Who may do something: trust at least ``trust``, or one of ``relations``.

    Attributes:
        trust: 0 to 3; None when trust alone never suffices.
        relations: Any one suffices.
    """

    trust: int | None
    relations: frozenset[Relation] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Who:
        """
        Return the meaning of ``trust:2|poster``.

        Raises:
            Invalid: A word that is neither ``trust:0`` to ``trust:3`` nor a relation.
        """
        if text.strip() == _NOBODY:
            return cls(None)
        levels: list[int] = []
        relations: set[Relation] = set()
        for word in (part.strip() for part in text.split("|")):
            if match := re.fullmatch(r"trust:([0-3])", word):
                levels.append(int(match[1]))
            elif word in Relation._value2member_map_:
                relations.add(Relation(word))
            else:
                raise _no_rule(word)
        return cls(min(levels, default=None), frozenset(relations))

    def __str__(self) -> str:
        words = [] if self.trust is None else [f"trust:{self.trust}"]
        return "|".join([*words, *sorted(self.relations)]) or _NOBODY


_OPEN: Final[Mapping[str, str]] = {
    "register": "anyone",
    "post": "trust:1",
    "edit": "trust:2|poster",
    "claim": "trust:1",
    "unclaim": "trust:2|claimer|poster",
    "handover": "trust:2|claimer",
    "submit": "trust:1",
    "accept": "trust:2",
    "reject": "trust:2|poster",
    "close": "trust:2|poster",
    "withdraw": "trust:2|poster",
    "review": "anyone",
    "comment": "trust:1",
    "merge": "trust:2",
    "trust": "trust:3",
    "policy": "trust:3",
    "moderate": "trust:3",
    "report": "trust:0",
    "appeal": "trust:0",
    "mode": "pr",
    "merge_at_once": "register,claim,unclaim,handover,post",
    "lease_hours": "72",
    "claims_cap": "0:0,1:3,2:10",
    "submissions_cap": "20",
    "posts_per_day": "20",
    "registrations_per_day": "10",
    "reports_per_day": "10",
    "new_rig_trust": "1",
}
# The administration guide's matrix: owner 3, maintainer 2, contributor 1.
_TEAM: Final[Mapping[str, str]] = {
    **_OPEN,
    "post": "trust:2",
    "edit": "trust:2",
    "unclaim": "trust:3|claimer",
    "handover": "trust:3|claimer",
    "reject": "trust:2",
    "close": "trust:2",
    "withdraw": "trust:2",
    "review": "trust:3",
    "merge": "trust:3",
}
PRESETS: Final[Mapping[str, Mapping[str, str]]] = {"open": _OPEN, "team": _TEAM}
RULES: Final = tuple(_OPEN)
MODES: Final = ("pr", "direct")


@dataclass(frozen=True, slots=True)
class Policy:
    """
    The rules of one commons.

    Attributes:
        stated: Rule -> text, as the commons states it.
        preset: The preset behind it; None when the commons states no policy.
        scale: ``_meta.valence_scale``: "1", "5" or None.
    """

    stated: Mapping[str, str] = field(default_factory=dict)
    preset: str | None = None
    scale: str | None = None

    @classmethod
    def from_meta(cls, meta: Mapping[str, str | None]) -> Policy:
        """
        Return the policy in the rows of ``_meta``.

        What cannot be read loosens nothing: a rule falls back to the preset's, a preset to the
        strictest, and a commons that tried to state something has a policy.
        """
        scale = meta.get(SCALE_KEY)
        scale = scale if scale in {"1", "5"} else None
        written = {k.removeprefix(PREFIX): v for k, v in meta.items() if k.startswith(PREFIX)}
        if not written:
            return cls(scale=scale)
        stated = {rule: text for rule, value in written.items() if (text := _read(rule, value))}
        preset = stated.pop("preset", "team" if "preset" in written else "open")
        return cls(stated, preset, scale)

    @property
    def is_stated(self) -> bool:
        """Whether the commons states any policy; without one, trust never blocks."""
        return self.preset is not None

    def text(self, rule: str) -> str:
        """Return the effective text of *rule*."""
        return self.stated.get(rule, PRESETS[self.preset or "open"][rule])

    def origin(self, rule: str) -> str:
        """Return where *rule* comes from, for people."""
        if rule in self.stated:
            return f"_meta {PREFIX}{rule}"
        return f"preset {self.preset}" if self.preset else "default (no policy stated)"

    def who(self, action: Action) -> Who:
        """Return who may take *action*."""
        return Who.parse(self.text(action.value))

    @property
    def mode(self) -> str:
        """``pr`` or ``direct``."""
        return self.text("mode")

    def merges_at_once(self, action: str) -> bool:
        """Return whether a change of this kind goes straight to main when the gate allows it."""
        return self.mode == "direct" or action in self.text("merge_at_once").split(",")

    def lands_at_once(self, actions: Iterable[Action]) -> bool:
        """Return whether a change that does all this goes straight to main if the gate allows."""
        return all(
            action in DECIDING or (self.is_stated and self.merges_at_once(action.value))
            for action in actions
        )

    @property
    def lease_hours(self) -> int:
        """How long a claim holds."""
        return int(self.text("lease_hours"))

    @property
    def new_rig_trust(self) -> int:
        """The trust level that a new rig gets."""
        return int(self.text("new_rig_trust"))

    def claims_cap(self, trust: int) -> int | None:
        """Return how many items a rig of this trust may hold at once; None is no cap."""
        caps = dict(part.split(":") for part in self.text("claims_cap").split(",") if part)
        cap = caps.get(str(trust), "none")
        return None if cap == "none" else int(cap)

    @property
    def submissions_cap(self) -> int:
        """How much work of one rig may wait for a decision at once."""
        return int(self.text("submissions_cap"))

    def daily(self, rule: str) -> int:
        """Return a daily cap: of posts, registrations, or reports (appeals count as such)."""
        return int(self.text(rule))


_SHAPES: Final = {
    "mode": r"pr|direct",
    "merge_at_once": r"none|[a-z]+(?:,[a-z]+)*",
    "lease_hours": r"[1-9][0-9]{0,4}",
    "claims_cap": r"[0-3]:(?:[0-9]{1,6}|none)(?:,[0-3]:(?:[0-9]{1,6}|none))*",
    "submissions_cap": r"[0-9]{1,6}",
    "posts_per_day": r"[0-9]{1,6}",
    "registrations_per_day": r"[0-9]{1,6}",
    "reports_per_day": r"[0-9]{1,6}",
    "new_rig_trust": r"[012]",
    "preset": "|".join(PRESETS),
    SCALE_KEY: "1|5",
}


def key_of(rule: str) -> str:
    """Return the key of ``_meta`` that states *rule*."""
    return rule if rule in _OTHER_KEYS else PREFIX + rule


def digest(meta: Mapping[str, str | None]) -> str:
    """Return what tells the rules that rows of ``_meta`` state from others."""
    stated = [key for key in sorted(meta) if key.startswith(PREFIX) or key in _OTHER_KEYS]
    text = repr([(key, meta[key]) for key in stated])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def restated(
    meta: Mapping[str, str | None], changes: Mapping[str, str | None]
) -> dict[str, str | None]:
    """
    Return the rows of ``_meta`` once *changes* of rules are made.

    Args:
        changes: Rule -> its stored form; None for a rule that is not stated any more.
    """
    keys = {key_of(rule): text for rule, text in changes.items()}
    kept = {key: value for key, value in meta.items() if key not in keys}
    return kept | {key: text for key, text in keys.items() if text is not None}


def check_rule(rule: str, text: str) -> str:
    """
    Return the stored form of a rule.

    Raises:
        Invalid: No such rule, or not its form.
    """
    if rule == NAME_KEY:
        return fields.one_line(rule, text, limit=fields.NAME_LIMIT, required=True)
    text = text.strip()
    if (rule, text) == ("mode", "wild-west"):
        return "direct"
    if rule in _SHAPES:
        if not re.fullmatch(_SHAPES[rule], text):
            raise Invalid(
                f"{visible(text)} is no value for policy {rule}; it looks like "
                f"{_OPEN.get(rule) or _SHAPES[rule].replace('|', ' or ')}.",
                field=rule,
                value=text,
                hint="wl policy shows every rule",
            )
        return text
    if rule not in Action._value2member_map_:
        raise Invalid(
            f"{visible(rule)} is not a rule of the policy.",
            field="rule",
            value=rule,
            hint="wl policy shows every rule",
        )
    return str(Who.parse(text))


def _read(rule: str, value: str | None) -> str | None:
    """Return the stored form of a rule, None where it cannot be read."""
    try:
        return None if value is None else check_rule(rule, value)
    except Invalid:
        return None


def _no_rule(word: str) -> Invalid:
    return Invalid(
        f"{visible(word)} is not a rule: use trust:0 to trust:3, anyone, poster, claimer, joined "
        f"by |, or {_NOBODY}.",
        hint="wl policy shows every rule",
        field="policy",
        value=word,
    )
