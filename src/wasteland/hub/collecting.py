"""
Collecting garbage beside those who read and write: a chore of a hub that serves.

A file of the embedded engine only grows: each change of a ref writes the list of refs anew. Dolt's
server does the same for its databases by itself.
"""

from __future__ import annotations

import logging
from typing import Final

from ..hosts.base import RepoName
from ..hosts.local import LocalHost
from ..protocol.errors import NotFound, Unavailable

GROWN_BYTES: Final = 16 * 2**20
GROWN_RATIO: Final = 1.5

_log = logging.getLogger("wasteland.hub")


class Collector:
    """
    Rewrites the file of a commons that has grown enough, when nobody waits to write it.

    Args:
        grown_bytes: By how much a file must have grown since it was collected, or first seen.
        grown_ratio: To how many times its size.
    """

    def __init__(
        self,
        host: LocalHost,
        *,
        grown_bytes: int = GROWN_BYTES,
        grown_ratio: float = GROWN_RATIO,
    ) -> None:
        self._host = host
        self._grown_bytes = grown_bytes
        self._grown_ratio = grown_ratio
        self._sizes: dict[RepoName, int] = {}

    def __call__(self) -> list[RepoName]:
        """Collect where it is due; return where it was."""
        return [repo for repo in self._host.repositories() if self._is_due(repo) and self._do(repo)]

    def _is_due(self, repo: RepoName) -> bool:
        size = self._size(repo)
        before = self._sizes.setdefault(repo, size)
        is_grown = size >= before + self._grown_bytes and size >= before * self._grown_ratio
        return is_grown and not self._host.queue(repo).waiting()

    def _do(self, repo: RepoName) -> bool:
        try:
            # Writers queue behind it, as behind one of them; readers go on.
            with self._host.queue(repo).turn():
                self._host.engine(repo).gc()
        except (NotFound, Unavailable) as error:
            _log.warning("%s is collected later: %s", repo, error.message)
            return False
        self._sizes[repo] = self._size(repo)
        return True

    def _size(self, repo: RepoName) -> int:
        """Return the size of a file without opening it; 0 where there is none."""
        path = self._host.root / repo.owner / f"{repo.name}.db"
        return path.stat().st_size if path.is_file() else 0
