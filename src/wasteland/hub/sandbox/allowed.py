"""
What a SELECT on the embedded engine may touch: all that is named here, and nothing else.

The engine asks about each table, function and action when it prepares a statement. Its own verbs
are functions that a SELECT can call, so "it begins with SELECT" says nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_READ, _SELECT, _FUNCTION = 20, 21, 31

_TABLES: Final = frozenset({
    "dolt_branches", "dolt_commit_ancestors", "dolt_diff", "dolt_diff_stat", "dolt_diff_summary",
    "dolt_log", "dolt_patch", "dolt_schema_diff", "dolt_status", "dolt_tags", "json_each",
    "json_tree",
})  # fmt: skip
_OF_TABLE: Final = ("dolt_at_", "dolt_blame_", "dolt_diff_", "dolt_history_")
_INTERNAL: Final = ("dolt_", "doltlite_", "pragma_", "sqlite_")

FUNCTIONS: Final = frozenset({
    "coalesce", "if", "ifnull", "iif", "likely", "nullif", "quote", "typeof",
    "char", "concat", "concat_ws", "format", "glob", "hex", "instr", "length", "like", "lower",
    "ltrim", "octet_length", "printf", "replace", "rtrim", "substr", "substring", "trim",
    "unhex", "unicode", "upper",
    "abs", "acos", "asin", "atan", "atan2", "ceil", "ceiling", "cos", "degrees", "exp", "floor",
    "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "round", "sign",
    "sin", "sqrt", "tan", "trunc",
    "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday",
    "strftime", "time", "timediff", "unixepoch",
    "->", "->>", "json", "json_array", "json_array_length", "json_error_position",
    "json_extract", "json_insert", "json_object", "json_patch", "json_pretty", "json_quote",
    "json_remove", "json_replace", "json_set", "json_type", "json_valid",
    "avg", "count", "group_concat", "json_group_array", "json_group_object", "max", "median",
    "min", "percentile", "percentile_cont", "percentile_disc", "string_agg", "sum", "total",
    "cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile",
    "percent_rank", "rank", "row_number",
    "active_branch", "dolt_hashof", "dolt_hashof_db", "dolt_hashof_table", "dolt_merge_base",
    "dolt_version",
})  # fmt: skip


class Rules:
    """
    The judge of one connection's statements.

    Attributes:
        refused: What was refused last, in words; "" so far nothing.
    """

    def __init__(self, tables: Collection[str], modules: Collection[str]) -> None:
        """
        Name what is there.

        Args:
            tables: The user's tables and views, in lower case.
            modules: The engine's virtual tables, in lower case.
        """
        self.refused = ""
        histories = {prefix + table for table in tables for prefix in _OF_TABLE}
        self._readable = _TABLES | histories | frozenset(tables)
        self._modules = frozenset(modules)

    def allows(
        self,
        action: int,
        first: str | None,
        second: str | None,
        database: str | None,
        inside: str | None,
    ) -> bool:
        """Return whether a statement may do this; the arguments are the engine's."""
        del database, inside
        if action == _SELECT:
            return True
        if action == _READ:
            return self._reads((first or "").lower(), second or "") or self._refuse(first)
        if action == _FUNCTION:
            return (second or "").lower() in FUNCTIONS or self._refuse(second)
        return self._refuse("anything but SELECT")

    def _reads(self, table: str, column: str) -> bool:
        if table in self._readable:
            return True
        # Counting the rows of a WITH table is announced under that table's own name.
        return not column and table not in self._modules and not table.startswith(_INTERNAL)

    def _refuse(self, what: str | None) -> bool:
        self.refused = what or "this"
        return False
