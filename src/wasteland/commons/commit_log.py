"""The commits of a commons as what was done: the operation, the item, the receipt."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from ..engines.base import MAIN, Commit
from ..protocol import trailers
from ..protocol.lean import dataclass
from .session import Session

_LINE: Final = re.compile(r"wl ([a-z-]{1,24}): (\S.{0,199})")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One commit of main.

    Attributes:
        operation: As the table of operations has it; "" where the message names none.
        about: What it was done to, an item's id for most; "" for nothing.
        message: The first line.
        op_id: Of its receipt; "" for a commit of another client.
        before: The commit that it follows; "" for the first.
    """

    commit: str
    author: str
    at: datetime
    operation: str
    about: str
    message: str
    op_id: str
    before: str = ""


def entries(session: Session, *, ref: str = MAIN, limit: int) -> list[Entry]:
    """
    Return commits, newest first.

    Args:
        ref: Where to begin: a branch, a commit, a tag.
    Raises:
        NotFound: There is no such ref.
    """
    found = session.engine.log(ref, limit=limit + 1)
    older = [commit.hash for commit in found[1:]] + [""]
    return [entry(commit, before) for commit, before in zip(found, older, strict=True)][:limit]


def entry(commit: Commit, before: str = "") -> Entry:
    """Return what *commit* did, as far as its message tells."""
    first = commit.message.partition("\n")[0].strip()
    match = _LINE.fullmatch(first)
    return Entry(
        commit=commit.hash,
        author=commit.author,
        at=commit.at,
        operation=match[1] if match else "",
        about=match[2] if match else "",
        message=first,
        op_id=trailers.find(commit.message) or "",
        before=before,
    )
