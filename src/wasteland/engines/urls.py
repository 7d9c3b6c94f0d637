"""How the address of a remote is shown: without what lets its reader in."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"(https?://[^\s/]*(?:/[^\s/]+)*?/t/)[^\s/?#]+", re.IGNORECASE)
_USER: Final = re.compile(r"(\w[\w+.-]*://)[^\s/@]*@")


def scrubbed(text: str) -> str:
    """
    Return *text*, a URL or a sentence with URLs, without tokens and passwords.

    A hub's remotes carry the token in the path, ``https://hub/t/<token>/org/db.db``, because the
    engine's protocol has no header for it; what is put in its place is ``***``.
    """
    return _USER.sub(r"\1***@", _TOKEN.sub(r"\1***", text))
