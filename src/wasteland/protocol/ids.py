"""
Identifiers of operations and records, and how new ones are made.

New ids derive from an operation id, which carries all the randomness: repeating an operation
gives the same ids, so a retry can be recognised wherever its rows went.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final

from .errors import Invalid
from .names import visible

_OPERATION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")


def new_operation() -> str:
    """Return a fresh operation id: 128 random bits."""
    return f"op-{os.urandom(16).hex()}"


def check_operation(text: str) -> str:
    """
    Return *text* if it can be an operation id.

    Raises:
        Invalid: It cannot.
    """
    if not _OPERATION.match(text):
        raise Invalid(
            f"{visible(text)} cannot be an operation id: letters, digits and . _ : - only, "
            "128 at most.",
            field="op_id",
            value=text,
        )
    return text


def derived(prefix: str, op_id: str, *parts: str, digits: int = 10) -> str:
    """Return ``<prefix>-<hex>``, the same for the same operation and parts."""
    text = "\0".join((prefix, op_id, *parts))
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:digits]}"


def wanted_id(op_id: str, *parts: str) -> str:
    """Return a new wanted item's id, ``w-`` and 10 hex digits as other clients write it."""
    return derived("w", op_id, *parts)


def completion_id(op_id: str) -> str:
    """Return a new completion's id."""
    return derived("c", op_id, digits=16)


def stamp_id(op_id: str) -> str:
    """Return a new stamp's id."""
    return derived("s", op_id, digits=16)
