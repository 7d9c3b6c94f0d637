"""
The nine tables of schema v1.2, and the tables of ours beside them.

One description serves both engines' DDL, the reading of older and richer commons (v1.0, v1.1,
Gas Town's extra columns) and the comparison of rows that two engines spell differently.
Source: the commons schema reference (S0-8 to S0-66) and the v1.2 definitions in use.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from .lean import dataclass

Value = str | int | float | None
Row = Mapping[str, Value]

SCHEMA_VERSION: Final = "1.2"
READABLE_MAJOR: Final = 1


class Kind(StrEnum):
    """What a column holds; it decides DDL, comparison and display."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    FLAG = "flag"
    JSON = "json"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column.

    Attributes:
        name: As stored.
        kind: See Kind.
        sql: The type as both engines accept it, with default and NOT NULL.
    """

    name: str
    kind: Kind
    sql: str


@dataclass(frozen=True, slots=True)
class Table:
    """
    One table.

    Attributes:
        name: As stored.
        key: The single primary key column.
        columns: In stored order.
        checks: Table constraints as SQL.
        indexes: Name and column list; made only on commons that we own.
        since: The schema version that introduced it; "" for tables of ours.
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    checks: tuple[str, ...] = ()
    indexes: tuple[tuple[str, str], ...] = ()
    since: str = "1.0"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in stored order."""
        return tuple(column.name for column in self.columns)

    def kind(self, column: str) -> Kind:
        """Return the kind of *column*; a column that others added is text."""
        return _KINDS.get((self.name, column), Kind.TEXT)

    def create_sql(self) -> str:
        """Return the CREATE TABLE statement, which both engines accept."""
        lines = [f"  `{column.name}` {column.sql}" for column in self.columns]
        lines += [f"  {check}" for check in self.checks]
        return f"CREATE TABLE `{self.name}` (\n" + ",\n".join(lines) + "\n)"

    def index_sql(self) -> list[str]:
        """Return one CREATE INDEX statement for each index."""
        return [f"CREATE INDEX `{name}` ON `{self.name}` ({cols})" for name, cols in self.indexes]


def _text(name: str, size: int, rest: str = "") -> Column:
    return Column(name, Kind.TEXT, f"VARCHAR({size}) {rest}".rstrip())


def _long(name: str, rest: str = "") -> Column:
    return Column(name, Kind.TEXT, f"TEXT {rest}".rstrip())


def _json(name: str, rest: str = "") -> Column:
    return Column(name, Kind.JSON, f"JSON {rest}".rstrip())


def _time(name: str, rest: str = "") -> Column:
    # NULL is said aloud: some MySQL modes give a bare TIMESTAMP a default of its own.
    return Column(name, Kind.TIME, f"TIMESTAMP {rest or 'NULL'}".rstrip())


def _key(name: str, size: int = 64) -> Column:
    return _text(name, size, "NOT NULL PRIMARY KEY")


META: Final = Table("_meta", "key", (_key("key"), _long("value")))

RIGS: Final = Table(
    "rigs",
    "handle",
    (
        _key("handle", 255),
        _text("display_name", 255),
        _text("dolthub_org", 255),
        _text("hop_uri", 512),
        _text("owner_email", 255),
        _text("gt_version", 32),
        Column("trust_level", Kind.INTEGER, "INT DEFAULT 0"),
        _time("registered_at"),
        _time("last_seen"),
        _text("rig_type", 16, "DEFAULT 'human'"),
        _text("parent_rig", 255),
    ),
    indexes=(("rigs_org", "dolthub_org"),),
)

WANTED: Final = Table(
    "wanted",
    "id",
    (
        _key("id"),
        _long("title", "NOT NULL"),
        _long("description"),
        _text("project", 64),
        _text("type", 32),
        Column("priority", Kind.INTEGER, "INT DEFAULT 2"),
        _json("tags"),
        _text("posted_by", 255),
        _text("claimed_by", 255),
        _text("status", 32, "DEFAULT 'open'"),
        _text("effort_level", 16, "DEFAULT 'medium'"),
        _long("evidence_url"),
        Column("sandbox_required", Kind.FLAG, "TINYINT(1) DEFAULT 0"),
        _json("sandbox_scope"),
        _text("sandbox_min_tier", 32),
        _time("created_at"),
        _time("updated_at"),
    ),
    # Each index ends in the board's order (priority, newest first), so that a page of the board
    # is read off the index and never sorted.
    indexes=(
        ("wanted_board", "`priority`, `created_at` DESC"),
        ("wanted_status", "`status`, `priority`, `created_at` DESC"),
        ("wanted_project", "`project`, `status`, `priority`, `created_at` DESC"),
        ("wanted_type", "`type`, `status`, `priority`, `created_at` DESC"),
        ("wanted_claimer", "`claimed_by`, `priority`, `created_at` DESC"),
        ("wanted_poster", "`posted_by`, `created_at`"),
    ),
)

COMPLETIONS: Final = Table(
    "completions",
    "id",
    (
        _key("id"),
        _text("wanted_id", 64),
        _text("completed_by", 255),
        _long("evidence"),
        _text("validated_by", 255),
        _text("stamp_id", 64),
        _text("parent_completion_id", 64),
        _text("block_hash", 64),
        _text("hop_uri", 512),
        _time("completed_at"),
        _time("validated_at"),
    ),
    indexes=(("completions_wanted", "wanted_id"), ("completions_rig", "completed_by")),
)

STAMPS: Final = Table(
    "stamps",
    "id",
    (
        _key("id"),
        _text("author", 255, "NOT NULL"),
        _text("subject", 255, "NOT NULL"),
        _json("valence", "NOT NULL"),
        Column("confidence", Kind.REAL, "FLOAT DEFAULT 1"),
        _text("severity", 16, "DEFAULT 'leaf'"),
        _text("context_id", 64),
        _text("context_type", 32),
        _json("skill_tags"),
        _long("message"),
        _text("prev_stamp_hash", 64),
        _text("block_hash", 64),
        _text("hop_uri", 512),
        _time("created_at"),
    ),
    checks=("CHECK (NOT(`author` = `subject`))",),
    indexes=(
        ("stamps_subject", "subject, created_at"),
        ("stamps_author", "author, created_at"),
        ("stamps_context", "context_id"),
    ),
)

BADGES: Final = Table(
    "badges",
    "id",
    (
        _key("id"),
        _text("rig_handle", 255),
        _text("badge_type", 64),
        _time("awarded_at"),
        _long("evidence"),
    ),
)

BOOT_BLOCKS: Final = Table(
    "boot_blocks",
    "handle",
    (
        _key("handle", 255),
        _text("source", 64, "NOT NULL"),
        _json("sheet_json", "NOT NULL"),
        Column("confidence", Kind.REAL, "FLOAT NOT NULL"),
        _text("version", 20, "NOT NULL"),
        _time("created_at", "NOT NULL"),
    ),
    checks=("CHECK (`confidence` >= 0 AND `confidence` <= 1)",),
    since="1.1",
)

CHAIN_META: Final = Table(
    "chain_meta",
    "chain_id",
    (
        _key("chain_id"),
        _text("chain_type", 32),
        _text("parent_chain_id", 64),
        _text("hop_uri", 512),
        _text("dolt_database", 255),
        _time("created_at"),
    ),
)

RIG_LINKS: Final = Table(
    "rig_links",
    "id",
    (
        _key("id"),
        _text("rig_a", 255, "NOT NULL"),
        _text("rig_b", 255, "NOT NULL"),
        _text("link_type", 32, "DEFAULT 'same_owner'"),
        _long("assertion_a"),
        _long("assertion_b"),
        _text("status", 32, "DEFAULT 'pending'"),
        _time("created_at"),
        _time("completed_at"),
        _time("revoked_at"),
        _text("revoked_by", 255),
    ),
    checks=(
        "CONSTRAINT `uq_rig_pair` UNIQUE (`rig_a`, `rig_b`)",
        "CHECK (`rig_a` <> `rig_b`)",
    ),
    since="1.2",
)

LEASES: Final = Table(
    "wlx_leases",
    "wanted_id",
    (
        _key("wanted_id"),
        _text("holder", 255, "NOT NULL"),
        _text("token", 64, "NOT NULL"),
        _time("expires_at", "NOT NULL"),
    ),
    indexes=(("wlx_leases_due", "expires_at"),),
    since="",
)

MODERATION: Final = Table(
    "wlx_moderation",
    "id",
    (
        _key("id"),
        _text("rig", 255, "NOT NULL"),
        _text("action", 32, "NOT NULL"),
        _long("reason"),
        _text("decided_by", 255, "NOT NULL"),
        _time("created_at", "NOT NULL"),
        _time("expires_at"),
        # Of earlier versions; what is lifted now is lifted by a record of its own.
        _time("lifted_at"),
        _text("target_type", 16),
        _text("target", 255),
        _text("category", 32),
        _text("scope", 32),
        _text("about", 64),
        _text("outcome", 16),
        Column("seq", Kind.INTEGER, "INT"),
        _text("prev_hash", 64),
        _text("block_hash", 64),
    ),
    indexes=(
        ("wlx_moderation_rig", "rig"),
        ("wlx_moderation_about", "about"),
        ("wlx_moderation_seq", "seq"),
    ),
    since="",
)

COMMONS_TABLES: Final = (
    META,
    RIGS,
    WANTED,
    COMPLETIONS,
    STAMPS,
    BADGES,
    BOOT_BLOCKS,
    CHAIN_META,
    RIG_LINKS,
)
OWN_TABLES: Final = (LEASES, MODERATION)
TABLES: Final[Mapping[str, Table]] = {t.name: t for t in (*COMMONS_TABLES, *OWN_TABLES)}
# Gas Town adds these; they are read where they exist and never written.
EXTRA_COLUMNS: Final = {"stamps": ("stamp_type", "pilot_cohort", "stamp_index")}
_KINDS: Final = {
    (table.name, column.name): column.kind for table in TABLES.values() for column in table.columns
}


def canonical_row(table: str, row: Row) -> dict[str, Value]:
    """
    Return *row* with each known column spelled one way, so that rows of two engines compare.

    JSON text becomes its sorted compact form (JSON ``null`` is NULL), numbers in text become
    numbers, flags 0 or 1, reals lose what a 32-bit column cannot hold. Columns that we do not know
    are kept as they are.
    """
    return {name: _canonical(_KINDS.get((table, name)), value) for name, value in row.items()}


def canonical_json(text: str) -> str | None:
    """Return *text* sorted and compact, None for JSON null, and *text* itself if it is no JSON."""
    try:
        value = json.loads(text)
        compact = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    return None if value is None else compact


def _canonical(kind: Kind | None, value: Value) -> Value:
    if value is None or kind in {None, Kind.TEXT}:
        return value
    if kind is Kind.JSON:
        return canonical_json(str(value))
    if kind is Kind.TIME:
        return str(value).replace("T", " ").removesuffix("Z")
    number = _number(value)
    if number is None:
        return value
    if kind is Kind.FLAG:
        return int(bool(number))
    # FLOAT is 32 bits wide on one engine and 64 on the other; six digits survive both.
    return float(f"{float(number):.6g}") if kind is Kind.REAL else number


def _number(value: str | float) -> int | float | None:
    """Return the finite number in *value*, an int where it is whole; None if it is none."""
    try:
        number = float(value)
        if not number.is_integer():
            return number if math.isfinite(number) else None
        return int(value)
    except OverflowError:
        return None
    except ValueError:
        return _whole(value)


def _whole(value: str | float) -> int | None:
    """Return the whole number that text such as "2.0" spells."""
    try:
        return int(float(value))
    except ValueError:
        return None
