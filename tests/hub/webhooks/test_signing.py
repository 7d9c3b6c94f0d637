"""The signature of deliveries."""

from __future__ import annotations

import pytest

from wasteland.hub.webhooks.signing import TOLERANCE_S, sign, verify

BODY = b'{"event_name":"push"}'
AT = 1_772_366_400
HEADER = sign("secret", BODY, at_s=AT)


def test_signature_has_the_published_form() -> None:
    """Computed with openssl, so that receivers in any language can follow the recipe."""
    expected = "96bac8ebc2eae48c5bbc4caf39c63513987ec28b349febb2aa3ca5149a4050ae"
    assert f"t={AT},v1={expected}" == HEADER


def test_receiver_believes_what_we_signed() -> None:
    assert verify("secret", BODY, HEADER, now_s=AT)
    assert verify("secret", BODY, HEADER, now_s=AT + TOLERANCE_S)


@pytest.mark.parametrize(
    ("secret", "body", "header", "now_s"),
    [
        ("other", BODY, HEADER, AT),
        ("secret", BODY + b" ", HEADER, AT),
        ("secret", BODY, HEADER, AT + TOLERANCE_S + 1),
        ("secret", BODY, HEADER, AT - TOLERANCE_S - 1),
        ("secret", BODY, HEADER.replace(f"t={AT}", f"t={AT + 1}"), AT),
        ("secret", BODY, HEADER[:-1] + ("0" if HEADER[-1] != "0" else "1"), AT),
        ("secret", BODY, "", AT),
        ("secret", BODY, f"t={AT},v1=", AT),
        ("secret", BODY, f"t=x,v1={'0' * 64}", AT),
    ],
)
def test_receiver_believes_nothing_else(secret: str, body: bytes, header: str, now_s: int) -> None:
    assert not verify(secret, body, header, now_s=now_s)
