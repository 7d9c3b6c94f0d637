"""
The driver's errors as errors of the protocol, in one place.

The library says most things in words alone: nearly every refusal of a `dolt_...` function has the
result code 1. So its sentences are read here, and nowhere else.
"""

from __future__ import annotations

import re
from typing import Final

from ...protocol.errors import (
    Conflict,
    EngineError,
    Forbidden,
    Invalid,
    MergeConflict,
    NotFound,
    Stale,
    Tampered,
    Unavailable,
    Unsupported,
    WastelandError,
)
from ..urls import scrubbed
from . import driver

_BUSY, _LOCKED, _READ_ONLY, _INTERRUPTED, _IO, _FULL, _CANNOT_OPEN, _CONSTRAINT, _AUTH = (
    5, 6, 8, 9, 10, 13, 14, 19, 23,
)  # fmt: skip
_BUSY_SNAPSHOT: Final = 517
# The same code tells that a remote refuses, and that an authorizer of ours does.
_JUDGED: Final = r"^not authorized|prohibited$"

# The first pattern that is found decides. Sentences of DoltLite 0.51; the contract suite meets
# each of them. They are compiled when there is an error to read.
_SENTENCES: Final[tuple[tuple[str, type[WastelandError]], ...]] = (
    (r"not a fast-forward|refs_changed|refs changed", Stale),
    (r"conflict\(s\)|constraint violations", MergeConflict),
    (r"could not connect|failed to open remote|remote request failed", Unavailable),
    (r"chunk source|timed? ?out", Unavailable),
    (r"cannot remove origin", Unsupported),
    (r"branch already exists|remote already exists|tag already exists", Conflict),
    (r"cannot delete the (current|default) branch", Conflict),
    (r"invalid (branch|remote|tag) name", Invalid),
    (r"invalid (ref|ancestor) spec|invalid dolt_log revision|could not resolve", NotFound),
    (r"not found|no longer exists|no such table: ", NotFound),
    (r"unauthorized|forbidden|authenticat", Unavailable),
)
_MACHINE_TROUBLE: Final = {
    _INTERRUPTED: "The statement was interrupted",
    _READ_ONLY: "The database can only be read",
    _IO: "The disk, or a remote, failed",
    _FULL: "The disk is full",
    _CANNOT_OPEN: "The database cannot be opened",
}


def translate(error: driver.Error, location: str) -> WastelandError:
    """
    Return what *error* means to a caller.

    Args:
        error: As the driver raised it; the caller raises the result `from` it.
        location: The database's path, for the message.
    Returns:
        `facts["reason"]` is the library's own sentence.
    """
    reason = scrubbed(error.message)
    if isinstance(error, driver.CorruptDatabase):
        return Tampered(f"The database at {location} is damaged: {reason}.", reason=reason)
    if error.code == _AUTH and not re.search(_JUDGED, reason):
        return Forbidden(
            f"The remote refuses: {reason.rstrip('.')}.", hint="check its URL", reason=reason
        )
    if isinstance(error, driver.DataError):
        return Invalid(f"A value cannot be stored: {reason}", reason=reason)
    return _by_sentence(reason) or _by_code(error, reason, location)


def _by_sentence(reason: str) -> WastelandError | None:
    for pattern, kind in _SENTENCES:
        if re.search(pattern, reason, re.IGNORECASE):
            return kind(f"The database refuses: {reason}.", reason=reason)
    return None


def _by_code(error: driver.Error, reason: str, location: str) -> WastelandError:
    if error.extended_code == _BUSY_SNAPSHOT:
        return Stale("Another commit came between reading and writing.", reason=reason)
    if error.code in {_BUSY, _LOCKED}:
        return Unavailable(
            f"The database at {location} stayed locked by another writer.",
            hint="repeat the command",
            reason=reason,
        )
    if error.code == _CONSTRAINT:
        return Conflict(f"A rule of the table refuses this row: {reason}.", constraint=reason)
    if error.code in _MACHINE_TROUBLE:
        trouble = _MACHINE_TROUBLE[error.code]
        return Unavailable(f"{trouble}, at {location}: {reason}.", reason=reason)
    return EngineError(f"The database at {location} failed: {reason}.", reason=reason)
