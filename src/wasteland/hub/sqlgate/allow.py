"""
The allow-list: which parts of SQL may appear in a statement at all.

Every node of the tree must be of a class named here, with nothing in it but the parts named here;
every function must be named here. What nobody named is refused, so a construct that the parser
learns tomorrow is refused too. `leaves` looks into single nodes; which tables may be named is the
affair of `sources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlglot import exp

from .leaves import LEAVES, title
from .parse import unsupported

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

# Words that the parser keeps as plain text inside a node.
_WORDS: Final = frozenset(
    {"LEFT", "RIGHT", "INNER", "OUTER", "CROSS", "LEADING", "TRAILING", "BOTH", "OVER"}
)


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
            raise unsupported(title(node))
        for part, value in node.args.items():
            if value is None or value is False or value == []:
                continue
            if part not in parts:
                raise unsupported(f"{part.strip('_')} in {title(node)}")
            _check_value(part, value)
        if leaf := LEAVES.get(type(node)):
            leaf(node)


def _check_value(part: str, value: object) -> None:
    """Refuse words that are not known, and lists that hold anything but nodes, which are walked."""
    if isinstance(value, str) and part != "this" and value.upper() not in _WORDS:
        raise unsupported(f"the {part} {value.upper()[:30]!r}")
    if isinstance(value, list) and not all(isinstance(one, exp.Expr) for one in value):
        raise unsupported(f"the {part} in this place")
