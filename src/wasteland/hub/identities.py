"""Accounts elsewhere that sign in as accounts here, each known by its issuer and its subject."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from ..hosts.state.file import StateFile, stored_time
from ..protocol.errors import Conflict, Forbidden, NotFound, Unauthenticated
from ..protocol.lean import dataclass
from ..protocol.names import is_repo_part
from ..protocol.records import write_time
from .accounts import Account, Accounts
from .tokens import digest

_LONGEST: Final = 255  # of a subject, as OpenID Connect has it


@dataclass(frozen=True, slots=True)
class Person:
    """
    Whom an issuer vouches for.

    Attributes:
        subject: Never given to anybody else by that issuer.
        wanted: The name that the person goes by there; "" for none.
    """

    issuer: str
    subject: str
    wanted: str = ""
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """
    A link: a person whom *issuer* vouches for is *account* here.

    Attributes:
        id: Names the person without saying who it is there.
    """

    id: str
    issuer: str
    account: str
    linked_at: datetime

    @property
    def where(self) -> str:
        """The issuer as people call it."""
        return place_of(self.issuer)


class Provider(Protocol):
    """Where people sign in elsewhere, by OpenID Connect."""

    @property
    def issuer(self) -> str:
        """Its address."""

    @property
    def makes_accounts(self) -> bool:
        """Whether who signs in there first gets an account here."""

    def begin(self, state: str, *, nonce: str, verifier: str, redirect: str) -> str:
        """Return the address at which a person signs in."""

    def finish(
        self, code: str, *, nonce: str, verifier: str, redirect: str, issuer: str = ""
    ) -> Person:
        """
        Return who has signed in there.

        Args:
            code: What the browser came back with.
            issuer: Who it says sent it back; "" where it does not say.
        """


class Identities:
    """The table of links."""

    def __init__(self, file: StateFile, accounts: Accounts, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._accounts = accounts
        self._clock = clock

    def of_account(self, account: str) -> list[Identity]:
        """Return an account's links, oldest first."""
        sql = "SELECT * FROM identities WHERE account = ? ORDER BY linked_at, issuer"
        return [_identity(row) for row in self._file.read(sql, (account,))]

    def link(self, person: Person, account: str) -> Identity:
        """
        Let a person of an issuer sign in as *account*; again does no harm.

        Raises:
            Conflict: That person is another account here.
        """
        owner = self._accounts.find(account)
        self._file.write(
            "INSERT OR IGNORE INTO identities (issuer, subject, account, linked_at) "
            "VALUES (?, ?, ?, ?)",
            (person.issuer, person.subject, owner.name, write_time(self._clock())),
        )
        found = self.find(person)
        if found is None or found.account.casefold() != owner.name.casefold():
            raise Conflict("Who signed in there is another account here.", hint="sign in as that")
        return found

    def unlink(self, account: str, identity_id: str) -> None:
        """
        End a link; sessions that began with it end.

        Raises:
            NotFound: The account has none of that id.
        """
        for row in self._file.read("SELECT * FROM identities WHERE account = ?", (account,)):
            if _identity(row).id == identity_id:
                sql = "DELETE FROM identities WHERE issuer = ? AND subject = ? AND account = ?"
                self._file.write(sql, (row["issuer"], row["subject"], account))
                return
        raise NotFound("That link has ended already.")

    def find(self, person: Person) -> Identity | None:
        """Return the link of a person; None where there is none."""
        sql = "SELECT * FROM identities WHERE issuer = ? AND subject = ?"
        rows = self._file.read(sql, (person.issuer, person.subject))
        return _identity(rows[0]) if rows else None

    def enter(self, person: Person, *, makes_accounts: bool) -> tuple[Account, Identity]:
        """
        Return the account that a person signs in as, and the link to it.

        Args:
            makes_accounts: Whether one is made for a person who has none.
        Raises:
            Unauthenticated: The person is no account here.
            Conflict: One is to be made, and the name is another's.
            Forbidden: The account is disabled.
        """
        if not 0 < len(person.subject) <= _LONGEST:
            raise Unauthenticated("Nobody has signed in there.", hint="sign in again")
        found = self.find(person)
        if found is None:
            if not makes_accounts:
                raise Unauthenticated(
                    "Nobody here is linked to whom you signed in as there. Sign in with a token or "
                    "a password first, and link it on your page.",
                    hint="wl hub user invite NAME",
                )
            found = self._new(person)
        owner = self._accounts.find(found.account)
        if owner.is_disabled or owner.is_organisation:
            raise Forbidden(f"{owner.name} cannot sign in.", hint="ask who runs this hub")
        return owner, found

    def _new(self, person: Person) -> Identity:
        wanted = person.wanted if is_repo_part(person.wanted) else f"user-{secrets.token_hex(3)}"
        try:
            made = self._accounts.add(wanted, display_name=person.display_name[:100])
        except Conflict as error:
            # Never taken for the same person: names are given anew, and differ between issuers.
            raise Conflict(
                f"The name {wanted} is somebody's here already. If it is yours, sign in as it and "
                "link the two on your page.",
                hint="wl hub user add NAME",
            ) from error
        return self.link(person, made.name)


def place_of(issuer: str) -> str:
    """Return an issuer as people call it: its host, and its path where it has one."""
    return issuer.partition("://")[2].rstrip("/")


def _identity(row: sqlite3.Row) -> Identity:
    return Identity(
        id=digest(f"{row['issuer']}\0{row['subject']}")[:16],
        issuer=row["issuer"],
        account=row["account"],
        linked_at=stored_time(row["linked_at"]),
    )
