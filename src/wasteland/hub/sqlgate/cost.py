"""What a statement may cost, as far as its text tells; time and rows are limited where it runs."""

from __future__ import annotations

import math
from typing import Final

from sqlglot import exp

from .parse import invalid, unsupported

MOST_JOINS: Final = 8
MOST_QUERIES: Final = 20
LONGEST_PATTERN: Final = 1_000
LONGEST_REPLACEMENT: Final = 100
MOST_GROWTH: Final = 1_000


def check_cost(tree: exp.Expr) -> None:
    """
    Refuse a statement that can be seen to cost too much.

    Raises:
        Unsupported: It has too many joins or queries, or repeats texts too often.
    """
    _limit(tree, exp.Join, MOST_JOINS, "joins")
    _limit(tree, exp.Select, MOST_QUERIES, "queries in one statement")
    for like in tree.find_all(exp.Like):
        if isinstance(like.expression, exp.Literal) and len(like.expression.this) > LONGEST_PATTERN:
            raise invalid(f"A LIKE pattern has {LONGEST_PATTERN} characters at most.")
    for replace in tree.find_all(exp.Replace):
        _check_replacement(replace)
    if _growth(tree) > MOST_GROWTH:
        raise unsupported("texts that are joined to themselves over and over")


def _limit(tree: exp.Expr, kind: type[exp.Expr], most: int, what: str) -> None:
    if sum(1 for _ in tree.find_all(kind)) > most:
        raise unsupported(f"more than {most} {what}")


def _check_replacement(node: exp.Replace) -> None:
    for part in (node.expression, node.args.get("replacement")):
        if not isinstance(part, exp.Literal) or len(part.this) > LONGEST_REPLACEMENT:
            raise unsupported(f"REPLACE of or by anything but {LONGEST_REPLACEMENT} characters")


def _growth(tree: exp.Expr) -> int:
    """
    Return how many times longer than its longest cell a text may become.

    Each query may build on the one inside it, so their factors multiply.
    """
    selects: list[exp.Expr] = [*tree.find_all(exp.Select)] or [tree]
    return math.prod(max((_own(node) for node in _texts(one)), default=1) for one in selects)


def _texts(select: exp.Expr) -> list[exp.Expr]:
    kinds = (exp.Concat, exp.ConcatWs, exp.Replace)
    found = (node for node in select.find_all(*kinds))
    return [node for node in found if (node.find_ancestor(exp.Select) or select) is select]


def _own(node: exp.Expr) -> int:
    """Return the factor of *node* with all texts that are built inside it."""
    factor = LONGEST_REPLACEMENT if isinstance(node, exp.Replace) else len(node.expressions)
    parent = node.find_ancestor(exp.Concat, exp.ConcatWs, exp.Replace, exp.Select)
    return factor * (1 if parent is None or isinstance(parent, exp.Select) else _own(parent))
