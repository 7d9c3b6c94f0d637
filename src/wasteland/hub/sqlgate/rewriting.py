"""What both printers do: rewrite a tree rule by rule, and print it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel

Rules = Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]]
"""What becomes of a node of each class; None where it stays."""


def rewrite(tree: exp.Expr, rules: Rules) -> None:
    """Change *tree* by *rules*: children first, so that a rule meets what they became."""
    for node in reversed(list(tree.walk(bfs=True))):
        rule = rules.get(type(node))
        new = rule(node) if rule else None
        if new is not None:
            node.replace(new)


def printed(tree: exp.Expr, dialect: Dialect) -> str:
    """Return *tree* as text, each name in quotes."""
    return tree.sql(
        dialect,
        identify=True,
        normalize_functions=False,
        comments=False,
        unsupported_level=ErrorLevel.RAISE,
    )


def call(name: str, *args: exp.Expr) -> exp.Anonymous:
    """Return a call of a function by its name."""
    return exp.Anonymous(this=name, expressions=list(args))


def text(value: str) -> exp.Literal:
    """Return a string literal."""
    return exp.Literal.string(value)


def name_of(node: exp.Expr) -> str:
    """Return the name of a called function in lower case."""
    return str(node.this).lower()
