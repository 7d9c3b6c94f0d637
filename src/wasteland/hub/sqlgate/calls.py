"""
Stored procedures, which the hub carries out itself: no CALL is ever run as SQL.

The parser has no form for CALL, and its tokenizer keeps what follows the word as one text; so that
text is read token by token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlglot import Token, TokenType

from ...protocol.errors import Unsupported
from .checked import Call
from .parse import invalid, tokenize
from .refs import check_ref

UNSUPPORTED_CALL: Final = "Unsupported SQL statement: CALL"
"""How a refused CALL is reported: existing clients look for it and take another way."""

_LONGEST: Final = 64
_DELETE: Final = frozenset({"-d", "-D"})
_MOST_ARGS: Final = 10


def is_call(tokens: Sequence[Token]) -> bool:
    """Return whether the statement is a CALL."""
    return tokens[0].text.upper() == "CALL"


def read_call(tokens: Sequence[Token]) -> Call:
    """
    Return the procedure and its arguments.

    Raises:
        Unsupported: The procedure, or one of its options, is not on the list.
        Invalid: Its arguments are no literals, or name no branch.
    """
    rest = tokenize(tokens[1].text) if len(tokens) == 2 else []
    name = _procedure(rest)
    check = _PROCEDURES.get(name)
    if check is None:
        raise _refused(name)
    args = _arguments(rest)
    check(name, args)
    return Call(name, args)


def _procedure(tokens: Sequence[Token]) -> str:
    name = tokens[0].text.lower() if tokens and tokens[0].token_type is TokenType.VAR else ""
    if not name.isidentifier() or len(name) > _LONGEST:
        raise Unsupported(f"{UNSUPPORTED_CALL} of this form.", field="q")
    return name


def _arguments(tokens: Sequence[Token]) -> tuple[str, ...]:
    kinds = [token.token_type for token in tokens]
    if kinds[1:2] != [TokenType.L_PAREN] or kinds[-1] is not TokenType.R_PAREN:
        raise invalid("CALL takes a procedure with its arguments in parentheses.")
    inside = tokens[2:-1]
    values, commas = inside[::2], inside[1::2]
    if len(values) > _MOST_ARGS or len(inside) % 2 == 0:
        raise invalid("CALL takes arguments with commas between them.")
    if any(token.token_type is not TokenType.STRING for token in values) or any(
        token.token_type is not TokenType.COMMA for token in commas
    ):
        raise invalid("The arguments of CALL are plain texts.")
    return tuple(token.text for token in values)


def _branch(name: str, args: tuple[str, ...]) -> None:
    names = args[1:] if args[0] in _DELETE else args
    if any(text.startswith("-") for text in names):
        raise _refused(name, "with these options")
    if not names or (names is args and len(names) > 2):
        raise invalid("DOLT_BRANCH takes a new branch and where it starts, or -D and branches.")
    _check_names(names)


def _merge(name: str, args: tuple[str, ...]) -> None:
    if len(args) != 1 or args[0].startswith("-"):
        raise _refused(name, "with anything but one branch")
    _check_names(args)


def _check_names(names: tuple[str, ...]) -> None:
    for name in names:
        if check_ref(name) != (name,):
            raise invalid("A branch is named without ~, ^ and dots in a row.")


def _refused(name: str, what: str = "") -> Unsupported:
    return Unsupported(f"{UNSUPPORTED_CALL} {name.upper()} {what}".rstrip() + ".", field="q")


_PROCEDURES: Final[Mapping[str, Callable[[str, tuple[str, ...]], None]]] = {
    "dolt_branch": _branch,
    "dolt_merge": _merge,
}
