"""
The signature by which a receiver knows that a delivery is ours and fresh.

``t=<seconds>,v1=<digits>``: HMAC-SHA256 under the webhook's secret of the seconds, a dot and the
body as it was sent.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

HEADER: Final = "X-Wasteland-Signature"
TOLERANCE_S: Final = 300

_FORM: Final = re.compile(r"t=([0-9]{1,15}),v1=([0-9a-f]{64})")


def sign(secret: str, body: bytes, *, at_s: int) -> str:
    """Return the header's value for *body*, sent at the Unix time *at_s*."""
    return f"t={at_s},v1={_digits(secret, body, at_s)}"


def verify(
    secret: str, body: bytes, header: str, *, now_s: int, tolerance_s: int = TOLERANCE_S
) -> bool:
    """Return whether *header* proves that *body* was sent within *tolerance_s* of *now_s*."""
    match = _FORM.fullmatch(header)
    if match is None or abs(now_s - int(match[1])) > tolerance_s:
        return False
    return hmac.compare_digest(match[2], _digits(secret, body, int(match[1])))


def _digits(secret: str, body: bytes, at_s: int) -> str:
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, "sha256").hexdigest()
