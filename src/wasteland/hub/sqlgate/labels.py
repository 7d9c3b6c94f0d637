"""
Names of result columns: what MySQL calls a column that the client did not name.

MySQL takes the client's own text for it, SQLite and Dolt take what they are given to run, and that
was printed anew. So each unnamed column gets its name here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import Token, TokenType, exp

from .leaves import is_name
from .parse import Statement

_LONGEST: Final = 200
_OPENING: Final = frozenset({TokenType.L_PAREN, TokenType.CASE})
_CLOSING: Final = frozenset({TokenType.R_PAREN, TokenType.END})
_MODIFIERS: Final = frozenset({TokenType.DISTINCT, TokenType.ALL})
_ENDS: Final = frozenset(
    {
        TokenType.FROM,
        TokenType.WHERE,
        TokenType.ORDER_BY,
        TokenType.LIMIT,
        TokenType.UNION,
        TokenType.GROUP_BY,
        TokenType.HAVING,
    }
)


def name_columns(tree: exp.Expr, statement: Statement) -> None:
    """Give each unnamed column of *tree*, a query, the name that MySQL gives it."""
    select = _outermost(tree)
    texts = list(_texts(statement))
    if len(texts) != len(select.expressions):
        return
    named = [_named(node, text) for node, text in zip(select.expressions, texts, strict=True)]
    select.set("expressions", named)


def _outermost(tree: exp.Expr) -> exp.Expr:
    while not isinstance(tree, exp.Select):
        tree = tree.this
    return tree


def _named(node: exp.Expr, text: str) -> exp.Expr:
    if isinstance(node, exp.Alias | exp.Column | exp.Star):
        return node
    if isinstance(node, exp.Literal) and node.is_string:
        text = node.this
    return exp.alias_(node, text, quoted=True) if is_name(text, _LONGEST) else node


def _texts(statement: Statement) -> Iterator[str]:
    """Yield the text of each column of the outermost query."""
    start: int | None = None
    end = depth = 0
    for token in _columns(statement.tokens):
        if token.token_type is TokenType.COMMA and not depth and start is not None:
            yield statement.text[start:end]
            start = None
            continue
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        start = token.start if start is None else start
        end = token.end + 1
    if start is not None:
        yield statement.text[start:end]


def _columns(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens between the outermost SELECT and what follows its columns."""
    inside = False
    depth = 0
    for token in _unwrapped(tokens):
        kind = token.token_type
        depth += (kind in _OPENING) - (kind in _CLOSING)
        if inside and (depth < 0 or (not depth and kind in _ENDS)):
            return
        if inside and kind not in _MODIFIERS:
            yield token
        if not inside and kind is TokenType.SELECT and depth == 0:
            inside = True


def _unwrapped(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens without the parentheses that the statement begins with."""
    return itertools.dropwhile(lambda token: token.token_type is TokenType.L_PAREN, tokens)
