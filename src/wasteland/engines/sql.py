"""
The few differences between the SQL of the engines, and literals for those that need text.

Statements are written once with ``:name`` parameters and backticks; a statement that needs one of
these fragments asks the engine's ``dialect`` for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from ..protocol.lean import dataclass
from ..protocol.schema import Table

# Quoted text comes first, so that nothing inside it is taken for a parameter. Compiled when a
# statement needs it: one engine never does.
PARAMETER = r"""'(?:[^'\\]|\\.|'')*+'|`[^`]*+`|(?<![:\w]):([a-z_][a-z_0-9]*)"""


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    How one engine spells what the others spell differently.

    Attributes:
        name: "doltlite" or "dolt".
        statement: Turns our text (``:name``) into the driver's.
        json_has: (column, parameter name) -> a condition "this JSON array holds that text".
        mixed_order: Whether an index with DESC columns spares the sort in a mixed ORDER BY.
    """

    name: str
    statement: Callable[[str], str]
    json_has: Callable[[str, str], str]
    mixed_order: bool


def _same(sql: str) -> str:
    return sql


@cache
def _pyformat(sql: str) -> str:
    return re.sub(PARAMETER, _placeholder, sql.replace("%", "%%"), flags=re.DOTALL)


def _placeholder(found: re.Match[str]) -> str:
    return f"%({found[1]})s" if found[1] else found[0]


def _sqlite_json_has(column: str, parameter: str) -> str:
    table = column.rpartition(".")[0].strip("`")
    alias = f"`{table}_j`"
    return (
        f"(json_valid({column}) AND EXISTS (SELECT 1 FROM json_each({column}) AS {alias} "
        f"WHERE {alias}.value = :{parameter}))"
    )


def _mysql_json_has(column: str, parameter: str) -> str:
    return f"JSON_CONTAINS({column}, JSON_QUOTE(:{parameter}))"


DOLTLITE = Dialect("doltlite", _same, _sqlite_json_has, mixed_order=True)
DOLT = Dialect("dolt", _pyformat, _mysql_json_has, mixed_order=False)


def quoted(name: str) -> str:
    """Return an identifier in backticks."""
    return f"`{name.replace('`', '``')}`"


def insert_sql(table: Table | str, columns: tuple[str, ...]) -> str:
    """Return an INSERT of *columns* with one parameter each, named like its column."""
    name = table if isinstance(table, str) else table.name
    names = ", ".join(f"`{column}`" for column in columns)
    values = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO `{name}` ({names}) VALUES ({values})"


def containing(text: str) -> str:
    """Return the pattern for ``LIKE ... ESCAPE '!'`` that finds *text* anywhere."""
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"
