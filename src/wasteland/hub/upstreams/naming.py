"""Upstreams and tokens as people type them."""

from __future__ import annotations

from typing import Final

from ...commons import hubs
from ...commons.credentials import DOLTHUB, is_dolthub
from ...commons.outgoing import urls
from ...engines.dolthub.secret import Secret
from ...hosts.base import RepoName
from ...protocol.errors import Invalid

_SHORTEST: Final = 8
_LONGEST: Final = 4096


def read_upstream(text: str) -> tuple[str, RepoName]:
    """
    Return the root and the name of the upstream that somebody typed.

    ``owner/db`` is on DoltHub; anything else is the address of a commons on a hub, or of its page
    on DoltHub.

    Raises:
        Invalid: It is neither.
    """
    target = text.strip()
    try:
        if "://" not in target:
            return DOLTHUB, RepoName.parse(target)
        urls.parse(target)
        root, repo = hubs.read_address(_plain(target)) or ("", None)
    except Invalid as error:
        raise _no_upstream() from error
    if repo is None:
        raise _no_upstream()
    return DOLTHUB if is_dolthub(root) else root, repo


def read_token(text: str) -> Secret:
    """
    Return the token that somebody typed.

    Raises:
        Invalid: It has not the form of one; it is not shown.
    """
    token = text.strip()
    is_plain = token.isascii() and token.isprintable() and " " not in token
    if not is_plain or not _SHORTEST <= len(token) <= _LONGEST:
        raise Invalid("That has not the form of a token.", hint="copy it once more", field="token")
    return Secret(token)


def _plain(address: str) -> str:
    """Return the address of a commons without what a browser's line has besides."""
    bare = address.partition("#")[0].partition("?")[0].rstrip("/")
    return bare.replace("/repositories/", "/", 1)


def _no_upstream() -> Invalid:
    return Invalid(
        "An upstream is owner/name on DoltHub, or the address of a commons on a hub.",
        hint="such as hop/wl-commons, or https://hub.example.org/team/board",
        field="upstream",
    )
