r"""
Statements with named parameters as text alone, for hosts that take nothing else.

What a value holds stays inside its literal: quotes are doubled, backslashes too, and control
characters that an editor or a log could trip over are escaped as MySQL reads them.
"""

from __future__ import annotations

import json
import math
import re
from typing import Final

from ...protocol.errors import Invalid
from ...protocol.schema import Value
from ..base import Params
from ..sql import PARAMETER

# What a database would do to a constant is done here, because not every host lets it.
_FOUND: Final = re.compile(rf"JSON_QUOTE\(:(?P<json>[a-z_][a-z_0-9]*)\)|{PARAMETER}", re.DOTALL)
_ESCAPES: Final = str.maketrans(
    {"\\": r"\\", "'": "''", "\0": r"\0", "\n": r"\n", "\r": r"\r", "\x1a": r"\Z"}
)


def render(sql: str, params: Params | None = None) -> str:
    """
    Return *sql* with each ``:name`` replaced by its value as a MySQL literal.

    Args:
        sql: Ours, never a user's; text in it is quoted with ``'``.
    Raises:
        Invalid: A parameter has no value, or none that SQL text can hold.
    """
    values = params or {}

    def literal_of(found: re.Match[str]) -> str:
        name = found["json"] or found[2]
        if name is None:
            return found[0]
        if name not in values:
            raise Invalid(f"The statement has no value for :{name} .", field=name)
        value = values[name]
        return literal(json.dumps(value, ensure_ascii=False) if found["json"] else value)

    return _FOUND.sub(literal_of, sql)


def literal(value: Value) -> str:
    """
    Return *value* as a MySQL literal.

    Raises:
        Invalid: It is no finite number, or no text that UTF-8 can hold.
    """
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("A number must be finite.", field="value", value=str(value))
    # In brackets, because two minus signs begin a comment.
    text = repr(int(value) if isinstance(value, bool) else value)
    return f"({text})" if text.startswith("-") else text


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Invalid(f"A value cannot be stored: {error}.", reason=str(error)) from error
    return f"'{value.translate(_ESCAPES)}'"
