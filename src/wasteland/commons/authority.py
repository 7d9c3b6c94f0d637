"""
What the gate needs to know, read from main and from the merged tree.

Authority is read before anything is written, so that no change can loosen the policy that judges
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from ..protocol.diff import RowChange
from ..protocol.gate import Authority, ProposedChange, Submission, Usage
from ..protocol.names import is_handle
from ..protocol.policy import Policy
from ..protocol.records import Completion, Record, Rig, RigLink, Stamp, WantedItem
from ..protocol.roles import Actor
from ..protocol.rules_rigs import lineage, skeleton
from . import queries, records
from .queries import Query

R = TypeVar("R", bound=Record)

_ACTOR_COLUMNS = ("claimed_by", "subject", "author", "parent_rig", "rig_a", "rig_b", "rig")


def load_authority(
    query: Query,
    rows: Sequence[RowChange],
    *,
    handle: str,
    account: str,
    at: datetime,
    token: str,
    owned: bool,
    submissions: Sequence[Submission] = (),
) -> Authority:
    """
    Return what main says about rig *handle* and about those whom *rows* name.

    Args:
        query: Main, before the change.
        account: "" where the host cannot know who is signed in.
        token: Unique to this attempt.
        owned: Whether tables of ours exist there.
        submissions: Work waiting elsewhere that *rows* may bring along.
    """
    policy = Policy.from_meta(queries.meta(query))
    rig = queries.one(query, Rig, handle)
    answering = _answering(query, rig)
    kin = [handle, *answering, *_registering(query, rows, account)]
    suspended = (found for name in kin for found in queries.suspensions(query, name, at))
    actor = Actor(handle, rig, tuple(suspended) if owned else ())
    rigs, links = _others(query, rows, handle)
    return Authority(
        actor=actor,
        policy=policy,
        at=at,
        account=account,
        rigs={**answering, **rigs},
        links=links,
        usage=_usage(query, rows, handle, account, at) if policy.is_stated else Usage(),
        submissions=submissions,
        lookalikes=_lookalikes(query, rows) if policy.is_stated else (),
        moderators=records.moderators(query, rows, policy) if owned else {},
        blocked=records.blocked(query) if owned else (),
        token=token,
        owned=owned,
    )


def _others(
    query: Query, rows: Sequence[RowChange], handle: str
) -> tuple[dict[str, Rig], list[RigLink]]:
    """Return the rigs that *rows* name, and their kin, where the judge must know them."""
    if not _names_others(rows, handle):
        return {}, []
    named = {handle, *_named(rows)}
    rigs, links = queries.kin(query, named)
    # Kin are counted; whoever is named is known however many they are.
    missing = (queries.one(query, Rig, name) for name in named - set(rigs))
    return {**rigs, **{rig.handle: rig for rig in missing if rig}}, links


def _answering(query: Query, rig: Rig | None) -> dict[str, Rig]:
    """Return the rigs that answer for *rig*: their accounts may act as *rig*."""
    if rig is None or not rig.parent_rig:
        return {}
    return {each.handle: each for each in lineage(rig, lambda name: queries.one(query, Rig, name))}


def _registering(query: Query, rows: Iterable[RowChange], account: str) -> list[str]:
    """Return the rigs of an account that registers another: who is suspended makes no new one."""
    if not account or not any(row.table == "rigs" and row.before is None for row in rows):
        return []
    return [rig.handle for rig in queries.where(query, Rig, "dolthub_org", account)]


def _lookalikes(query: Query, rows: Iterable[RowChange]) -> list[str]:
    """Return the handles that read like one which *rows* register, by name."""
    found: list[str] = []
    for row in rows:
        if row.table == "rigs" and row.before is None and is_handle(row.key):
            wanted = skeleton(row.key)
            # "%" is in no handle, and "_" stands for itself and its lookalikes here.
            pattern = "".join("_" if char in "ol-" else char for char in wanted)
            near = query(_NEAR, {"pattern": pattern})
            handles = (str(each["handle"]) for each in near)
            found += [name for name in handles if name != row.key and skeleton(name) == wanted]
    return found


_NEAR = "SELECT `handle` FROM `rigs` WHERE LOWER(`handle`) LIKE :pattern LIMIT 1000"


def proposed(query: Query, rows: Sequence[RowChange], *, owned: bool) -> ProposedChange:
    """
    Return *rows* with the rows that they refer to, as the merged tree has them.

    Args:
        query: The tree with or without *rows*; they are laid over what it answers.
    """
    changed = {row.key for row in rows if row.table == "wanted"}
    named = {str(row.row.get("wanted_id")) for row in rows if row.table == "completions"}
    # An item that never was in review has no completions to read.
    reviewed = {row.key for row in rows if row.table == "wanted" and _may_hold_work(row)}
    completions = {
        c.id: c for name in reviewed | named for c in queries.completions_of(query, name)
    }
    for context in _contexts(rows) - set(completions):
        if found := queries.one(query, Completion, context):
            completions[context] = found
    named |= {c.wanted_id for c in completions.values() if c.wanted_id} - changed
    named |= records.reported_items(rows)
    items = {i.id: i for name in named if (i := queries.one(query, WantedItem, name))}
    stamping = _named(row for row in rows if row.table == "stamps")
    rigs = queries.kin(query, stamping)[0] if stamping else {}
    return ProposedChange(
        rows=rows,
        items=_overlaid(items, rows, WantedItem),
        completions=_overlaid(completions, rows, Completion),
        leases=queries.leases(query, changed) if owned else {},
        rigs=_overlaid(rigs, rows, Rig) if stamping else {},
        stamps=_earlier_stamps(query, rows),
        **(records.proposed(query, rows) if owned else {}),
    )


def _earlier_stamps(query: Query, rows: Sequence[RowChange]) -> list[Stamp]:
    """Return the stamps about the completions that *rows* stamp, without those of *rows*."""
    new = {row.key for row in rows if row.table == "stamps"}
    found = (stamp for name in _contexts(rows) for stamp in queries.stamps_about(query, name))
    return [stamp for stamp in found if stamp.id not in new]


def _contexts(rows: Iterable[RowChange]) -> set[str]:
    return {str(row.row.get("context_id")) for row in rows if row.table == "stamps"}


def _overlaid(found: dict[str, R], rows: Iterable[RowChange], record: type[R]) -> dict[str, R]:
    for row in rows:
        if row.table == record.table and row.after is None:
            found.pop(row.key, None)
        elif row.table == record.table and row.after:
            found[row.key] = record.from_row(row.after)
    return found


def _may_hold_work(row: RowChange) -> bool:
    before = (row.before or {}).get("status")
    return before == "in_review" or row.row.get("status") in {"in_review", "completed"}


def _names_others(rows: Iterable[RowChange], handle: str) -> bool:
    """Whether the judge must know other rigs: yearbook rule, links, parents, hand-overs."""
    return any(
        row.table in {"stamps", "rig_links", "rigs", "wlx_moderation"}
        or (row.table == "wanted" and row.row.get("claimed_by") not in {None, handle})
        for row in rows
    )


def _named(rows: Iterable[RowChange]) -> set[str]:
    return {str(row.row[c]) for row in rows for c in _ACTOR_COLUMNS if row.row.get(c)}


def _usage(
    query: Query, rows: Sequence[RowChange], handle: str, account: str, at: datetime
) -> Usage:
    """Count only what these rows could exceed."""
    claims = any(row.table == "wanted" and row.row.get("claimed_by") == handle for row in rows)
    posts = any(row.table == "wanted" and row.before is None for row in rows)
    submits = any(row.table == "completions" and row.before is None for row in rows)
    registers = [row for row in rows if row.table == "rigs" and row.before is None]
    owner = account or str(registers[0].row.get("dolthub_org") if registers else "")
    return Usage(
        open_claims=queries.open_claims(query, handle) if claims else 0,
        posts_today=queries.posts_since(query, handle, at) if posts else 0,
        registrations_today=queries.registrations_since(query, owner, at) if registers else 0,
        open_submissions=queries.open_submissions(query, handle) if submits else 0,
    )
