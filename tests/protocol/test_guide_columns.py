"""The tables of the MVGT guide, column by column, as a database makes them from our statements."""

from __future__ import annotations

import sqlite3

import pytest

from wasteland.protocol.schema import TABLES

# Column, type, and the default or "key" or "required".
GUIDE = {
    "rigs": """
        handle        VARCHAR(255)  key
        display_name  VARCHAR(255)
        dolthub_org   VARCHAR(255)
        hop_uri       VARCHAR(512)
        owner_email   VARCHAR(255)
        gt_version    VARCHAR(32)
        trust_level   INT           0
        registered_at TIMESTAMP
        last_seen     TIMESTAMP
        rig_type      VARCHAR(16)   'human'
        parent_rig    VARCHAR(255)
    """,
    "wanted": """
        id               VARCHAR(64)  key
        title            TEXT         required
        description      TEXT
        project          VARCHAR(64)
        type             VARCHAR(32)
        priority         INT          2
        tags             JSON
        posted_by        VARCHAR(255)
        claimed_by       VARCHAR(255)
        status           VARCHAR(32)  'open'
        effort_level     VARCHAR(16)  'medium'
        evidence_url     TEXT
        sandbox_required TINYINT(1)   0
        sandbox_scope    JSON
        sandbox_min_tier VARCHAR(32)
        created_at       TIMESTAMP
        updated_at       TIMESTAMP
    """,
    "completions": """
        id                   VARCHAR(64)  key
        wanted_id            VARCHAR(64)
        completed_by         VARCHAR(255)
        evidence             TEXT
        validated_by         VARCHAR(255)
        stamp_id             VARCHAR(64)
        parent_completion_id VARCHAR(64)
        block_hash           VARCHAR(64)
        hop_uri              VARCHAR(512)
        completed_at         TIMESTAMP
        validated_at         TIMESTAMP
    """,
    "stamps": """
        id              VARCHAR(64)  key
        author          VARCHAR(255) required
        subject         VARCHAR(255) required
        valence         JSON         required
        confidence      FLOAT        1
        severity        VARCHAR(16)  'leaf'
        context_id      VARCHAR(64)
        context_type    VARCHAR(32)
        skill_tags      JSON
        message         TEXT
        prev_stamp_hash VARCHAR(64)
        block_hash      VARCHAR(64)
        hop_uri         VARCHAR(512)
        created_at      TIMESTAMP
    """,
    "badges": """
        id         VARCHAR(64)  key
        rig_handle VARCHAR(255)
        badge_type VARCHAR(64)
        awarded_at TIMESTAMP
        evidence   TEXT
    """,
    "chain_meta": """
        chain_id        VARCHAR(64)  key
        chain_type      VARCHAR(32)
        parent_chain_id VARCHAR(64)
        hop_uri         VARCHAR(512)
        dolt_database   VARCHAR(255)
        created_at      TIMESTAMP
    """,
    "_meta": """
        key   VARCHAR(64) key
        value TEXT
    """,
}


@pytest.mark.parametrize("table", GUIDE)
def test_a_table_has_the_columns_that_the_guide_lists(table: str) -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute(TABLES[table].create_sql())
        made = database.execute(f"PRAGMA table_info(`{table}`)").fetchall()

    expected = [(*line.split(), "")[:3] for line in GUIDE[table].strip().splitlines()]

    assert expected == [(name, kind, _rest(*rest)) for _, name, kind, *rest in made]


def _rest(required: int, default: str | None, key: int) -> str:
    if key:
        return "key"
    return default or ("required" if required else "")
