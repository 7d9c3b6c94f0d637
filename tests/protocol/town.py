"""
A small commons in memory, to judge changes against.

It gives the gate what a merge gives it: the authority as main had it, the rows that a change
refers to as the merged tree has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from wasteland.protocol.chain import Tip, beginning, tip_of
from wasteland.protocol.diff import RowChange
from wasteland.protocol.errors import WastelandError
from wasteland.protocol.gate import (
    Authority,
    ProposedChange,
    Submission,
    Usage,
    Verdict,
    judge,
)
from wasteland.protocol.policy import Policy
from wasteland.protocol.records import (
    RECORDS,
    Completion,
    Lease,
    Moderation,
    Record,
    Rig,
    RigLink,
    Stamp,
    WantedItem,
)
from wasteland.protocol.roles import Actor
from wasteland.protocol.schema import Value

R = TypeVar("R", bound=Record)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EARLIER = AT - timedelta(days=2)
NOW = "2026-03-01 12:00:00"
OPEN = Policy(preset="open")
TEAM = Policy(preset="team")
UNSTATED = Policy()

# One maintainer, one trusted rig, participants, and one that nobody trusts yet.
MONA = Rig("mona", dolthub_org="mona-org", trust_level=3)
TARA = Rig("tara", dolthub_org="tara-org", trust_level=2)
PETE = Rig("pete", dolthub_org="pete-org", trust_level=1)
CARL = Rig("carl", dolthub_org="carl-org", trust_level=1)
DORA = Rig("dora", dolthub_org="dora-org", trust_level=1)
ZERO = Rig("zero", dolthub_org="zero-org", trust_level=0)
RIGS = (MONA, TARA, PETE, CARL, DORA, ZERO)

ITEM = WantedItem("w-1", "Fix it", posted_by="pete", created_at=EARLIER, updated_at=EARLIER)
CLAIMED = replace(ITEM, status="claimed", claimed_by="carl")
IN_REVIEW = replace(CLAIMED, status="in_review", evidence_url="https://x.test/1")
COMPLETED = replace(IN_REVIEW, status="completed")
BOUNTY = replace(ITEM, tags=("open-bounty",))
WORK = Completion("c-1", "w-1", "carl", "https://x.test/1", completed_at=EARLIER)
STAMP = Stamp(
    "s-1",
    "tara",
    "carl",
    {"quality": 0.8},
    context_id="c-1",
    context_type="completion",
    created_at=EARLIER,
)
LEASE = Lease("w-1", "carl", "first", AT + timedelta(hours=1))
SUSPENSION = Moderation("m-1", "carl", "suspend", "spam", "mona", EARLIER)


@dataclass(frozen=True)
class Town:
    """
    What main holds.

    Attributes:
        records: Any; rigs are there from the start.
        policy: As main states it.
        owned: Whether the host is ours.
        usage: What counts against the actor's caps.
        submissions: Work that waits in open pull requests.
        lookalikes: Handles like the one that is being registered.
        blocked: The peers that are refused.
    """

    records: Sequence[Record] = ()
    policy: Policy = OPEN
    owned: bool = True
    usage: Usage = field(default_factory=Usage)
    rigs: Sequence[Rig] = RIGS
    suspended: Mapping[str, Moderation] = field(default_factory=dict)
    merged_rigs: Mapping[str, Rig] = field(default_factory=dict)
    submissions: Sequence[Submission] = ()
    lookalikes: Sequence[str] = ()
    blocked: Sequence[str] = ()

    def judge(self, actor: str, *rows: RowChange, account: str | None = None) -> Verdict:
        """Return the verdict on *rows* by rig *actor*, signed in as its owner by default."""
        return judge(self.proposed(rows), self.authority(actor, account))

    def authority(self, actor: str, account: str | None = None) -> Authority:
        """Return what main says about *actor*."""
        rigs = {rig.handle: rig for rig in self.rigs}
        rig = rigs.get(actor)
        return Authority(
            actor=Actor(actor, rig, tuple(r for r in [self.suspended.get(actor)] if r)),
            policy=self.policy,
            at=AT,
            account=account if account is not None else f"{actor}-org",
            rigs=rigs,
            links=[r for r in self.records if isinstance(r, RigLink)],
            usage=self.usage,
            submissions=self.submissions,
            lookalikes=self.lookalikes,
            moderators={handle: r for handle, r in rigs.items() if r.trust == 3},
            blocked=self.blocked,
            token="fresh",
            owned=self.owned,
        )

    def proposed(self, rows: Sequence[RowChange]) -> ProposedChange:
        """Return *rows* with what they refer to, as the merged tree has it."""
        return ProposedChange(
            rows=rows,
            items=self._merged(rows, WantedItem),
            completions=self._merged(rows, Completion),
            leases=self._merged(rows, Lease),
            rigs=self.merged_rigs,
            stamps=self._earlier_stamps(rows),
            moderation=[r for r in self.records if isinstance(r, Moderation)],
            tip=self.tip(),
        )

    def tip(self) -> Tip:
        """Return the newest link of the chain of moderation records."""
        rows = [r.to_row() for r in self.records if isinstance(r, Moderation)]
        links = [row for row in rows if row["seq"]]
        last = max(links, key=lambda row: int(row["seq"] or 0), default=None)
        return tip_of(last) if last else beginning(rows)

    def _earlier_stamps(self, rows: Iterable[RowChange]) -> list[Stamp]:
        new = {row.key for row in rows if row.table == "stamps"}
        return [r for r in self.records if isinstance(r, Stamp) and r.id not in new]

    def _merged(self, rows: Iterable[RowChange], kind: type[R]) -> dict[str, R]:
        found = {r.key: r for r in self.records if isinstance(r, kind)}
        for row in rows:
            if row.table == kind.table and row.after is None:
                found.pop(row.key, None)
            elif row.table == kind.table and row.after is not None:
                found[row.key] = kind.from_row(row.after)
        return found


def add(record: Record, **cells: Value) -> RowChange:
    """Return the change that adds *record*, with raw *cells* over its columns."""
    return RowChange(record.table, None, {**record.to_row(), **cells})


def edit(record: Record, **cells: Any) -> RowChange:
    """Return the change of *record* to other fields; times and lists as records hold them."""
    after = replace(record, **cells)
    return RowChange(record.table, record.to_row(), after.to_row())


def raw(record: Record, **cells: Value) -> RowChange:
    """Return the change of stored *cells* of *record*, as hand-written SQL leaves them."""
    return RowChange(record.table, record.to_row(), {**record.to_row(), **cells})


def remove(record: Record) -> RowChange:
    """Return the change that deletes *record*."""
    return RowChange(record.table, record.to_row(), None)


def accept(
    item: WantedItem = IN_REVIEW, work: Completion = WORK, stamp: Stamp = STAMP
) -> list[RowChange]:
    """Return the three rows of an acceptance."""
    by = {"validated_by": stamp.author, "stamp_id": stamp.id, "validated_at": AT}
    return [
        edit(item, status="completed", claimed_by=work.completed_by, updated_at=AT),
        edit(work, **by),
        add(stamp),
    ]


def submit(item: WantedItem, work: Completion, **cells: Any) -> list[RowChange]:
    """Return the two rows of a submission."""
    return [edit(item, status="in_review", updated_at=AT, **cells), add(work)]


def applied(verdict: Verdict, rows: Sequence[RowChange]) -> list[RowChange]:
    """Return *rows* with the verdict's amendments to them written in."""
    amended = {(a.table, a.key): a.after for a in verdict.amendments}
    return [
        RowChange(row.table, row.before, amended.get((row.table, row.key), row.after))
        for row in rows
    ]


def leases(verdict: Verdict) -> list[Record]:
    """Return the leases that the verdict's amendments leave."""
    kind = RECORDS["wlx_leases"]
    return [kind.from_row(a.after) for a in verdict.amendments if a.after and a.table == kind.table]


def refusal(verdict: Verdict) -> type[WastelandError] | None:
    """Return the class of the first reason, None where the change is allowed."""
    assert verdict.allowed == (not verdict.reasons)
    assert verdict.allowed or not verdict.amendments
    return type(verdict.reasons[0].error) if verdict.reasons else None
