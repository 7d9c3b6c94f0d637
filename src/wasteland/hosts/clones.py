"""Making a DoltLite clone so that it is there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ..engines.doltlite.engine import DoltLiteEngine


def make_clone(url: str, path: Path, *, lazy: bool = False) -> None:
    """
    Make the file at *path*; if another process makes it at the same time, theirs stays.

    Raises:
        Unavailable: There is no database at *url*.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # With a leading dot, because no repository can be called that.
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        DoltLiteEngine.clone(url, draft, lazy=lazy).close()
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        for leftover in path.parent.glob(f"*{draft.name}*"):
            leftover.unlink(missing_ok=True)
