"""
Who may write which cell, as a table: the words of the administration guide and of the commons'
default policy, written down without a look at the gate.

Each line is about a change that is legal but for the one cell it names: an update of that cell
alone, or an added row with that cell as given here. Columns share a line where one answer fits.
"""

from __future__ import annotations

from collections.abc import Mapping

from wasteland.protocol.schema import Value

ROLES = (
    "stranger",  # nora: no row on main
    "unverified",  # zero: trust 0
    "owner",  # carl: trust 1, whose row it is
    "other",  # dora: trust 1, whose row it is not
    "trusted",  # tara: trust 2
    "maintainer",  # mona: trust 3
    "agent",  # bot: trust 1, the owner's account and its parent rig
    "suspended",  # suse: trust 1, whose row it is, suspended
)
NOBODY: frozenset[str] = frozenset()
NEWCOMER = frozenset({"stranger"})
OWNER = frozenset({"owner"})
OTHER = frozenset({"other"})
MAINTAINER = frozenset({"maintainer"})
TRUSTED = MAINTAINER | {"trusted"}
PARTICIPANT = TRUSTED | {"owner", "other", "agent"}
REGISTERED = PARTICIPANT | {"unverified"}

Rule = tuple[frozenset[str], Mapping[str, Value]]
SOON, LONG_AGO = "2026-02-28 12:00:00", "2020-01-01 00:00:00"

UPDATES: Mapping[str, tuple[Rule, ...]] = {
    "_meta": ((MAINTAINER, {"value": "13"}), (NOBODY, {"key": "policy.claims_cap"})),
    "rigs": (
        (OWNER, {"display_name": "New", "hop_uri": "hop://x/y", "owner_email": "c@x.test"}),
        (OWNER, {"gt_version": "dev", "rig_type": "agent", "last_seen": SOON}),
        (MAINTAINER, {"trust_level": 2}),
        (NOBODY, {"handle": "karl", "dolthub_org": "dora-org", "parent_rig": "dora"}),
        (NOBODY, {"registered_at": LONG_AGO}),
    ),
    # An open item: its poster, and whoever is trusted to keep the board.
    "wanted": (
        (OWNER | TRUSTED, {"title": "New", "description": "New", "project": "p", "type": "bug"}),
        (OWNER | TRUSTED, {"priority": 0, "effort_level": "small", "tags": '["go"]'}),
        (OWNER | TRUSTED, {"sandbox_required": 1, "sandbox_scope": "{}", "sandbox_min_tier": "t"}),
        (OWNER | TRUSTED, {"status": "withdrawn"}),
        (NOBODY, {"id": "w-7", "posted_by": "dora", "claimed_by": "dora"}),
        (NOBODY, {"evidence_url": "https://x", "created_at": LONG_AGO, "updated_at": SOON}),
    ),
    # Evidence stays as it was handed in; a validation never comes without its stamp.
    "completions": (
        (NOBODY, {"id": "c-7", "wanted_id": "w-2", "completed_by": "dora", "evidence": "better"}),
        (NOBODY, {"validated_by": "mona", "stamp_id": "s-1", "validated_at": SOON}),
        (NOBODY, {"parent_completion_id": "c-0", "block_hash": "0", "hop_uri": "hop://x/y"}),
        (NOBODY, {"completed_at": LONG_AGO}),
    ),
    "stamps": (
        (NOBODY, {"id": "s-7", "author": "mona", "subject": "dora", "valence": '{"quality":1}'}),
        (NOBODY, {"confidence": 0.1, "severity": "root", "context_id": "c-2"}),
        (NOBODY, {"context_type": "rig", "skill_tags": "[]", "message": "worse"}),
        (NOBODY, {"prev_stamp_hash": "0", "block_hash": "0", "hop_uri": "hop://x/y"}),
        (NOBODY, {"created_at": LONG_AGO}),
    ),
    "badges": (
        (MAINTAINER, {"rig_handle": "dora", "badge_type": "hero", "awarded_at": SOON}),
        (MAINTAINER, {"evidence": "https://x"}),
        (NOBODY, {"id": "b-7"}),
    ),
    "boot_blocks": (
        (MAINTAINER, {"source": "other", "sheet_json": "{}", "confidence": 0.5, "version": "2"}),
        (MAINTAINER, {"created_at": SOON}),
        (NOBODY, {"handle": "dora"}),
    ),
    "chain_meta": (
        (MAINTAINER, {"chain_type": "x", "parent_chain_id": "y", "hop_uri": "hop://x/y"}),
        (MAINTAINER, {"dolt_database": "org/db", "created_at": SOON}),
        (NOBODY, {"chain_id": "chain-7"}),
    ),
    # A link that its owner proposed to dora: she confirms it; a revocation says when and by whom.
    "rig_links": (
        (OTHER, {"status": "active"}),
        (NOBODY, {"id": "l-7", "rig_a": "mona", "rig_b": "mona", "link_type": "other"}),
        (NOBODY, {"assertion_a": "x", "assertion_b": "x", "created_at": LONG_AGO}),
        (NOBODY, {"completed_at": SOON, "revoked_at": SOON, "revoked_by": "carl"}),
    ),
    "wlx_leases": (
        (NOBODY, {"wanted_id": "w-7", "holder": "dora", "token": "x", "expires_at": SOON}),
    ),
    "wlx_moderation": (
        (NOBODY, {"id": "m-7", "rig": "dora", "action": "praise", "decided_by": "tara"}),
        (NOBODY, {"reason": "other", "created_at": LONG_AGO, "expires_at": SOON}),
        (NOBODY, {"lifted_at": SOON, "target_type": "rig", "target": "pete", "category": "spam"}),
        (NOBODY, {"scope": "posting", "about": "m-0", "outcome": "upheld"}),
        (NOBODY, {"seq": 7, "prev_hash": "0", "block_hash": "0"}),
    ),
}

INSERTS: Mapping[str, tuple[Rule, ...]] = {
    "_meta": ((MAINTAINER, {"value": "13"}), (NOBODY, {"key": "two words"})),
    # Everybody registers itself, once, with its own account.
    "rigs": (
        (NEWCOMER, {"display_name": "New", "hop_uri": "hop://x/y", "owner_email": "n@x.test"}),
        (NEWCOMER, {"gt_version": "dev", "rig_type": "agent", "last_seen": LONG_AGO}),
        (NEWCOMER, {"registered_at": LONG_AGO}),
        (NOBODY, {"handle": "second", "dolthub_org": "dora-org", "parent_rig": "dora"}),
        (NOBODY, {"trust_level": 2}),
    ),
    "wanted": (
        (PARTICIPANT, {"title": "New", "description": "New", "project": "p", "type": "zzz"}),
        (PARTICIPANT, {"priority": 99, "effort_level": "small", "tags": '["go"]'}),
        (PARTICIPANT, {"sandbox_required": 1, "sandbox_scope": "{}", "sandbox_min_tier": "t"}),
        (PARTICIPANT, {"created_at": LONG_AGO, "updated_at": LONG_AGO}),
        (NOBODY, {"id": "two words", "posted_by": "pete", "claimed_by": "pete"}),
        (NOBODY, {"status": "completed", "evidence_url": "https://x"}),
    ),
    # With the step that it belongs to: its rig hands in work on an item that it holds.
    "completions": (
        (PARTICIPANT, {"parent_completion_id": "c-0", "block_hash": "0", "hop_uri": "hop://x/y"}),
        (PARTICIPANT, {"completed_at": LONG_AGO}),
        (NOBODY, {"id": "two words", "wanted_id": "w-2", "completed_by": "pete", "evidence": " "}),
        (NOBODY, {"validated_by": "mona", "stamp_id": "s-1", "validated_at": SOON}),
    ),
    # With the acceptance that it belongs to, of work by pete.
    "stamps": (
        (TRUSTED, {"severity": "root", "skill_tags": '["go"]', "message": "Good."}),
        (TRUSTED, {"prev_stamp_hash": "0", "block_hash": "0", "hop_uri": "hop://x/y"}),
        (TRUSTED, {"created_at": LONG_AGO}),
        (NOBODY, {"id": "two words", "author": "pete", "subject": "zero", "valence": "{}"}),
        (NOBODY, {"confidence": 5, "context_id": "c-2", "context_type": "rig"}),
    ),
    "badges": (
        (MAINTAINER, {"rig_handle": "dora", "badge_type": "hero", "awarded_at": SOON}),
        (MAINTAINER, {"evidence": "https://x"}),
        (NOBODY, {"id": "two words"}),
    ),
    "boot_blocks": (
        (MAINTAINER, {"source": "other", "sheet_json": "{}", "confidence": 0.5, "version": "2"}),
        (MAINTAINER, {"created_at": SOON}),
        (NOBODY, {"handle": "two words"}),
    ),
    "chain_meta": (
        (MAINTAINER, {"chain_type": "x", "parent_chain_id": "y", "hop_uri": "hop://x/y"}),
        (MAINTAINER, {"dolt_database": "org/db", "created_at": SOON}),
        (NOBODY, {"chain_id": "two words"}),
    ),
    # Proposed to pete, in one's own words.
    "rig_links": (
        (REGISTERED, {"link_type": "other", "assertion_a": "x", "created_at": LONG_AGO}),
        (NOBODY, {"id": "two words", "rig_a": "pete", "rig_b": "ghost"}),
        (NOBODY, {"assertion_b": "x", "status": "active", "completed_at": SOON}),
        (NOBODY, {"revoked_at": SOON, "revoked_by": "pete"}),
    ),
    "wlx_leases": (
        (NOBODY, {"wanted_id": "w-7", "holder": "dora", "token": "x", "expires_at": SOON}),
    ),
    # About pete, in the moderator's own name; the merge writes its time and its place.
    "wlx_moderation": (
        (MAINTAINER, {"reason": "more", "created_at": LONG_AGO, "scope": "posting"}),
        (MAINTAINER, {"expires_at": "2030-01-01 00:00:00"}),
        (MAINTAINER, {"seq": 7, "prev_hash": "0", "block_hash": "0"}),
        (NOBODY, {"id": "two words", "rig": "mona", "action": "note", "decided_by": "tara"}),
        (NOBODY, {"lifted_at": SOON, "target_type": "rig", "target": "pete", "category": "spam"}),
        (NOBODY, {"about": "m-0", "outcome": "upheld"}),
    ),
}

DELETES: Mapping[str, frozenset[str]] = {
    "_meta": MAINTAINER,  # a rule falls back to the preset's
    "rigs": NOBODY,
    "wanted": NOBODY,
    "completions": NOBODY,  # but with the rejection of it
    "stamps": NOBODY,
    "badges": NOBODY,
    "boot_blocks": NOBODY,
    "chain_meta": NOBODY,
    "rig_links": NOBODY,
    "wlx_leases": NOBODY,
    "wlx_moderation": NOBODY,
}

TRUST_FOR: Mapping[str, int] = {
    "_meta": 3,
    "rigs": 3,
    "wanted": 2,
    "completions": 2,
    "stamps": 9,
    "badges": 3,
    "boot_blocks": 3,
    "chain_meta": 3,
    "rig_links": 9,
    "wlx_leases": 9,
    "wlx_moderation": 3,
}
"""The trust that opens rows of others; 9 is none. What exactly it opens, the tables above say."""

OWNERS: Mapping[str, tuple[str, ...]] = {
    "rigs": ("handle",),
    "wanted": ("posted_by", "claimed_by"),
    "completions": ("completed_by",),
    "stamps": ("author",),
    "rig_links": ("rig_a", "rig_b"),
}
"""The columns that say whose a row is; a table that is not here is the maintainers'."""
