"""
Access tokens: ``wlt.v1.<id>.<secret>``, shown once and kept as a digest.

The id finds the token; the secret has 256 random bits, so that one SHA-256 protects it as well as
any slower function.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..engines.urls import scrubbed
from ..protocol.errors import Invalid
from ..protocol.lean import dataclass
from ..protocol.names import visible

_PREFIX: Final = "wlt.v1"
_FORM: Final = re.compile(r"wlt\.v1\.([a-z0-9]{12})\.([A-Za-z0-9_-]{43})\Z")
# Tokens of ours, whole or misspelt, and what people send here by mistake: those of DoltHub, keys of
# Dolt, secrets of webhooks.
_SECRET: Final = re.compile(
    r"(wlt\.v1\.[a-z0-9]{1,12}(?=\.)|(?:wlt|dhat)\.v1)\.[A-Za-z0-9_.-]+"
    r"|\b(eyJ)[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"
    r"|\b(whsec)_[A-Za-z0-9_-]+"
)


class Scope(StrEnum):
    """What a token may be used for; each holds those before it."""

    PUSH = "push"  # the remote protocol alone, where tokens travel in paths
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @classmethod
    def parse(cls, text: str) -> Scope:
        """
        Return the scope that *text* names.

        Raises:
            Invalid: It names none.
        """
        if text not in cls._value2member_map_:
            raise Invalid(
                f"{visible(text)} is no scope: use {', '.join(cls)}.", field="scope", value=text
            )
        return cls(text)

    def holds(self, other: Scope) -> bool:
        """Return whether a token of this scope may be used where *other* is asked."""
        order = list(Scope)
        return self is other or (self is not Scope.PUSH and order.index(self) >= order.index(other))


@dataclass(frozen=True, slots=True)
class Token:
    """
    A token as the hub keeps it.

    Attributes:
        id: Public part; names it in lists and logs.
        account: Whose it is.
        label: What its owner calls it.
        rig: The only rig that it may act as; "" for any of the account's.
        expires_at: None for never.
        used_at: The last request with it, to ten minutes; None for none yet.
    """

    id: str
    account: str
    label: str
    scope: Scope
    rig: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    used_at: datetime | None = None


def new_token() -> tuple[str, str, str]:
    """Return a new token's id, its whole text, and its digest."""
    token_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    return token_id, f"{_PREFIX}.{token_id}.{secret}", digest(secret)


def read_token(text: str) -> tuple[str, str] | None:
    """Return id and digest of a token's text, None if it has not the form of one."""
    found = _FORM.match(text)
    return (found[1], digest(found[2])) if found else None


def digest(secret: str) -> str:
    """Return what is kept of a secret: SHA-256, hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def equal(left: str, right: str) -> bool:
    """Return whether two digests are equal, in constant time."""
    return hmac.compare_digest(left, right)


def redacted(text: str) -> str:
    """Return *text* with the secret part of any token, and of any URL, in it replaced."""
    return _SECRET.sub(lambda found: f"{found[1] or found[2] or found[3]}.…", scrubbed(text))
