"""
From text to one syntax tree: size limits first, then sqlglot's MySQL parser.

Comments are dropped here. `AS OF 'ref'`, which the parser does not know, becomes a call of
`dolt_at_<table>('ref')` among the tokens; the rules read it back.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import ParseError

from ...protocol.errors import Invalid, Unsupported
from ...protocol.names import visible

LONGEST_BYTES: Final = 65_536
MOST_TOKENS: Final = 8_000
MOST_NODES: Final = 4_000
DEEPEST: Final = 60
AS_OF: Final = "dolt_at_"

_MYSQL: Final = MySQL()
_WORD: Final = re.compile(
    r"""'(?:[^'\\]|\\.)*+'?|"(?:[^"\\]|\\.)*+"?|`[^`]*+`?|\w++|[^\w\s]""", re.DOTALL
)
_OPENING: Final = frozenset({TokenType.L_PAREN, TokenType.CASE})
_CLOSING: Final = frozenset({TokenType.R_PAREN, TokenType.END})
_PREFIX: Final = frozenset({TokenType.NOT, TokenType.DASH, TokenType.TILDE, TokenType.PLUS})

# The library logs statements that it only half understands: text of strangers.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Statement:
    """
    One parsed statement.

    Attributes:
        tree: Without comments.
        text: As received.
        tokens: Of *text*, without the semicolon at its end.
    """

    tree: exp.Expr
    text: str
    tokens: Sequence[Token]


def parse(text: str, *, verbs: frozenset[str]) -> Statement:
    """
    Return the one statement in *text*.

    Args:
        text: MySQL; a semicolon at its end is allowed.
        verbs: Upper-case words that it may begin with.
    Raises:
        Invalid: It is too long, too deep, no SQL, or several statements.
        Unsupported: It begins with another word, or holds a comment that MySQL would run.
    """
    return understood(tokenize(text), text, verbs=verbs)


def understood(tokens: Sequence[Token], text: str, *, verbs: frozenset[str]) -> Statement:
    """Return the statement that *tokens* of *text* make: the second half of `parse`."""
    _check_verb(tokens[0], verbs)
    _check_depth(tokens)
    tree = _parsed(_without_as_of(tokens), text)
    _strip(tree)
    return Statement(tree, text, tokens)


def tokenize(text: str) -> list[Token]:
    """
    Return the tokens of the one statement in *text*.

    Raises:
        Invalid: It is empty, too long, not text, or several statements.
        Unsupported: It holds a comment that MySQL would run.
    """
    _check_text(text)
    try:
        tokens = list(_MYSQL.tokenize(text))
    except Exception as error:  # whatever hostile text does to the tokenizer
        raise invalid("The statement cannot be read: a quote or comment has no end.") from error
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise invalid("There is no SQL statement.")
    _check_count(len(tokens))
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise invalid("The text holds several statements; send one at a time.")
    _check_comments(tokens)
    return tokens


def invalid(message: str) -> Invalid:
    """Return the error for a statement that is wrong in form."""
    return Invalid(message, field="q")


def unsupported(what: str) -> Unsupported:
    """Return the error for something that SQL knows and the gate does not let in."""
    return Unsupported(f"Unsupported SQL: {what}.", field="q")


def _check_text(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise invalid("The statement is no valid Unicode text.") from error
    if size > LONGEST_BYTES:
        raise invalid(f"The statement has {size} bytes; {LONGEST_BYTES} are allowed.")
    if "\0" in text:
        raise invalid("The statement holds a NUL character.")
    # Counted roughly, before the tokenizer takes a hundred times as long.
    _check_count(sum(1 for _ in _WORD.finditer(text)))


def _check_count(words: int) -> None:
    if words > MOST_TOKENS:
        raise invalid(f"The statement has more than {MOST_TOKENS} words.")


def _check_comments(tokens: Sequence[Token]) -> None:
    for token in tokens:
        for comment in token.comments:
            if comment.startswith(("!", "M!", "+")):
                raise unsupported("a comment that holds code or hints")


def _check_verb(token: Token, verbs: frozenset[str]) -> None:
    word = token.text.upper()
    if word not in verbs:
        shown = word if word.isidentifier() and len(word) < 30 else visible(token.text)
        raise Unsupported(f"Unsupported SQL statement: {shown}.", field="q")


def _check_depth(tokens: Sequence[Token]) -> None:
    depth = run = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        run = run + 1 if token.token_type in _PREFIX else 0
        if max(depth, run) > DEEPEST:
            raise invalid(f"The statement is nested deeper than {DEEPEST} levels.")


def _without_as_of(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with each `t AS OF 'ref'` turned into `dolt_at_t ( 'ref' )`."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        if _is_as_of(tokens, at):
            found[-1] = _like(found[-1], TokenType.VAR, AS_OF + found[-1].text)
            found.append(_like(tokens[at], TokenType.L_PAREN, "("))
            found.append(tokens[at + 2])
            found.append(_like(tokens[at + 1], TokenType.R_PAREN, ")"))
            at += 3
        else:
            found.append(tokens[at])
            at += 1
    return found


def _is_as_of(tokens: Sequence[Token], at: int) -> bool:
    following = tokens[at : at + 3]
    return (
        at > 0
        and len(following) == 3
        and following[0].token_type is TokenType.ALIAS
        and following[1].text.upper() == "OF"
        and following[2].token_type is TokenType.STRING
        and tokens[at - 1].token_type in {TokenType.VAR, TokenType.IDENTIFIER}
    )


def _like(token: Token, kind: TokenType, text: str) -> Token:
    return Token(kind, text, token.line, token.col, token.start, token.end)


def _parsed(tokens: list[Token], text: str) -> exp.Expr:
    try:
        trees = _MYSQL.parser().parse(tokens, text)
    except ParseError as error:
        raise invalid(_syntax_error(error)) from error
    except RecursionError as error:
        raise invalid("The statement is nested too deeply.") from error
    except Exception as error:  # whatever hostile text does to the parser
        raise invalid("The statement cannot be understood.") from error
    if len(trees) != 1 or trees[0] is None:
        raise invalid("There is no SQL statement.")
    return trees[0]


def _syntax_error(error: ParseError) -> str:
    first = error.errors[0] if error.errors else {}
    near, line, column = first.get("highlight"), first.get("line"), first.get("col")
    if not near:
        return "There is a syntax error in the statement."
    return f"syntax error at line {line}, column {column}, near {visible(str(near))}."


def _strip(tree: exp.Expr) -> None:
    """Drop comments, and refuse a tree of too many nodes."""
    for count, node in enumerate(tree.walk()):
        node.comments = None
        if count > MOST_NODES:
            raise invalid(f"The statement has more than {MOST_NODES} parts.")
