"""How often a password may be tried: for one account, and from one address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from ..hosts.state.file import StateFile, stored_time
from ..protocol.errors import RateLimited
from ..protocol.records import write_time

LOCKED: Final = timedelta(minutes=15)
MOST_OF_ACCOUNT: Final = 5
# Behind a proxy, all who sign in count as one address.
MOST_OF_ADDRESS: Final = 100


class Tries:
    """
    The table of tries that were wrong.

    A name that no account has is counted like any other, so that being locked tells nothing.
    """

    def __init__(self, file: StateFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    def take(self, account: str, address: str) -> None:
        """
        Count one try as wrong; ``forget`` takes that back.

        Raises:
            RateLimited: There were too many; this one is not counted.
        """
        now = self._clock()
        self._file.write("DELETE FROM tries WHERE last_at <= ?", (write_time(now - LOCKED),))
        self._take(_of_account(account), MOST_OF_ACCOUNT, f"for {account}", now)
        self._take(_of_address(address), MOST_OF_ADDRESS, "from this address", now)

    def forget(self, account: str, address: str = "") -> None:
        """Forget an account's tries, and take back one of an address."""
        self._file.write("DELETE FROM tries WHERE who = ?", (_of_account(account),))
        sql = "UPDATE tries SET wrong = wrong - 1 WHERE who = ? AND wrong > 0"
        self._file.write(sql, (_of_address(address),))

    def _take(self, who: str, most: int, shown: str, now: datetime) -> None:
        counted = self._file.write(
            "INSERT INTO tries (who, wrong, last_at) VALUES (?, 1, ?) "
            "ON CONFLICT DO UPDATE SET wrong = wrong + 1, last_at = excluded.last_at "
            "WHERE wrong < ?",
            (who, write_time(now), most),
        )
        if counted:
            return
        rows = self._file.read("SELECT last_at FROM tries WHERE who = ?", (who,))
        until = (stored_time(rows[0]["last_at"]) if rows else now) + LOCKED
        minute = until + timedelta(minutes=1)  # of which the seconds are not shown
        raise RateLimited(
            f"Too many wrong passwords {shown}: none is looked at before {minute:%H:%M} UTC. "
            "Tokens and passkeys still sign in.",
            hint="try again then",
            field="password",
            until=write_time(until),
            retry_after_s=max(1, int((until - now).total_seconds())),
        )


def _of_account(account: str) -> str:
    return f"account {account}"


def _of_address(address: str) -> str:
    return f"from {address}"
