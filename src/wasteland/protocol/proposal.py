"""
What the gate is given and what it answers: the change, the authority, the verdict.

``Case`` is one judgement in progress; the rules for rigs, work and stamps each take one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from .chain import Tip, beginning
from .diff import RowChange
from .errors import Forbidden, Invalid, LimitReached, WastelandError
from .journey import Journey
from .names import visible
from .policy import Action, Policy
from .records import (
    Completion,
    Lease,
    Moderation,
    Rig,
    RigLink,
    Stamp,
    WantedItem,
    read_time,
    write_time,
)
from .roles import Actor, authorize, need_standing
from .schema import Row, Value

_KEY_LIMIT: Final = 255


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of its caps the actor has used, on main."""

    open_claims: int = 0
    posts_today: int = 0
    registrations_today: int = 0
    open_submissions: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """
    Work that waits in an open pull request, which the gate lets land as its own rig's change.

    Attributes:
        evidence: Of its completion.
        evidence_url: Of the item, as the submission leaves it.
    """

    wanted_id: str
    completed_by: str
    evidence: str
    evidence_url: str | None = None


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
        submissions: Work waiting elsewhere that the change brings along as another rig's.
        lookalikes: Handles of main that read like one which the change registers.
        moderators: Rigs that may decide about others, by handle; where a change answers an appeal.
        blocked: The peers whose rigs and links are refused.
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
    submissions: Sequence[Submission] = ()
    lookalikes: Sequence[str] = ()
    moderators: Mapping[str, Rig] = field(default_factory=dict)
    blocked: Sequence[str] = ()
    token: str = ""
    owned: bool = True


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """
    A net row diff with the rows that it refers to, read on the merged tree.

    Attributes:
        rows: What changes, one entry a row.
        items: Wanted items that ``rows`` change or that ``completions`` name, by id.
        completions: All completions of those items, and those that stamps name, by id.
        leases: Leases of those items, by wanted id.
        rigs: Rigs that stamps name, as the merged tree has them: a rig that an earlier part of the
            same merge registers is tied to its owner although main does not know it yet.
        stamps: Stamps that exist already about the completions that ``rows`` stamp.
        moderation: Records that those of ``rows`` are about, or that are about the same.
        tip: The newest link of the chain of moderation records, before ``rows``.
        schema: Tables whose definition the change alters.
    """

    rows: Sequence[RowChange]
    items: Mapping[str, WantedItem] = field(default_factory=dict)
    completions: Mapping[str, Completion] = field(default_factory=dict)
    leases: Mapping[str, Lease] = field(default_factory=dict)
    rigs: Mapping[str, Rig] = field(default_factory=dict)
    stamps: Sequence[Stamp] = ()
    moderation: Sequence[Moderation] = ()
    tip: Tip = field(default_factory=beginning)
    schema: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change may not land: the typed error, and the row that it is about."""

    error: WastelandError
    table: str = ""
    key: str = ""

    def __str__(self) -> str:
        return str(self.error)

    def to_json(self) -> dict[str, str]:
        """Return the reason as JSON data: code, message, hint, table, key."""
        return {
            "code": self.error.code,
            "message": self.error.message,
            "hint": self.error.hint,
            "table": self.table,
            "key": self.key,
        }


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

    def to_json(self) -> dict[str, object]:
        """Return the verdict as JSON data: allowed, reasons, and actions by name."""
        return {
            "allowed": self.allowed,
            "reasons": [reason.to_json() for reason in self.reasons],
            "actions": sorted(self.actions),
        }

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
        records: Moderation records: those before, then those of the change that were judged.
        tip: The newest link of their chain.
    """

    def __init__(self, change: ProposedChange, authority: Authority) -> None:
        self.change = change
        self.authority = authority
        self.actor = authority.actor
        self.policy = authority.policy
        self.reasons: list[Reason] = []
        self.actions: set[Action] = set()
        self.journeys: dict[str, Journey] = {}
        self.records = list(change.moderation)
        self.tip = change.tip
        self._amended: dict[tuple[str, str], RowChange] = {}

    @property
    def me(self) -> str:
        """The acting rig's handle."""
        return self.actor.handle

    @property
    def amendments(self) -> tuple[RowChange, ...]:
        """What the merge writes besides, at most one entry a row."""
        return tuple(self._amended.values())

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
        """Let the merge write other *cells* into what *row* leaves, where the commons is ours."""
        self.replace(row.table, row.after, {**self.amended(row), **cells})

    def amended(self, row: RowChange) -> Row:
        """Return what *row* leaves, with what was amended of it so far."""
        return self._amended.get((row.table, row.key), row).row

    def amend_time(self, row: RowChange, column: str, *, within: timedelta | None = None) -> None:
        """
        Put the host's clock where a time is missing or lies in the future.

        Args:
            row: As the change leaves it.
            column: Where the time is.
            within: A time further back than this is no better.
        """
        when, now = read_time(row.row.get(column)), self.authority.at.replace(microsecond=0)
        if when is None or when > now or (within is not None and when < now - within):
            self.amend(row, **{column: self.now})

    def replace(self, table: str, before: Row | None, after: Row | None) -> None:
        """
        Let the merge write row *after* for *before*.

        Where the commons is not ours, only what its own policy asks for is written, and no table
        of ours.
        """
        amendment = RowChange(table, before, after)
        is_common = self.policy.is_stated and not table.startswith("wlx_")
        if (self.authority.owned or is_common) and amendment.cells:
            self._amended[table, amendment.key] = amendment

    def need_standing(self) -> None:
        """
        Return if the actor takes part here; for what needs no line of the policy.

        Raises:
            Suspended: A moderation record is in force.
            Forbidden: The actor is not registered.
        """
        need_standing(self.actor, self.policy)

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


def need_key(row: RowChange) -> None:
    """
    Return if the key of an added row can be named and shown.

    Raises:
        Invalid: It cannot.
    """
    if not (0 < len(row.key) <= _KEY_LIMIT and row.key.isprintable() and " " not in row.key):
        raise Invalid(
            f"{visible(row.key)} is no key: 1 to {_KEY_LIMIT} visible characters without spaces.",
            hint="wl show the item for its id",
            field=row.table,
            value=row.key,
        )


def permanent(what: str, row: RowChange) -> Forbidden:
    """Return the refusal to remove or rewrite a row that is history."""
    return Forbidden(f"{what} is permanent; {row.key} stays.", table=row.table, key=row.key)


def limit(what: str, cap: int, count: int) -> LimitReached:
    """Return the refusal of one more than *cap*."""
    return LimitReached(f"The policy allows {cap} {what}.", limit=cap, count=count)
