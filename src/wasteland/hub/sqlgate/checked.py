"""What the gate hands on: statements that may be run, as records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

DOLTLITE: Final = "doltlite"
DOLT: Final = "dolt"

RefMap = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Call:
    """
    A stored procedure that the hub carries out itself.

    Attributes:
        procedure: "dolt_branch" or "dolt_merge".
        args: Its literal arguments: options, and names of branches as the client calls them.
    """

    procedure: str
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckedRead:
    """
    A query that may be run.

    Attributes:
        sql: In the engine's dialect, without parameters: to be run as it stands.
        tables: Stored names of the tables and system tables that it reads.
        refs: Branches, tags and commits that it names, as the client calls them.
        is_show_tables: It came as SHOW TABLES; *sql* lists the tables that the gate was told of.
    """

    sql: str
    tables: frozenset[str]
    refs: tuple[str, ...] = ()
    is_show_tables: bool = False


@dataclass(frozen=True, slots=True)
class CheckedWrite:
    """
    A write that may be run.

    Attributes:
        sql: In the engine's dialect, without parameters; "" for a call.
        kind: "insert", "insert_ignore", "upsert", "update", "delete" or "call".
        table: Stored name of the table that it writes; "" for a call.
        call: The procedure, if it is a call.
        where: Column and text of each `column = literal` that every row must meet.
        where_table: The table that *where* is about: the written one, or the one that an
            INSERT ... SELECT takes its row from; "" without conditions.
        where_keys: Primary keys that *where* names, which says whom a write without effect meant.
    """

    sql: str
    kind: str
    table: str
    call: Call | None = None
    where: tuple[tuple[str, str], ...] = ()
    where_table: str = ""
    where_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedDdl:
    """
    A change of the schema that may be run.

    Attributes:
        sql: As both engines accept it.
        kind: "create_table", "add_column", "create_index" or "drop_table".
        table: The table concerned, as stored.
    """

    sql: str
    kind: str
    table: str


@dataclass(frozen=True, slots=True)
class Scope:
    """
    What a statement is checked against.

    Attributes:
        dialect: DOLTLITE or DOLT.
        tables: Stored name of each table of the database, by its name in lower case.
        now: What the statement takes for the present.
        database: The name that DATABASE() and SHOW TABLES give.
        ref_map: From a ref as the client calls it to the one in the database.
        branch_prefix: On Dolt, what the branches of the fork begin with; "" for no fork.
    """

    dialect: str
    tables: Mapping[str, str]
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    database: str = ""
    ref_map: RefMap | None = None
    branch_prefix: str = ""
