"""How an account is written to: an address, and how often it wants to hear of what happened."""

from __future__ import annotations

import re
import sqlite3
from enum import StrEnum
from typing import Final

from ..hosts.state.file import StateFile
from ..protocol.errors import Invalid
from ..protocol.lean import dataclass
from ..protocol.names import visible

_LONGEST: Final = 254
# What mail servers of today take: no quotes, no comments, no literal addresses of machines.
_EMAIL: Final = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[\w-]+(?:\.[\w-]+)+\Z")


class Digest(StrEnum):
    """How often an account is told by e-mail of what happened to its work."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Contact:
    """
    How an account is written to.

    Attributes:
        email: "" for none.
    """

    account: str
    email: str = ""
    digest: Digest = Digest.OFF


class Contacts:
    """The table of addresses."""

    _file: StateFile

    def contact(self, account: str) -> Contact:
        """Return how *account* is written to; without an address where it has given none."""
        rows = self._file.read("SELECT * FROM contacts WHERE account = ?", (account,))
        return _contact(rows[0]) if rows else Contact(account)

    def contacts(self, digest: Digest) -> list[Contact]:
        """Return the accounts, not disabled, that want to hear that often, by name."""
        rows = self._file.read(
            "SELECT c.* FROM contacts AS c JOIN accounts AS a ON a.name = c.account "
            "WHERE c.digest = ? AND NOT a.is_disabled ORDER BY c.account",
            (digest.value,),
        )
        return [_contact(row) for row in rows]

    def set_contact(self, account: str, *, email: str, digest: Digest = Digest.OFF) -> Contact:
        """
        Keep how *account* is written to.

        Args:
            email: "" to forget it.
        Raises:
            Invalid: It is no address, or there is to be a digest and none to send it to.
        """
        if not email:
            if digest is not Digest.OFF:
                raise Invalid("A digest needs an address to go to.", field="email")
            self._file.write("DELETE FROM contacts WHERE account = ?", (account,))
            return Contact(account)
        self._file.write(
            "INSERT INTO contacts (account, email, digest) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET email = excluded.email, digest = excluded.digest",
            (account, check_email(email), digest.value),
        )
        return self.contact(account)


def check_email(text: str) -> str:
    """
    Return *text* if mail can be sent to it.

    Raises:
        Invalid: It cannot.
    """
    if len(text) > _LONGEST or not text.isprintable() or not _EMAIL.match(text):
        raise Invalid(f"{visible(text[:_LONGEST])} is no e-mail address.", field="email")
    return text


def parse_digest(text: str) -> Digest:
    """
    Return the choice that *text* names.

    Raises:
        Invalid: It names none.
    """
    if text not in Digest._value2member_map_:
        raise Invalid(
            f"{visible(text)} is none of {', '.join(Digest)}.", field="digest", value=text
        )
    return Digest(text)


def _contact(row: sqlite3.Row) -> Contact:
    return Contact(row["account"], row["email"], Digest(row["digest"]))
