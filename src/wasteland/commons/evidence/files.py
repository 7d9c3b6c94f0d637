"""
Files that were uploaded as evidence: kept by their digest, given back as nothing but bytes.

A file belongs to the repositories that it was uploaded to; who may read such a repository may read
it. Equal files are kept once.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Final
from uuid import uuid4

from ...hosts.state.file import StateFile
from ...protocol.errors import Invalid, LimitReached, NotFound
from ...protocol.evidence import file_reference
from ...protocol.lean import dataclass
from ...protocol.records import write_time

FOLDER: Final = ".evidence"
LIMIT_BYTES: Final = 10 * 1024 * 1024
QUOTA_BYTES: Final = 1024 * 1024 * 1024

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Upload:
    """
    A file that was taken in.

    Attributes:
        digest: SHA-256 of its content, in hexadecimal digits.
        name: As evidence may show it.
        reference: What to hand in as evidence.
    """

    digest: str
    size_bytes: int
    name: str
    reference: str


class Files:
    """
    The uploaded files of one host.

    Args:
        root: The host's directory.
        store: From ``store.open_store``: which file belongs to which repository.
        limit_bytes: Of one file.
        quota_bytes: Of all files of a repository together.
    """

    def __init__(
        self,
        root: Path,
        store: StateFile,
        *,
        limit_bytes: int = LIMIT_BYTES,
        quota_bytes: int = QUOTA_BYTES,
    ) -> None:
        self._folder = root / FOLDER
        self._store = store
        self._limit_bytes = limit_bytes
        self._quota_bytes = quota_bytes

    def add(
        self, repo: str, name: str, chunks: Iterable[bytes], *, account: str, at: datetime
    ) -> Upload:
        """
        Take in a file for a repository.

        Args:
            name: As its owner calls it; what cannot stand in evidence is replaced.
            chunks: Its content.
        Raises:
            LimitReached: It is too large, or the repository's files together would be.
            Invalid: It is empty.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        waiting = self._folder / f".{uuid4().hex}"
        try:
            digest, size = self._receive(waiting, chunks)
            self._require_room(repo, digest, size)
            self._keep(waiting, digest)
        finally:
            waiting.unlink(missing_ok=True)
        reference = file_reference(digest, name)
        self._store.write(_ADD, (repo, digest, size, account, write_time(at)))
        return Upload(digest, size, reference.rpartition("/")[2], reference)

    def open(self, repo: str, digest: str) -> BufferedReader:
        """
        Return a file of a repository, to be read and closed.

        Raises:
            NotFound: The repository has none with this digest.
        """
        with suppress(OSError):
            if self._store.read(_HAS, (repo, digest)):
                return self._path(digest).open("rb")
        raise NotFound("No such file was handed in here.", hint="wl show the item", digest=digest)

    def digest_now(self, repo: str, digest: str) -> str:
        """
        Return the digest that the content has now: another one if it was tampered with.

        Raises:
            NotFound: The repository has no such file.
        """
        with self.open(repo, digest) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _receive(self, path: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > self._limit_bytes:
                    raise _too_large(f"A file of evidence has {self._limit_bytes} bytes at most.")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if not size:
            raise Invalid("The file is empty.", hint="choose another file", field="file")
        return digest.hexdigest(), size

    def _require_room(self, repo: str, digest: str, size: int) -> None:
        used = int(self._store.read(_USED, (repo, digest))[0][0] or 0)
        if used + size > self._quota_bytes:
            raise _too_large(f"The files of {repo} would exceed {self._quota_bytes} bytes.")

    def _keep(self, waiting: Path, digest: str) -> None:
        path = self._path(digest)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        waiting.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _path(self, digest: str) -> Path:
        # Digests come from addresses that anybody writes; nothing else becomes part of a path.
        if not _DIGEST.fullmatch(digest):
            raise NotFound("No such file was handed in here.", digest="")
        return self._folder / digest[:2] / digest


def headers(name: str) -> dict[str, str]:
    """Return the headers to serve a file with, so that no browser runs or shows what is in it."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-100:] or "file"
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{safe}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


def _too_large(message: str) -> LimitReached:
    return LimitReached(message, hint="put it elsewhere and hand in its address with #sha256=")


_ADD: Final = """
INSERT INTO files (repo, digest, size, account, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (repo, digest) DO NOTHING
"""
_HAS: Final = "SELECT 1 FROM files WHERE repo = ? AND digest = ?"
_USED: Final = "SELECT SUM(size) FROM files WHERE repo = ? AND digest <> ?"
