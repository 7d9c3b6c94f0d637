"""
Names and identifiers: what they may look like, and how new ones are made.

New ids derive from an operation id, which carries all the randomness: repeating an operation
gives the same ids, so a retry can be recognised wherever its rows went.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final

from .errors import Invalid

NAME_RULE: Final = "letters, digits, '.', '-' and '_', beginning with a letter or digit, 64 at most"
HANDLE_RULE: Final = (
    "lower-case letters, digits, '.', '-' and '_', beginning with a letter or digit, 64 at most"
)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_HANDLE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_OPERATION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")
# Words that mean something to the hosts' routes and branch names.
_RESERVED: Final = frozenset({"main", "fork", "pull", "origin", "upstream", "wl", "api", "head"})

TRAILER: Final = "Wasteland-Op"


def is_repo_part(text: str) -> bool:
    """Return whether *text* can be the owner or the name of a repository."""
    return bool(_NAME.match(text)) and ".." not in text


def is_handle(text: str) -> bool:
    """Return whether *text* can be a new rig's handle (S0-8)."""
    return bool(_HANDLE.match(text)) and ".." not in text and text not in _RESERVED


def check_handle(text: str) -> str:
    """
    Return *text* if it can be a new rig's handle.

    Raises:
        Invalid: It cannot.
    """
    if not is_handle(text):
        raise Invalid(
            f"{visible(text)} cannot be a handle: {HANDLE_RULE}.", field="handle", value=text
        )
    return text


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


def work_branch(rig: str, item_id: str) -> str:
    """Return the branch of *rig*'s pending work on an item, as every client names it."""
    return f"wl/{rig}/{item_id}"


def register_branch(rig: str) -> str:
    """Return the branch of *rig*'s pending registration."""
    return f"wl/register/{rig}"


def with_trailer(message: str, op_id: str) -> str:
    """Return *message* with the operation id as its trailer."""
    return f"{message}\n\n{TRAILER}: {op_id}"


def trailer(message: str, name: str = TRAILER) -> str | None:
    """Return the value of a trailer in a commit message, None where there is none."""
    for line in reversed(message.splitlines()):
        found, colon, value = line.partition(":")
        if colon and found.strip() == name:
            return value.strip()
    return None


def visible(text: str, limit: int = 60) -> str:
    """Return *text* quoted, shortened, with control characters made visible, for messages."""
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return repr(shown)
