"""
Every error that a caller can handle.

    WastelandError
      NotFound
      Conflict          AlreadyClaimed  Stale  MergeConflict
      Unauthenticated
      Forbidden         OwnWork  TrustTooLow  LimitReached  Suspended
      Invalid
      EngineError       Unavailable  RateLimited  Unsupported
      Tampered

Each class has a stable ``code`` and a ``hint`` (the next command); the facts of the case are in
``facts``. Adapters map ``code`` to an exit code or an HTTP status in one table.
"""

from __future__ import annotations

from typing import ClassVar


class WastelandError(Exception):
    """
    Something that the caller asked for cannot be had.

    Attributes:
        message: One sentence: what, and why.
        hint: What to do next, usually a command; may be empty.
        facts: Names and values of the case, for programs.
    """

    code: ClassVar[str] = "error"
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.facts = facts


class NotFound(WastelandError):
    """Nothing has that id, name or ref."""

    code = "not_found"


class Conflict(WastelandError):
    """The state of the commons does not allow this step any more."""

    code = "conflict"
    default_hint = "wl show the item for its present state"


class AlreadyClaimed(Conflict):
    """Another claim holds the item; ``facts["holder"]`` says whose."""

    code = "already_claimed"
    default_hint = "wl browse for another item"


class Stale(Conflict):
    """A guarded write met other rows than it expected."""

    code = "stale"
    default_hint = "read again and repeat the command"


class MergeConflict(Conflict):
    """Two sides changed the same cell to different values; ``facts`` name table, key, cells."""

    code = "merge_conflict"
    default_hint = "wl sync --ours, --theirs or --reset-to-upstream"


class Unauthenticated(WastelandError):
    """The host does not know who is asking."""

    code = "unauthenticated"


class Forbidden(WastelandError):
    """A rule of the commons refuses this."""

    code = "forbidden"
    default_hint = "wl policy shows who may do what"


class OwnWork(Forbidden):
    """The yearbook rule: nobody stamps their own work, nor that of a rig with the same owner."""

    code = "own_work"
    default_hint = "ask another rig with trust 2 or more to review"


class TrustTooLow(Forbidden):
    """The rig's trust is below what policy asks; ``facts`` hold ``have`` and ``need``."""

    code = "trust_too_low"


class LimitReached(Forbidden):
    """A cap of the policy is reached; ``facts`` hold ``limit`` and ``count``."""

    code = "limit_reached"


class Suspended(Forbidden):
    """A moderation record keeps this rig from writing."""

    code = "suspended"


class Invalid(WastelandError):
    """An input breaks a rule of form; ``facts`` hold ``field`` and ``value``."""

    code = "invalid"


class EngineError(WastelandError):
    """The database under the commons failed."""

    code = "engine"


class Unavailable(EngineError):
    """The database or host cannot be reached, or stayed locked for too long; try again."""

    code = "unavailable"
    default_hint = "wl doctor"


class RateLimited(EngineError):
    """The host asks for a pause; ``facts["retry_after_s"]`` says how long."""

    code = "rate_limited"


class Unsupported(EngineError):
    """This engine or host cannot do that, as its ``abilities`` say."""

    code = "unsupported"


class Tampered(WastelandError):
    """Data does not match its own hash, signature or recorded head."""

    code = "tampered"
    default_hint = "wl doctor"
