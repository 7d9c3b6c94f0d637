"""
Names: repositories as databases, and the branches of a fork inside its parent's database.

Dolt knows letters, digits, ``-`` and ``_`` in database names, and does not tell upper from lower
case; ``owner/name`` of ours may hold dots and capitals, so these are spelled out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from ...protocol.errors import Unsupported
from ..base import MAIN

_LONGEST: Final = 64
_SPELLED: Final = {"_": "_1", ".": "_2"}
_READ: Final = {"1": "_", "2": "."}
_SPELLED_PAIR: Final = re.compile(r"((?:[^_]|_[^_])+)__((?:[^_]|_[^_])+)")
_HASH: Final = re.compile(r"[0-9a-v]{32}\Z")
_BASE: Final = re.compile(r"[~^]")


def database_name(owner: str, name: str) -> str:
    """
    Return the database that holds the repository ``owner/name``; two never share one.

    ``my-team/board`` is ``my-team__board``. A name longer than 64 characters is cut and ends in
    ``_3`` and a digest.
    """
    full = f"{_spell(owner)}__{_spell(name)}"
    if len(full) <= _LONGEST:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:24]
    return f"{full[: _LONGEST - 26]}_3{digest}"


def repository_name(database: str) -> tuple[str, str] | None:
    """Return (owner, name) of a database, None if it is not named by us or its name was cut."""
    match = _SPELLED_PAIR.fullmatch(database)
    if match is None:
        return None
    owner, name = (_unspell(part) for part in match.groups())
    return (owner, name) if database_name(owner, name) == database else None


def is_hash(ref: str) -> bool:
    """Return whether *ref* has the form of a commit hash."""
    return bool(_HASH.match(ref))


@dataclass(frozen=True, slots=True)
class BranchNames:
    """
    The branches that one engine sees, and how they are called in the database.

    Attributes:
        prefix: "" for the database itself; for a fork such as ``fork/alice/``, whose ``main`` is
            virtual: it is read from the database's main and cannot be written.
        hidden: Branches that begin so are not listed; "" to list all.
    """

    prefix: str = ""
    hidden: str = ""

    def stored(self, name: str) -> str:
        """Return the name in the database."""
        return name if name == MAIN else self.prefix + name

    def stored_ref(self, ref: str) -> str:
        """Return what *ref*, a branch, a commit or an ancestor (``main~1``), is called there."""
        base = _BASE.split(ref, maxsplit=1)[0]
        return ref if is_hash(base) else self.stored(base) + ref.removeprefix(base)

    def shown(self, stored: str) -> str | None:
        """Return our name of a branch in the database, None if it is not to be listed."""
        if stored == MAIN:
            return MAIN
        if self.hidden and stored.startswith(self.hidden):
            return None
        return stored.removeprefix(self.prefix) if stored.startswith(self.prefix) else None

    def writable(self, name: str) -> str:
        """
        Return the name in the database of a branch that is to be written.

        Raises:
            Unsupported: It is the main of a fork.
        """
        if name == MAIN and self.prefix:
            raise Unsupported(
                "The main of a fork follows its parent and cannot be written.",
                hint="write to a branch of the fork",
                branch=name,
            )
        return self.stored(name)


def _spell(part: str) -> str:
    return "".join(
        _SPELLED.get(char, f"_{char.lower()}" if char.isupper() else char) for char in part
    )


def _unspell(part: str) -> str:
    return re.sub(r"_(.)", lambda match: _READ.get(match[1], match[1].upper()), part)
