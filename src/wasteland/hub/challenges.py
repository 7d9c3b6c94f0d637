"""
Questions that one browser answers once and soon: those of passkeys, and of sign-in elsewhere.

A challenge names its end and is signed for the browser that it is for, so that only those that
came back are kept, and asking for many fills nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from ..protocol.errors import Forbidden

LIFETIME: Final = timedelta(minutes=5)


class Challenges:
    """Makes challenges and knows the spent ones; its key lives as long as the process."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._spent: dict[str, int] = {}
        self._lock = threading.Lock()

    def make(self, purpose: str, browser: str, *, lifetime: timedelta = LIFETIME) -> str:
        """
        Return a new challenge.

        Args:
            browser: What tells that browser from others.
        """
        ends = int((self._clock() + lifetime).timestamp())
        text = f"{secrets.token_urlsafe(24)}.{ends}"
        return f"{text}.{self._sign(purpose, browser, text)}"

    def spend(self, challenge: str, purpose: str, browser: str) -> None:
        """
        Return if the challenge was made for that, has not ended and was not spent; now it is.

        Raises:
            Forbidden: It was not, or has, or was.
        """
        text, _, signature = challenge.rpartition(".")
        expected = self._sign(purpose, browser, text)
        is_ours = bool(browser) and hmac.compare_digest(signature.encode(), expected.encode())
        ends = int(text.rpartition(".")[2]) if is_ours else 0
        now = int(self._clock().timestamp())
        with self._lock:
            self._spent = {spent: end for spent, end in self._spent.items() if end > now}
            is_fresh = ends > now and challenge not in self._spent
            if is_fresh:
                self._spent[challenge] = ends
        if not is_fresh:
            raise Forbidden(
                "That was asked too long ago, was answered already, or was asked elsewhere.",
                hint="begin again",
                field="challenge",
            )

    def secret_of(self, challenge: str, use: str) -> str:
        """Return a secret that goes with a challenge, the same each time it is asked for."""
        return self._sign(f"secret {use}", "", challenge)

    def _sign(self, purpose: str, browser: str, text: str) -> str:
        told = f"{purpose}\0{browser}\0{text}".encode(errors="replace")
        made = hmac.digest(self._key, told, hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
