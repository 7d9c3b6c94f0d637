"""Passkeys that accounts have; how they are made and used is ``ceremonies``'s."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from typing import Final

from ..hosts.state.file import StateFile, stored_time
from ..protocol.errors import Conflict, NotFound, Unauthenticated
from ..protocol.lean import dataclass
from ..protocol.records import write_time

MOST: Final = 20
"""How many an account may have."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """
    A passkey as the hub keeps it.

    Attributes:
        id: That of its credential, base64url.
        public_key: As its keeper gave it, COSE.
        sign_count: Of answers that its keeper has given; 0 for ever where it does not count.
        label: What its owner calls it.
        used_at: None while nobody has signed in with it.
    """

    id: str
    account: str
    public_key: bytes = field(repr=False)
    sign_count: int
    label: str
    created_at: datetime
    used_at: datetime | None


class Passkeys:
    """The table of passkeys."""

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    def of_account(self, account: str) -> list[Passkey]:
        """Return an account's passkeys, oldest first."""
        sql = "SELECT * FROM passkeys WHERE account = ? ORDER BY created_at, id"
        return [_passkey(row) for row in self._file.read(sql, (account,))]

    def find(self, passkey_id: str) -> Passkey | None:
        """Return one passkey; None where there is none of that id."""
        rows = self._file.read("SELECT * FROM passkeys WHERE id = ?", (passkey_id,))
        return _passkey(rows[0]) if rows else None

    def remove(self, account: str, passkey_id: str) -> None:
        """
        Forget a passkey; sessions that began with it end.

        Raises:
            NotFound: The account has none of that id.
        """
        sql = "DELETE FROM passkeys WHERE account = ? AND id = ?"
        if not self._file.write(sql, (account, passkey_id)):
            raise NotFound("That passkey is gone already.")

    def keep(
        self, account: str, label: str, *, passkey_id: str, public_key: bytes, sign_count: int
    ) -> Passkey:
        """
        Keep a new passkey of *account*.

        Raises:
            Conflict: It is kept already, or there are as many as there may be.
        """
        added = self._file.write(
            "INSERT OR IGNORE INTO passkeys (id, account, public_key, sign_count, label, "
            "created_at) SELECT ?, ?, ?, ?, ?, ? "
            "WHERE (SELECT count(*) FROM passkeys WHERE account = ?) < ?",
            (
                passkey_id,
                account,
                public_key,
                sign_count,
                label,
                write_time(self._clock()),
                account,
                MOST,
            ),
        )
        found = self.find(passkey_id)
        if not added or not found:
            raise Conflict("That passkey is kept already, or there are too many.")
        return found

    def note_use(self, passkey: Passkey, sign_count: int) -> None:
        """
        Note that somebody signs in with *passkey*, as it was read.

        Raises:
            Unauthenticated: Somebody else has meanwhile.
        """
        # Of two answers that bear the same count, one is a copy's.
        counted = self._file.write(
            "UPDATE passkeys SET sign_count = ?, used_at = ? WHERE id = ? AND sign_count = ?",
            (sign_count, write_time(self._clock()), passkey.id, passkey.sign_count),
        )
        if not counted:
            raise Unauthenticated("That passkey was used elsewhere just now.", field="passkey")


def _passkey(row: sqlite3.Row) -> Passkey:
    return Passkey(
        id=row["id"],
        account=row["account"],
        public_key=row["public_key"],
        sign_count=row["sign_count"],
        label=row["label"],
        created_at=stored_time(row["created_at"]),
        used_at=stored_time(row["used_at"]) if row["used_at"] else None,
    )
