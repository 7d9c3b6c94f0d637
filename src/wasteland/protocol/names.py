"""What owners, repositories, rigs and branches may be called, and how a name is shown."""

from __future__ import annotations

import re
from typing import Final

from .errors import Invalid

NAME_RULE: Final = "letters, digits, '.', '-' and '_', beginning with a letter or digit, 64 at most"
HANDLE_RULE: Final = (
    "lower-case letters, digits, '.', '-' and '_', beginning with a letter or digit, 64 at most"
)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_HANDLE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
# Words that mean something to the hosts' routes and branch names.
_RESERVED: Final = frozenset({"main", "fork", "pull", "origin", "upstream", "wl", "api", "head"})


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


def work_branch(rig: str, item_id: str) -> str:
    """Return the branch of *rig*'s pending work on an item, as every client names it."""
    return f"wl/{rig}/{item_id}"


def register_branch(rig: str) -> str:
    """Return the branch of *rig*'s pending registration."""
    return f"wl/register/{rig}"


def read_branch(branch: str) -> tuple[str, str]:
    """
    Return the rig and the item that *branch* names.

    The item of a registration is "", and so are both of a branch that is no pending work.
    """
    prefix, _, rest = branch.partition("/")
    if prefix != "wl":
        return "", ""
    rig, _, item_id = rest.partition("/")
    if rig == "register":
        return item_id, ""
    return rig, "" if "/" in item_id else item_id


def visible(text: str, limit: int = 60) -> str:
    """Return *text* quoted, shortened, with control characters made visible, for messages."""
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return repr(shown)
