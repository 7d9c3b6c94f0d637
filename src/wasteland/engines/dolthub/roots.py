"""The address of a host, checked before anything is sent there."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ...protocol.errors import Invalid

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def checked_root(root: str, *, may_be_plain: bool) -> str:
    """
    Return *root* without a slash at its end.

    Args:
        may_be_plain: Whether what is sent may be read on its way to another machine.
    Raises:
        Invalid: It is no address of a host, or would carry a token in the clear.
    """
    parts = urlsplit(root)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise Invalid(
            "A host is named by its root, such as https://www.dolthub.com, without a user.",
            field="url",
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not may_be_plain:
        raise Invalid(
            f"{parts.hostname} would get the token unencrypted.", hint="use https", field="url"
        )
    if parts.query or parts.fragment:
        raise Invalid("The root of a host has no query.", field="url")
    return root.rstrip("/")
