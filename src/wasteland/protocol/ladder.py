"""What each level of trust opens, as the policy of a commons says; no level comes by itself."""

from __future__ import annotations

from collections.abc import Sequence

from .lean import dataclass
from .policy import Action, Policy
from .records import MAX_TRUST


@dataclass(frozen=True, slots=True)
class Rung:
    """
    A level of trust.

    Attributes:
        level: 0 to 3.
        opens: What it is the first level for, in the order of the policy.
        claims: How many items a rig of it may hold at once; None for no cap.
    """

    level: int
    opens: Sequence[Action]
    claims: int | None


def rungs(policy: Policy) -> list[Rung]:
    """Return every level, lowest first."""
    return [_rung(policy, level) for level in range(MAX_TRUST + 1)]


def _rung(policy: Policy, level: int) -> Rung:
    opens = [action for action in Action if policy.who(action).trust == level]
    return Rung(level, opens, policy.claims_cap(level))
