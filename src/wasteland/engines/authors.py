"""Authors of commits, as ``name <address>``: what the engines store for one, and read back."""

from __future__ import annotations

import re
from typing import Final

# The engines refuse an author without an address; this one cannot be anybody's (RFC 2606).
_NO_EMAIL: Final = "none@invalid"
_NOT_IN_AUTHOR: Final = r"[<>\x00-\x1f\x7f]+"


def stored_author(name: str, email: str) -> str:
    """Return an author for ``dolt_commit``; what could end the name or the address is left out."""
    clean = [re.sub(_NOT_IN_AUTHOR, " ", text).strip() for text in (name, email)]
    return f"{clean[0] or 'unknown'} <{clean[1] or _NO_EMAIL}>"


def shown_email(stored: str) -> str:
    """Return an author's address, "" for one that gave none."""
    return "" if stored == _NO_EMAIL else stored
