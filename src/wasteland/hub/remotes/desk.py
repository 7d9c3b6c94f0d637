"""What the remote protocol asks of the hub: who may do what with which repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ...engines.base import Engine
from ...hosts.base import RepoName
from ...protocol.lean import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """
    What one caller may do with one repository.

    Attributes:
        repo: The repository, or a fork.
        engine: Opens it, as the host does; a fork is made a file when it is first written.
        engine_path: Its DoltLite file; None for a fork that was never written.
        upstream_path: The file of what it is a fork of; None for no fork. Its chunks are served as
            the fork's, so whoever sees the fork must be one who may see it.
        may_read: Whether it may be cloned and fetched from.
        may_push: Whether anything may be sent at all.
        may_write_branch: Whether a branch may be made, moved (by force too) and deleted: not main,
            nor other people's.
        is_private: Whether it is hidden from those who are not signed in.
        account: Who asks; "" for nobody.
        on_push: Told of each branch that moved, with its old and new commit; "" for none.
    """

    repo: RepoName
    engine: Callable[[], Engine]
    engine_path: Path | None
    upstream_path: Path | None
    may_read: bool
    may_push: bool
    may_write_branch: Callable[[str], bool]
    is_private: bool
    account: str
    on_push: Callable[[str, str, str], None]


class RemoteDesk(Protocol):
    """Knows accounts and repositories."""

    def open(self, token: str, owner: str, db: str) -> Access:
        """
        Return what the holder of *token* may do with ``owner/db``.

        Args:
            token: "" for nobody.
        Raises:
            NotFound: It is not there, or the caller may not know of it.
            Unauthenticated: The token is none of ours, or not good any more.
        """
