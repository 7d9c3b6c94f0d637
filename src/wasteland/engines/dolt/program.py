"""Where the ``dolt`` program is, and which versions of it we can use."""

from __future__ import annotations

import re
import shutil
from typing import Final

from ...protocol.errors import Unsupported

OLDEST: Final = (1, 83, 1)
_HINT: Final = "install Dolt from https://github.com/dolthub/dolt/releases, then: wl doctor"


def find_program(override: str | None = None) -> str:
    """
    Return the path of the ``dolt`` program.

    Args:
        override: A path or name to use instead of ``dolt`` on PATH.

    Raises:
        Unsupported: There is none.
    """
    name = override or "dolt"
    found = shutil.which(name)
    if found is None:
        raise Unsupported(
            f"The program {name} is not installed, and this commons lives on a Dolt server.",
            hint=_HINT,
            program=name,
        )
    return found


def check_version(version: str) -> None:
    """
    Refuse a server that is older than what we rely on.

    Raises:
        Unsupported: It is older than OLDEST, or its version cannot be read.
    """
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if match is None or tuple(map(int, match.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Unsupported(
            f"The Dolt server is version {version}; {oldest} or newer is needed.",
            hint=_HINT,
            version=version,
        )
