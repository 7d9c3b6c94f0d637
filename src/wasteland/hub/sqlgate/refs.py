"""Branches, tags and commits that a statement names as text, and what they are called below."""

from __future__ import annotations

import re
from typing import Final

from sqlglot import exp

from ...protocol.names import visible
from .checked import DOLT, Scope
from .parse import invalid, unsupported

FORKS: Final = "fork/"
"""On Dolt the branches of all forks begin so, in the database of their upstream."""

_REF: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_][A-Za-z0-9_./@+-]{0,254})(?P<steps>(?:[~^]\d{0,4})*)\Z"
)
_RANGE: Final = re.compile(r"\.\.\.?")
_OWN_WORDS: Final = frozenset({"HEAD", "WORKING", "STAGED"})
_FOREIGN: Final = (FORKS, "refs/", "heads/", "remotes/")


def text_of(node: exp.Expr, what: str) -> str:
    """
    Return the text of a literal.

    Raises:
        Unsupported: It is an expression.
    """
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise unsupported(f"{what} given by anything but a plain text")
    return str(node.this)


def check_ref(text: str) -> tuple[str, ...]:
    """
    Return the names in a ref such as `main`, `wl/ann/w-1~2` or `main...wl/ann/w-1`.

    Raises:
        Invalid: It is no ref.
    """
    return tuple(_matched(part)["name"] for part in _RANGE.split(text))


def mapped(text: str, scope: Scope) -> str:
    """
    Return a ref, or range of refs, as the database calls it.

    Raises:
        Invalid: It is no ref, or one of somebody else's fork.
    """
    parts = [_mapped(part, scope) for part in _RANGE.split(text)]
    return (_RANGE.search(text) or [""])[0].join(parts)


def _mapped(part: str, scope: Scope) -> str:
    found = _matched(part)
    name = found["name"]
    if scope.dialect == DOLT and not scope.branch_prefix and name.lower().startswith(_FOREIGN):
        raise invalid(f"branch not found: {visible(name)}")
    if scope.ref_map is None or name.upper() in _OWN_WORDS:
        return part
    stored = scope.ref_map(name)
    _matched(stored)
    return stored + found["steps"]


def _matched(part: str) -> re.Match[str]:
    found = _REF.match(part)
    if found is None:
        raise invalid(f"{visible(part)} is no branch, tag or commit.")
    return found
