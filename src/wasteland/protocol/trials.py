"""
What other rules would have made of a change that is past: landed, waited for review, or refused.

A past change is judged twice, under the rules as they are and as they might be, with the authority
that main gave at its time; so a difference is the rules' alone.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from .gate import judge
from .lean import dataclass
from .policy import Action, Policy
from .proposal import Authority, ProposedChange, Verdict


class Outcome(StrEnum):
    """What becomes of a change."""

    LANDS = "lands"
    WAITS = "waits"  # for a review
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Trial:
    """
    A change under two policies.

    Attributes:
        actions: What it does, in the policy's words.
        before: What becomes of it under the rules as they are.
        after: Under the rules as they might be.
        action: The action that a refusal is about; "" where it names none.
        reason: Why it is refused, under the rules that refuse it alone; "" otherwise.
    """

    actions: frozenset[Action]
    before: Outcome
    after: Outcome
    action: str = ""
    reason: str = ""

    @property
    def differs(self) -> bool:
        """Whether the rules make a difference."""
        return self.before is not self.after


def attempt(change: ProposedChange, authority: Authority, *, now: Policy, changed: Policy) -> Trial:
    """
    Return what becomes of *change* under two policies.

    Args:
        authority: As main gave it before the change; its policy is not looked at.
        now: The rules as they are.
        changed: The rules as they might be.
    """
    known = judge(change, replace(authority, policy=now))
    tried = judge(change, replace(authority, policy=changed))
    refusal = known if tried.allowed else tried
    first = refusal.reasons[0].error if known.allowed is not tried.allowed else None
    return Trial(
        actions=known.actions | tried.actions,
        before=_outcome(known, now),
        after=_outcome(tried, changed),
        action=str(first.facts.get("action") or "") if first else "",
        reason=first.message if first else "",
    )


def _outcome(verdict: Verdict, policy: Policy) -> Outcome:
    if not verdict.allowed:
        return Outcome.REFUSED
    return Outcome.LANDS if policy.lands_at_once(verdict.actions) else Outcome.WAITS
