"""
The rows of the nine tables as frozen records; fields carry the column names.

``from_row`` reads any row that a commons of schema 1.x holds: a missing column is None, a column
that we do not know is left aside, an unknown word is kept. ``to_row`` gives the stored form back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from .lean import dataclass
from .schema import TABLES, Kind, Row, Value

Json = Any


class Status(StrEnum):
    """The stored words of a wanted item's life."""

    OPEN = "open"
    CLAIMED = "claimed"
    IN_REVIEW = "in_review"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


MAX_TRUST: Final = 3
"""The top of the trust ladder: a maintainer."""

OPEN_BOUNTY_TAG: Final = "open-bounty"
"""The tag that marks an item which needs no claim and takes many submissions (S2-14)."""


@dataclass(frozen=True, slots=True)
class Record:
    """What all records share: reading from and writing to a row of ``table``."""

    table: ClassVar[str]

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Return the record that *row* holds; a value that cannot be read becomes None."""
        table = TABLES[cls.table]
        values = {name: _read(table.kind(name), row.get(name)) for name in _names(cls)}
        return cls(**values)

    def to_row(self) -> dict[str, Value]:
        """Return the stored form, one entry for each column of the schema."""
        table = TABLES[self.table]
        return {name: _write(table.kind(name), getattr(self, name)) for name in _names(type(self))}

    @property
    def key(self) -> str:
        """The primary key."""
        return str(getattr(self, TABLES[self.table].key))


@dataclass(frozen=True, slots=True)
class Rig(Record):
    """
    A participant: a person, an agent or a machine.

    Attributes:
        handle: Permanent, unique, lower case.
        dolthub_org: The account that owns the rig's fork.
        trust_level: 0 unverified, 1 participant, 2 trusted, 3 maintainer; None is read as 0.
        rig_type: human, agent or hybrid; other words are shown.
        parent_rig: The rig that answers for this one.
    """

    table: ClassVar[str] = "rigs"

    handle: str
    display_name: str | None = None
    dolthub_org: str | None = None
    hop_uri: str | None = None
    owner_email: str | None = None
    gt_version: str | None = None
    trust_level: int | None = 0
    registered_at: datetime | None = None
    last_seen: datetime | None = None
    rig_type: str | None = "human"
    parent_rig: str | None = None

    @property
    def trust(self) -> int:
        """The trust level as a number from 0 to 3, whatever is stored."""
        return min(max(self.trust_level or 0, 0), MAX_TRUST)


@dataclass(frozen=True, slots=True)
class WantedItem(Record):
    """
    A piece of work on the board.

    Attributes:
        priority: 0 critical to 4 backlog; None is read as 2.
        tags: Free words, in stored order.
        status: As stored; see ``state`` for its meaning.
        claimed_by: Handle of the holder; None while open.
    """

    table: ClassVar[str] = "wanted"

    id: str
    title: str = ""
    description: str | None = None
    project: str | None = None
    type: str | None = None
    priority: int | None = 2
    tags: tuple[str, ...] | None = None
    posted_by: str | None = None
    claimed_by: str | None = None
    status: str | None = "open"
    effort_level: str | None = "medium"
    evidence_url: str | None = None
    sandbox_required: int | None = 0
    sandbox_scope: Json = None
    sandbox_min_tier: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def state(self) -> Status | None:
        """The status by its meaning: "validated" is completed; None for a word unknown to us."""
        word = "completed" if self.status == "validated" else self.status or "open"
        return Status(word) if word in Status._value2member_map_ else None

    @property
    def is_open_bounty(self) -> bool:
        """Whether many rigs may submit without a claim."""
        # Tags that are no list are kept for display and mean nothing.
        return isinstance(self.tags, tuple) and OPEN_BOUNTY_TAG in self.tags


@dataclass(frozen=True, slots=True)
class Completion(Record):
    """Evidence that a wanted item was done; validated by the stamp that it names."""

    table: ClassVar[str] = "completions"

    id: str
    wanted_id: str | None = None
    completed_by: str | None = None
    evidence: str | None = None
    validated_by: str | None = None
    stamp_id: str | None = None
    parent_completion_id: str | None = None
    block_hash: str | None = None
    hop_uri: str | None = None
    completed_at: datetime | None = None
    validated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stamp(Record):
    """
    One rig's attestation about another rig's work.

    Attributes:
        valence: Dimension -> score as stored; ``stamps.read_valence`` gives 0 to 1.
        confidence: 0 to 1.
        severity: leaf, branch or root.
        context_id: The completion (or wanted item, or rig) that it is about.
    """

    table: ClassVar[str] = "stamps"

    id: str
    author: str = ""
    subject: str = ""
    valence: Json = None
    confidence: float | None = 1.0
    severity: str | None = "leaf"
    context_id: str | None = None
    context_type: str | None = None
    skill_tags: tuple[str, ...] | None = None
    message: str | None = None
    prev_stamp_hash: str | None = None
    block_hash: str | None = None
    hop_uri: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Badge(Record):
    """A milestone that a rig has reached."""

    table: ClassVar[str] = "badges"

    id: str
    rig_handle: str | None = None
    badge_type: str | None = None
    awarded_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class BootBlock(Record):
    """A profile imported from elsewhere, which gives a rig a start."""

    table: ClassVar[str] = "boot_blocks"

    handle: str
    source: str = ""
    sheet_json: Json = None
    confidence: float = 0.0
    version: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain(Record):
    """A chain of records, or a commons that this one knows."""

    table: ClassVar[str] = "chain_meta"

    chain_id: str
    chain_type: str | None = None
    parent_chain_id: str | None = None
    hop_uri: str | None = None
    dolt_database: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RigLink(Record):
    """Two rigs that say they belong together, usually to one owner."""

    table: ClassVar[str] = "rig_links"

    id: str
    rig_a: str = ""
    rig_b: str = ""
    link_type: str | None = "same_owner"
    assertion_a: str | None = None
    assertion_b: str | None = None
    status: str | None = "pending"
    created_at: datetime | None = None
    completed_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether both sides have asserted it and nobody has revoked it."""
        return self.status == "active" and self.revoked_at is None


@dataclass(frozen=True, slots=True)
class Meta(Record):
    """One setting of the commons."""

    table: ClassVar[str] = "_meta"

    key: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Lease(Record):
    """How long a claim holds, and the token that makes it unique."""

    table: ClassVar[str] = "wlx_leases"

    wanted_id: str
    holder: str = ""
    token: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moderation(Record):
    """
    A deed of moderation, kept for good; see ``moderation`` for its words.

    Attributes:
        rig: About whom: whose item or comment was reported, who is suspended; "" for a peer.
        decided_by: Who reported, decided, appealed or answered.
        expires_at: The end of a suspension; None until it is lifted.
        lifted_at: Only in records of earlier versions.
        target_type: item, rig, comment or peer; None where it is about the rig's whole conduct.
        target: Its id; of a comment ``pull#number``, numbered from 1.
        about: The record that this one answers, lifts or appeals against.
        seq: Its place in the chain, from 1; None in records of earlier versions.
        prev_hash: ``block_hash`` of the record before.
    """

    table: ClassVar[str] = "wlx_moderation"

    id: str
    rig: str = ""
    action: str = "suspend"
    reason: str | None = None
    decided_by: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    lifted_at: datetime | None = None
    target_type: str | None = None
    target: str | None = None
    category: str | None = None
    scope: str | None = None
    about: str | None = None
    outcome: str | None = None
    seq: int | None = None
    prev_hash: str | None = None
    block_hash: str | None = None


RECORDS: Final[Mapping[str, type[Record]]] = {
    record.table: record
    for record in (
        Rig,
        WantedItem,
        Completion,
        Stamp,
        Badge,
        BootBlock,
        Chain,
        RigLink,
        Meta,
        Lease,
        Moderation,
    )
}
"""Table -> the class of its records."""


def read_time(text: Value) -> datetime | None:
    """Return the UTC time in *text* (``YYYY-MM-DD HH:MM:SS`` or RFC 3339); None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        when = datetime.fromisoformat(text.replace(" UTC", "Z"))
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def write_time(when: datetime | None) -> str | None:
    """Return *when* as both engines store it: UTC, whole seconds, no zone."""
    return None if when is None else when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _names(cls: type[Record]) -> tuple[str, ...]:
    # A dataclass keeps the names of its fields, in order, for pattern matching.
    names: tuple[str, ...] = cls.__match_args__
    return names


def _read(kind: Kind, value: Value) -> Any:
    if value is None:
        return None
    if kind is Kind.TIME:
        return read_time(value)
    if kind is Kind.JSON:
        return _read_json(value)
    if kind in {Kind.INTEGER, Kind.FLAG, Kind.REAL}:
        return _read_number(kind, value)
    return str(value)


def _read_json(value: Value) -> Json:
    try:
        parsed = json.loads(str(value))
    except (ValueError, RecursionError):
        return None
    if isinstance(parsed, list):
        return tuple(str(word) if not isinstance(word, dict | list) else word for word in parsed)
    return parsed


def _read_number(kind: Kind, value: Value) -> int | float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
        return number if kind is Kind.REAL else int(number)
    except (TypeError, ValueError, OverflowError):
        return None


def _write(kind: Kind, value: Any) -> Value:
    if value is None:
        return None
    if kind is Kind.TIME:
        return write_time(value)
    if kind is Kind.JSON:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if kind is Kind.FLAG:
        return int(value)
    return value  # type: ignore[no-any-return]
