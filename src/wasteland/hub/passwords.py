"""
Passwords of accounts: kept by argon2, and one-time invitations to set one.

Whether an account exists takes as long to say as whether its password is right. How often may be
tried is ``tries``'s to say.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..hosts.state.file import StateFile, stored_time
from ..protocol.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from ..protocol.lean import dataclass
from ..protocol.records import write_time
from . import tokens
from .accounts import Account, Accounts
from .tries import Tries

SHORTEST: Final = 12
LONGEST: Final = 256
PASSWORD_RULE: Final = f"{SHORTEST} to {LONGEST} characters; a few words do better than signs"
INVITATION_LIFETIME: Final = timedelta(days=7)
_FEWEST_LETTERS: Final = 5
# Each takes 64 MiB while it runs.
_AT_ONCE: Final = 2
_WAIT_S: Final = 10.0
_WRONG: Final = "No account has this name and this password."


@dataclass(frozen=True, slots=True)
class Password:
    """
    What may be known of a password.

    Attributes:
        id: Another for each that is set; opens nothing.
    """

    id: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """
    Leave to set an account's password, once.

    Attributes:
        secret: What the link holds; "" when it is read from the table.
    """

    account: str
    secret: str
    expires_at: datetime


class Passwords:
    """The tables of passwords and invitations."""

    def __init__(
        self,
        file: StateFile,
        accounts: Accounts,
        clock: Callable[[], datetime],
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._file = file
        self._accounts = accounts
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self.tries = Tries(file, clock)

    def set(self, account: str, password: str) -> str:
        """
        Give *account* a password instead of any before, and return the id of it.

        Sessions that began with the one before end; so does an invitation.

        Raises:
            NotFound: There is no such account.
            Forbidden: It is an organisation, or disabled.
            Invalid: The password is too easy to guess.
        """
        owner = self._accounts.find(account)
        _need_person(owner)
        text = check_password(password, owner.name)
        with self._turn():
            hashed = self._hasher.hash(text)
        kept = secrets.token_hex(8)
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO passwords (account, id, hash, set_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET id = excluded.id, hash = excluded.hash, "
                "set_at = excluded.set_at",
                (owner.name, kept, hashed, write_time(self._clock())),
            )
            connection.execute("DELETE FROM invitations WHERE account = ?", (owner.name,))
        self.tries.forget(owner.name)
        return kept

    def check(self, account: str, password: str, *, address: str) -> tuple[Account, str]:
        """
        Return the account whose name and password these are, and the id of the password.

        Args:
            address: Where the one who asks connects from.
        Raises:
            RateLimited: It was tried too often; ``until`` says when to try again.
            Unauthenticated: No account has this name and this password.
            Forbidden: The account is disabled.
        """
        name = account[:LONGEST]
        # Counted before it is looked at, so that many at once are counted too.
        self.tries.take(name, address)
        rows = self._file.read("SELECT * FROM passwords WHERE account = ?", (name,))
        text = _normal(password[: LONGEST + 1])
        hashed = rows[0]["hash"] if rows else self._nobodys
        if not self._is_right(hashed, text) or not rows:
            raise Unauthenticated(_WRONG, field="password")
        owner = self._accounts.find(rows[0]["account"])
        self.tries.forget(owner.name, address)
        _need_person(owner)
        if self._hasher.check_needs_rehash(hashed):
            self._rehash(owner.name, hashed, text)
        return owner, str(rows[0]["id"])

    def kept(self, account: str) -> Password | None:
        """Return what is known of an account's password; None where it has none."""
        rows = self._file.read("SELECT id, set_at FROM passwords WHERE account = ?", (account,))
        return Password(rows[0]["id"], stored_time(rows[0]["set_at"])) if rows else None

    # --- invitations

    def invite(self, account: str, lifetime: timedelta = INVITATION_LIFETIME) -> Invitation:
        """
        Return leave to set an account's password; one given before is void.

        Raises:
            NotFound: There is no such account.
            Forbidden: It is an organisation, or disabled.
        """
        owner = self._accounts.find(account)
        _need_person(owner)
        secret = secrets.token_urlsafe(32)
        ends = self._clock() + lifetime
        self._file.write(
            "INSERT OR REPLACE INTO invitations (account, digest, expires_at) VALUES (?, ?, ?)",
            (owner.name, tokens.digest(secret), write_time(ends)),
        )
        return Invitation(owner.name, secret, ends)

    def invitation(self, secret: str) -> Invitation:
        """
        Return the invitation whose secret that is.

        Raises:
            NotFound: It is none, or was used, or has expired.
        """
        rows = self._file.read(
            "SELECT i.* FROM invitations AS i JOIN accounts AS a ON a.name = i.account "
            "WHERE i.digest = ? AND i.expires_at > ? AND NOT a.is_disabled",
            (tokens.digest(secret), write_time(self._clock())),
        )
        if not rows:
            raise NotFound(
                "This invitation was used, or has expired.", hint="wl hub user invite NAME"
            )
        return Invitation(rows[0]["account"], "", stored_time(rows[0]["expires_at"]))

    def accept(self, secret: str, password: str) -> tuple[Account, str]:
        """
        Set the password that an invitation gives leave to, once; return whose, and its id.

        Raises:
            NotFound: It is no invitation, or was used, or has expired.
            Invalid: The password is too easy to guess; the invitation stays.
        """
        found = self.invitation(secret)
        check_password(password, found.account)
        if not self._file.write(
            "DELETE FROM invitations WHERE digest = ?", (tokens.digest(secret),)
        ):
            raise NotFound("This invitation was used.", hint="wl hub user invite NAME")
        return self._accounts.find(found.account), self.set(found.account, password)

    # --- argon2

    def _is_right(self, hashed: str, text: str) -> bool:
        with self._turn():
            try:
                return self._hasher.verify(hashed, text)
            except (VerificationError, InvalidHashError):
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold one of the places for what takes much memory."""
        if not self._turns.acquire(timeout=_WAIT_S):
            raise Unavailable("Too many people sign in at once.", hint="try again")
        try:
            yield
        finally:
            self._turns.release()

    @cached_property
    def _nobodys(self) -> str:
        """A hash that no password has, for names that have none."""
        return self._hasher.hash(secrets.token_hex(16))

    def _rehash(self, account: str, before: str, text: str) -> None:
        with self._turn():
            hashed = self._hasher.hash(text)
        sql = "UPDATE passwords SET hash = ? WHERE account = ? AND hash = ?"
        self._file.write(sql, (hashed, account, before))


def check_password(password: str, account: str) -> str:
    """
    Return *password* as it is hashed, if it is not too easy to guess.

    Raises:
        Invalid: It is too short, too long, the account's name, or few letters over and over.
    """
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise Invalid(
            f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(text)}.",
            field="password",
        )
    plain = text.casefold()
    rest = plain.replace(account.casefold(), "")
    if len(set(rest)) < _FEWEST_LETTERS:
        raise Invalid(
            "This password is easy to guess: it is the account's name, or few letters over and "
            "over.",
            field="password",
        )
    return text


def _normal(password: str) -> str:
    """Return what was typed in the one form that all keyboards' ways of typing it have."""
    return unicodedata.normalize("NFKC", password.encode(errors="replace").decode())


def _need_person(owner: Account) -> None:
    if owner.is_organisation or owner.is_disabled:
        raise Forbidden(f"{owner.name} cannot sign in.", hint="ask who runs this hub")
