"""
The token in every form: proof that a page of ours, shown to this browser, sends it.

It is a keyed digest of the browser's cookie, so that nothing need be kept, and masked anew on each
page, so that a compressed page tells nothing of it by its length.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

_SIZE: Final = 32


class Seals:
    """Makes and checks the tokens of forms; its key lives as long as the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_SIZE)

    def make(self, cookie: str) -> str:
        """Return a token for forms shown to the browser that holds *cookie*."""
        mask = secrets.token_bytes(_SIZE)
        return base64.urlsafe_b64encode(mask + _xor(mask, self._digest(cookie))).decode()

    def fits(self, token: str, cookie: str) -> bool:
        """Return whether *token* was made for the browser that holds *cookie*."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
        except ValueError:
            return False
        if len(raw) != 2 * _SIZE or not cookie:
            return False
        return hmac.compare_digest(_xor(raw[:_SIZE], raw[_SIZE:]), self._digest(cookie))

    def _digest(self, cookie: str) -> bytes:
        return hmac.digest(self._key, cookie.encode(errors="replace"), hashlib.sha256)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))
