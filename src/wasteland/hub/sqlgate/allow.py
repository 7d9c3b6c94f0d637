"""
The allow-list: which parts of SQL may appear in a statement at all.

Every node of the tree must be of a class named here, with nothing in it but the parts named here;
every function must be named here. What nobody named is refused, so a construct that the parser
learns tomorrow is refused too. Which tables may be named is the affair of `rules_read` and
`rules_write`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sqlglot import exp
from sqlglot.expressions import DType

from .parse import invalid, unsupported

_Parts = Mapping[type[exp.Expr], frozenset[str]]


def _parts(rows: Mapping[type[exp.Expr], str]) -> dict[type[exp.Expr], frozenset[str]]:
    return {node: frozenset(names.split()) for node, names in rows.items()}


_VALUES: Final = _parts(
    {
        exp.Literal: "this is_string",
        exp.Null: "",
        exp.Boolean: "this",
        exp.Column: "this table",
        exp.Identifier: "this quoted",
        exp.Star: "",
        exp.Neg: "this",
        exp.Paren: "this",
        exp.Tuple: "expressions",
        exp.Add: "this expression",
        exp.Sub: "this expression",
        exp.Mul: "this expression",
        exp.Div: "this expression typed safe",
        exp.IntDiv: "this expression",
        exp.Mod: "this expression",
        exp.And: "this expression",
        exp.Or: "this expression",
        exp.Not: "this",
        exp.EQ: "this expression",
        exp.NEQ: "this expression",
        exp.GT: "this expression",
        exp.GTE: "this expression",
        exp.LT: "this expression",
        exp.LTE: "this expression",
        exp.NullSafeEQ: "this expression",
        exp.Is: "this expression",
        exp.In: "this expressions query",
        exp.Between: "this low high",
        exp.Like: "this expression negate",
        exp.Escape: "this expression",
        exp.Case: "this ifs default",
        exp.If: "this true false",
    }
)
_FUNCTIONS: Final = _parts(
    {
        exp.Anonymous: "this expressions",
        exp.Count: "this big_int",
        exp.Sum: "this",
        exp.Avg: "this",
        exp.Min: "this",
        exp.Max: "this",
        exp.GroupConcat: "this separator",
        exp.RowNumber: "",
        exp.Rank: "",
        exp.DenseRank: "",
        exp.Coalesce: "this expressions",
        exp.Nullif: "this expression",
        exp.Concat: "expressions safe coalesce",
        exp.ConcatWs: "expressions safe coalesce",
        exp.Lower: "this",
        exp.Upper: "this",
        exp.Length: "this binary",
        exp.Trim: "this expression position",
        exp.Substring: "this start length",
        exp.Left: "this expression",
        exp.Right: "this expression",
        exp.Replace: "this expression replacement",
        exp.StrPosition: "this substr",
        exp.Round: "this decimals",
        exp.Abs: "this",
        exp.Ceil: "this",
        exp.Floor: "this",
        exp.Greatest: "this expressions",
        exp.Least: "this expressions",
        exp.CurrentTimestamp: "this",
        exp.UtcTimestamp: "this",
        exp.Localtime: "this",
        exp.Localtimestamp: "this",
        exp.CurrentDate: "",
        exp.UtcDate: "",
        exp.CurrentSchema: "",
        exp.TsOrDsToDate: "this",
        exp.DateDiff: "this expression date_part_boundary",
        exp.Cast: "this to",
        exp.DataType: "this expressions",
        exp.DataTypeParam: "this",
        exp.JSONExtract: "this expression",
        exp.JSONExtractScalar: "this expression",
        exp.JSONPath: "expressions",
        exp.JSONPathRoot: "",
        exp.JSONPathKey: "this",
        exp.JSONPathSubscript: "this",
    }
)
_QUERIES: Final = _parts(
    {
        exp.Select: "expressions distinct from_ joins where group having order limit offset with_",
        exp.Union: "this expression distinct order limit offset with_",
        exp.Subquery: "this alias",
        exp.With: "expressions",
        exp.CTE: "this alias",
        exp.TableAlias: "this columns",
        exp.Alias: "this alias",
        exp.From: "this",
        exp.Join: "this on using side kind",
        exp.Table: "this alias",
        exp.Where: "this",
        exp.Group: "expressions",
        exp.Having: "this",
        exp.Order: "this expressions",
        exp.Ordered: "this desc nulls_first",
        exp.Limit: "expression",
        exp.Offset: "expression",
        exp.Distinct: "expressions",
        exp.Exists: "this",
        exp.Window: "this partition_by order over",
    }
)
READ: Final[_Parts] = {**_VALUES, **_FUNCTIONS, **_QUERIES}
WRITE: Final[_Parts] = {
    **READ,
    **_parts(
        {
            exp.Insert: "this expression ignore conflict",
            exp.Update: "this expressions where",
            exp.Delete: "this where",
            exp.Schema: "this expressions",
            exp.Values: "expressions",
            exp.OnConflict: "duplicate expressions action",
            exp.Var: "this",
        }
    ),
}
_CALCULATED: Final = (exp.Star, exp.Div, exp.IntDiv, exp.Mod, exp.NullSafeEQ, exp.Like, exp.Escape)
CHECK: Final[_Parts] = {
    node: parts for node, parts in _VALUES.items() if node not in {*_CALCULATED, exp.Case, exp.If}
}
"""What both engines read alike, and print the same from one day to the next."""

# Functions that the parser knows by name only, with the number of their arguments.
_NAMED: Final = {
    "now": range(2),
    "json_contains": range(2, 3),
    "json_length": range(1, 2),
    "json_unquote": range(1, 2),
    "json_valid": range(1, 2),
    "dolt_hashof": range(1, 2),
    "dolt_merge_base": range(2, 3),
}
_CASTS: Final = frozenset(
    {DType.CHAR, DType.BIGINT, DType.UBIGINT, DType.DECIMAL, DType.DATE, DType.DATETIME}
)
# Words that the parser keeps as plain text inside a node.
_WORDS: Final = frozenset(
    {"LEFT", "RIGHT", "INNER", "OUTER", "CROSS", "LEADING", "TRAILING", "BOTH", "OVER"}
)
_NUMBER: Final = re.compile(r"\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?\Z")
_JSON_KEY: Final = re.compile(r"[\w .:@/+-]{1,64}\Z")
_LONGEST_NAME: Final = 64


def check_nodes(tree: exp.Expr, allowed: _Parts) -> None:
    """
    Refuse *tree* unless *allowed* names all that is in it.

    Functions used as tables are left to the rules about tables.

    Raises:
        Unsupported: It holds a construct, function or type that is not named.
        Invalid: It holds a name or number that cannot be one.
    """
    for node in tree.walk():
        parts = allowed.get(type(node))
        if parts is None:
            raise unsupported(_title(node))
        for part, value in node.args.items():
            if value is None or value is False or value == []:
                continue
            if part not in parts:
                raise unsupported(f"{part.strip('_')} in {_title(node)}")
            _check_word(part, value)
        if leaf := _LEAVES.get(type(node)):
            leaf(node)


def is_name(text: str, longest: int = _LONGEST_NAME) -> bool:
    """Return whether *text* may be quoted as a name: printable, without backtick or backslash."""
    return 0 < len(text) <= longest and text.isprintable() and not set(text) & set("`\\")


def _title(node: exp.Expr) -> str:
    if isinstance(node, exp.Func):
        return f"the function {node.sql_name()}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()


def _check_word(part: str, value: object) -> None:
    if isinstance(value, str) and part != "this" and value.upper() not in _WORDS:
        raise unsupported(f"the {part} {value.upper()[:30]!r}")


def _literal(node: exp.Expr) -> None:
    if node.args.get("is_string"):
        if "\0" in node.this:
            raise invalid("A text holds a NUL character.")
    elif not _NUMBER.match(str(node.this)):
        raise invalid("A number has no form that both engines know.")


def _identifier(node: exp.Expr) -> None:
    if not isinstance(node.this, str) or not is_name(node.this):
        raise invalid(
            f"A name has 1 to {_LONGEST_NAME} printable characters, no backtick or backslash."
        )


def _anonymous(node: exp.Expr) -> None:
    if isinstance(node.parent, exp.Table) or _is_upsert_value(node):
        return
    name = str(node.this).lower()
    counts = _NAMED.get(name)
    if counts is None:
        raise unsupported(f"the function {name[:40]!r}")
    if len(node.expressions) not in counts:
        raise invalid(f"{name.upper()} takes another number of arguments.")


def _is_upsert_value(node: exp.Expr) -> bool:
    """Return whether *node* is VALUES(column), as ON DUPLICATE KEY UPDATE has it."""
    return (
        str(node.this).upper() == "VALUES"
        and len(node.expressions) == 1
        and isinstance(node.expressions[0], exp.Identifier)
        and node.find_ancestor(exp.OnConflict) is not None
    )


def _table_alias(node: exp.Expr) -> None:
    if node.args.get("columns") and not isinstance(node.parent, exp.CTE):
        raise unsupported("names for the columns of a table")


def _data_type(node: exp.Expr) -> None:
    if node.this not in _CASTS or not isinstance(node.parent, exp.Cast):
        raise unsupported("a cast to this type")


def _star(node: exp.Expr) -> None:
    place = node.parent.parent if isinstance(node.parent, exp.Column) else node.parent
    if not isinstance(place, exp.Select | exp.Count):
        raise unsupported("* in this place")


def _alias(node: exp.Expr) -> None:
    if not isinstance(node.parent, exp.Select):
        raise unsupported("a name for anything but a column of the result")


def _filled(node: exp.Expr) -> None:
    if not node.expressions:
        raise invalid(f"{_title(node)} has nothing in it.")


def _query(node: exp.Expr) -> None:
    if not isinstance(node.this, exp.Select | exp.Union | exp.Subquery):
        raise unsupported("anything but a SELECT in this place")


def _json_extract(node: exp.Expr) -> None:
    if not isinstance(node.expression, exp.JSONPath):
        raise unsupported("a JSON path that is no plain text")


def _json_key(node: exp.Expr) -> None:
    if not isinstance(node.this, str) or not _JSON_KEY.match(node.this):
        raise unsupported("this key in a JSON path")


def _json_subscript(node: exp.Expr) -> None:
    if type(node.this) is not int or not 0 <= node.this < 1_000_000:
        raise unsupported("this subscript in a JSON path")


def _whole_number(node: exp.Expr) -> None:
    number = node.expression
    if not isinstance(number, exp.Literal) or number.is_string or not number.this.isdigit():
        raise unsupported("LIMIT and OFFSET by anything but a whole number")


def _window(node: exp.Expr) -> None:
    if not isinstance(node.this, exp.AggFunc | exp.RowNumber | exp.Rank | exp.DenseRank):
        raise unsupported("OVER after this function")


def _escape(node: exp.Expr) -> None:
    sign = node.expression
    if not isinstance(node.this, exp.Like) or not isinstance(sign, exp.Literal):
        raise unsupported("ESCAPE in this place")
    if not sign.is_string or len(sign.this) != 1:
        raise invalid("ESCAPE takes one character.")


_LEAVES: Final[Mapping[type[exp.Expr], Callable[[exp.Expr], None]]] = {
    exp.Alias: _alias,
    exp.CTE: _query,
    exp.Exists: _query,
    exp.Select: _filled,
    exp.Subquery: _query,
    exp.Tuple: _filled,
    exp.Literal: _literal,
    exp.Identifier: _identifier,
    exp.Anonymous: _anonymous,
    exp.DataType: _data_type,
    exp.TableAlias: _table_alias,
    exp.Star: _star,
    exp.JSONExtract: _json_extract,
    exp.JSONExtractScalar: _json_extract,
    exp.JSONPathKey: _json_key,
    exp.JSONPathSubscript: _json_subscript,
    exp.Limit: _whole_number,
    exp.Offset: _whole_number,
    exp.Window: _window,
    exp.Escape: _escape,
}
