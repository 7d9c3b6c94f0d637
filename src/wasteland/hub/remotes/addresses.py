"""Which remotes a hub may fetch from: those that its operator names, by exact beginning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ...engines.urls import scrubbed
from ...protocol.errors import Forbidden, Invalid
from ...protocol.names import visible

_PLAIN: Final = re.compile(
    r"(?:https?://[A-Za-z0-9.\[\]:-]+|file://)(?:/[A-Za-z0-9._~+@=,-]+)+/?\Z"
)
_STEPS: Final = frozenset({".", ".."})
_LIMIT: Final = 2048


def check_address(url: str, allow: Sequence[str]) -> str:
    """
    Return *url* if it lies under one of *allow*.

    Schemes, hosts and ports are compared as they are, paths part by part; nothing is decoded,
    because what two programs decode differently is a way in. The file of a ``file://`` URL lies
    under the directory with all symbolic links followed. Who fetches follows no redirects.

    Args:
        allow: ``https://host[:port]/prefix`` or ``file:///directory``.
    Raises:
        Invalid: It is no plain URL: it holds a password, a query, an escape or a step upwards.
        Forbidden: The operator allows no such remote.
    """
    parts = _split(url)
    if parts is None:
        raise Invalid(
            f"{visible(scrubbed(url), 200)} is no remote that a hub fetches from: https://, "
            "http:// or file://, with a plain path.",
            field="url",
        )
    if not any(_lies_under(parts, each) for each in allow):
        raise Forbidden(
            f"This hub does not fetch from {visible(scrubbed(url), 200)}: its operator has not "
            "allowed that remote.",
            hint="push the branch to a fork on this hub",
        )
    return url


def _split(url: str) -> SplitResult | None:
    if len(url) > _LIMIT or not _PLAIN.match(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no port
    except ValueError:
        return None
    return None if _STEPS & set(parts.path.split("/")) else parts


def _lies_under(parts: SplitResult, allowed: str) -> bool:
    prefix = urlsplit(allowed)
    same = (parts.scheme, parts.netloc.lower()) == (prefix.scheme, prefix.netloc.lower())
    if not same or (parts.scheme == "file" and not prefix.path.strip("/")):
        return False
    if parts.scheme == "file":
        file, directory = Path(parts.path).resolve(), Path(prefix.path).resolve()
        return directory in file.parents
    steps, first = _steps(parts.path), _steps(prefix.path)
    return steps[: len(first)] == first


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step]
