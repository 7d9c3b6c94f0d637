"""
Whether a rig may take an action: trust, relation to the item, suspension.

One function decides for every door; ``gate`` and the SDK call it, adapters never do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .errors import Forbidden, Suspended, TrustTooLow, WastelandError
from .lean import dataclass
from .lifecycle import Step, can, takes_many
from .moderation import Scope, heaviest, scope_of
from .policy import Action, Policy, Relation, Who
from .records import Moderation, Rig, WantedItem

TRUST_WORDS: Final = ("unverified", "participant", "trusted", "maintainer")
# A suspended rig may still let go of what it holds, say something, and appeal.
_LEFT_TO_SUSPENDED: Final = frozenset({Action.UNCLAIM, Action.COMMENT, Action.APPEAL})
_WITHIN: Final = {
    Scope.EVERYTHING: frozenset(Action) - _LEFT_TO_SUSPENDED,
    Scope.POSTING: frozenset({Action.POST, Action.EDIT, Action.REPORT}),
    Scope.CLAIMING: frozenset({Action.CLAIM, Action.SUBMIT, Action.HANDOVER}),
    # Whoever decides about the work of others, or about others.
    Scope.REVIEWING: frozenset(
        {
            Action.ACCEPT,
            Action.REJECT,
            Action.CLOSE,
            Action.MERGE,
            Action.TRUST,
            Action.POLICY,
            Action.MODERATE,
        }
    ),
}
# These write rows that are nobody's own; they need their trust even where no policy is stated,
# or the first comer could make himself a maintainer.
_GOVERNING: Final = frozenset(
    {Action.TRUST, Action.POLICY, Action.MODERATE, Action.REPORT, Action.APPEAL}
)


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Who wants to act.

    Attributes:
        handle: The acting rig.
        rig: Its row on main; None for a stranger.
        suspensions: The moderation records in force, of the rig and of those that answer for it.
    """

    handle: str
    rig: Rig | None = None
    suspensions: tuple[Moderation, ...] = ()

    @property
    def trust(self) -> int:
        """0 to 3."""
        return self.rig.trust if self.rig else 0

    def suspension(self, action: Action | None = None) -> Moderation | None:
        """Return what keeps the rig from *action*; by default, from taking part at all."""
        for record in heaviest(self.suspensions):
            scope = scope_of(record)
            if action in _WITHIN[scope] or (action is None and scope is Scope.EVERYTHING):
                return record
        return None

    def registered_as(self, rig: Rig, policy: Policy) -> Actor:
        """Return the actor as it will be once its registration in the same change lands."""
        return replace(self, rig=replace(rig, trust_level=policy.new_rig_trust))


def authorize(
    action: Action, actor: Actor, policy: Policy, *, item: WantedItem | None = None
) -> None:
    """
    Return if *actor* may take *action* on *item*.

    Raises:
        Suspended: A moderation record is in force.
        Forbidden: The actor is not registered, or does not stand in the needed relation.
        TrustTooLow: Only more trust would help.
    """
    relations = relations_of(actor, item)
    # Giving back is left to whoever is suspended; taking from others is not.
    is_taking = action is Action.UNCLAIM and Relation.CLAIMER not in relations
    if suspension := actor.suspension(None if is_taking else action):
        raise _suspended(actor, suspension)
    who = policy.who(action)
    if relations & who.relations or _has_trust(actor, who):
        return
    if not policy.is_stated and action not in _GOVERNING:
        if who.relations:
            raise _stands_elsewhere(action, actor, who, item)
        return
    if actor.rig is None:
        raise _unregistered(actor, f"{action.value} needs {who}")
    if who.trust is None:
        raise _stands_elsewhere(action, actor, who, item)
    raise TrustTooLow(
        f"{actor.handle} has trust {actor.trust} ({TRUST_WORDS[actor.trust]}); "
        f"{action.value} needs {who}.",
        rig=actor.handle,
        action=action.value,
        have=actor.trust,
        need=who.trust,
        item_id=item.id if item else None,
    )


def refuse_suspended(actor: Actor) -> None:
    """
    Return if nothing keeps *actor* from taking part.

    Raises:
        Suspended: A moderation record is in force.
    """
    if suspension := actor.suspension():
        raise _suspended(actor, suspension)


def need_standing(actor: Actor, policy: Policy) -> None:
    """
    Return if *actor* takes part in the commons at all.

    Raises:
        Suspended: A moderation record is in force.
        Forbidden: The actor is not registered, where policy is stated.
    """
    refuse_suspended(actor)
    if policy.is_stated and actor.rig is None:
        raise _unregistered(actor, "only its rigs take part")


def need_say_over(actor: Actor, about: Rig) -> None:
    """
    Return if *actor* may decide about rig *about*, as far as the two of them go.

    Raises:
        Forbidden: It is the rig itself, or has less trust.
    """
    if about.handle == actor.handle:
        raise Forbidden(
            f"{actor.handle} cannot decide about itself.",
            hint="ask another maintainer",
            rig=about.handle,
        )
    if about.trust > actor.trust:
        raise Forbidden(
            f"{actor.handle} has trust {actor.trust} and cannot decide about {about.handle}, which "
            f"has {about.trust}.",
            hint="ask a maintainer",
            rig=about.handle,
        )


def is_allowed(
    action: Action, actor: Actor, policy: Policy, *, item: WantedItem | None = None
) -> bool:
    """Return whether ``authorize`` would let it pass."""
    try:
        authorize(action, actor, policy, item=item)
    except WastelandError:
        return False
    return True


def next_steps(item: WantedItem, actor: Actor, policy: Policy) -> list[Step]:
    """Return the steps that *actor* may take on *item* now, likeliest first."""
    return [step for step in _ORDER if _may(step, item, actor, policy)]


def relations_of(actor: Actor, item: WantedItem | None) -> frozenset[Relation]:
    """Return how *actor* stands to *item*."""
    relations = {Relation.ANYONE}
    if item is not None and item.posted_by == actor.handle:
        relations.add(Relation.POSTER)
    if item is not None and item.claimed_by == actor.handle:
        relations.add(Relation.CLAIMER)
    return frozenset(relations)


_ORDER: Final = (
    Step.SUBMIT,
    Step.CLAIM,
    Step.ACCEPT,
    Step.REJECT,
    Step.CLOSE,
    Step.UNCLAIM,
    Step.HANDOVER,
    Step.EDIT,
    Step.WITHDRAW,
)


def _may(step: Step, item: WantedItem, actor: Actor, policy: Policy) -> bool:
    if not can(step, item) or not is_allowed(Action(step.value), actor, policy, item=item):
        return False
    is_holder = item.claimed_by == actor.handle
    if step is Step.SUBMIT:
        return is_holder or takes_many(item)
    # One's own work may be taken back or closed, but never attested.
    return not (step is Step.ACCEPT and is_holder)


def _has_trust(actor: Actor, who: Who) -> bool:
    return actor.rig is not None and who.trust is not None and actor.trust >= who.trust


def _unregistered(actor: Actor, why: str) -> Forbidden:
    return Forbidden(
        f"{actor.handle or 'Nobody'} is not registered in this commons; {why}.",
        hint="wl join the commons first",
        rig=actor.handle,
    )


def _suspended(actor: Actor, record: Moderation) -> Suspended:
    scope = scope_of(record)
    what = "" if scope is Scope.EVERYTHING else f" from {scope.value}"
    until = f" until {record.expires_at:%Y-%m-%d}" if record.expires_at else ""
    why = (record.reason or "no reason given").rstrip(".")
    return Suspended(
        f"{actor.handle} is suspended{what}{until}: {why}.",
        hint="wl unclaim still works; wl appeal --reason TEXT",
        rig=actor.handle,
        id=record.id,
    )


def _stands_elsewhere(action: Action, actor: Actor, who: Who, item: WantedItem | None) -> Forbidden:
    target = f" {item.id}" if item else ""
    return Forbidden(
        f"{actor.handle} may not {action.value}{target}: that is for {who}.",
        rig=actor.handle,
        action=action.value,
        item_id=item.id if item else None,
    )
