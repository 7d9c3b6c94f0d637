"""
What the gate is given and what it answers: the change, the authority, the verdict.

``Case`` is one judgement in progress; the rules for rigs, work and stamps each take one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .diff import RowChange
from .errors import Forbidden, LimitReached, WastelandError
from .journey import Journey
from .policy import Action, Policy
from .records import Completion, Lease, Rig, RigLink, WantedItem, read_time, write_time
from .roles import Actor, authorize
from .schema import Value


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of its caps the actor has used, on main."""

    open_claims: int = 0
    posts_today: int = 0
    registrations_today: int = 0


@dataclass(frozen=True, slots=True)
class Authority:
    """
    What main says about the actor before the merge, so that no change can loosen its own judge.

    Attributes:
        actor: The acting rig; its row is None for a stranger.
        policy: As stated on main.
        at: The host's clock, UTC.
        account: Who is signed in; "" where the host cannot know (a plain directory).
        rigs: Rigs that the change names, and those they belong to, by handle.
        links: Rig links that name any of them.
        usage: What counts against the caps.
        token: Unique to this attempt; it goes into the lease of a claim.
        owned: Whether the commons is ours to amend (tables of ours exist).
    """

    actor: Actor
    policy: Policy
    at: datetime
    account: str = ""
    rigs: Mapping[str, Rig] = field(default_factory=dict)
    links: Sequence[RigLink] = ()
    usage: Usage = Usage()
    token: str = ""
    owned: bool = True


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """
    A net row diff with the rows that it refers to, read on the merged tree.

    Attributes:
        rows: What changes, one entry a row.
        items: Wanted items that ``rows`` change or that their completions name, by id.
        completions: All completions of those items, and those that stamps name, by id.
        leases: Leases of those items, by wanted id.
        schema: Tables whose definition the change alters.
    """

    rows: Sequence[RowChange]
    items: Mapping[str, WantedItem] = field(default_factory=dict)
    completions: Mapping[str, Completion] = field(default_factory=dict)
    leases: Mapping[str, Lease] = field(default_factory=dict)
    schema: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change may not land: the typed error, and the row that it is about."""

    error: WastelandError
    table: str = ""
    key: str = ""

    def __str__(self) -> str:
        return str(self.error)


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The gate's answer.

    Attributes:
        reasons: Why not, most important first; empty when allowed.
        amendments: What the merge writes besides; empty when refused.
        actions: What the change does, in the policy's words.
    """

    reasons: tuple[Reason, ...] = ()
    amendments: tuple[RowChange, ...] = ()
    actions: frozenset[Action] = frozenset()

    @property
    def allowed(self) -> bool:
        """Whether the change may land."""
        return not self.reasons

    def require(self) -> Verdict:
        """
        Return self.

        Raises:
            WastelandError: The first reason, if there is one.
        """
        if self.reasons:
            raise self.reasons[0].error
        return self


class Case:
    """
    One judgement in progress.

    Attributes:
        actor: Becomes a registered rig when the change registers it.
        journeys: Wanted id -> the steps found for it.
        claims: Open claims on main plus those of this change.
        posts: Posts of today plus those of this change.
    """

    def __init__(self, change: ProposedChange, authority: Authority) -> None:
        self.change = change
        self.authority = authority
        self.actor = authority.actor
        self.policy = authority.policy
        self.reasons: list[Reason] = []
        self.amendments: list[RowChange] = []
        self.actions: set[Action] = set()
        self.journeys: dict[str, Journey] = {}
        self.claims = authority.usage.open_claims
        self.posts = authority.usage.posts_today

    @property
    def me(self) -> str:
        """The acting rig's handle."""
        return self.actor.handle

    @property
    def now(self) -> str:
        """The host's clock as stored."""
        return str(write_time(self.authority.at))

    def check(self, row: RowChange, rule: Callable[[Case, RowChange], None]) -> None:
        """Apply *rule* and keep its error as a reason."""
        try:
            rule(self, row)
        except WastelandError as error:
            self.reasons.append(Reason(error, row.table, row.key))

    def authorize(self, action: Action, item: WantedItem | None = None) -> None:
        """
        Note *action* and ask ``roles``.

        Raises:
            Forbidden: The actor may not.
        """
        self.actions.add(action)
        authorize(action, self.actor, self.policy, item=item)

    def amend(self, row: RowChange, **cells: Value) -> None:
        """Let the merge write other *cells* into the row that *row* leaves."""
        amendment = RowChange(row.table, row.after, {**(row.after or {}), **cells})
        if amendment.cells:
            self.amendments.append(amendment)

    def amend_future(self, row: RowChange, column: str) -> None:
        """Put the host's clock where a time is missing or lies in the future."""
        when = read_time(row.row.get(column))
        if when is None or when > self.authority.at:
            self.amend(row, **{column: self.now})

    def only(self, row: RowChange, allowed: Iterable[str]) -> None:
        """
        Return if *row* changes no other cells than *allowed*.

        Raises:
            Forbidden: It does.
        """
        extra = sorted(set(row.cells) - set(allowed))
        if extra:
            raise Forbidden(
                f"{self.me} may not change {', '.join(extra)} of {row.table} {row.key}.",
                table=row.table,
                key=row.key,
                cells=extra,
            )

    def need_own(self, row: RowChange, owner: str | None) -> None:
        """
        Return if *owner* is the acting rig.

        Raises:
            Forbidden: The row is another's.
        """
        if owner != self.me:
            raise Forbidden(
                f"{row.table} {row.key} belongs to {owner or 'nobody'}, not to {self.me}.",
                table=row.table,
                key=row.key,
                owner=owner,
            )


def permanent(what: str, row: RowChange) -> Forbidden:
    """Return the refusal to remove or rewrite a row that is history."""
    return Forbidden(f"{what} is permanent; {row.key} stays.", table=row.table, key=row.key)


def limit(what: str, cap: int, count: int) -> LimitReached:
    """Return the refusal of one more than *cap*."""
    return LimitReached(f"The policy allows {cap} {what}.", limit=cap, count=count)
