"""
The files of a Dolt remote, brought here: from its server, or from its directory.

A remote's answers name other addresses to fetch from, and Dolt's client goes there. Here whatever
it names is asked of the remote itself, or not at all.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ...protocol.errors import Forbidden, NotFound, Unavailable
from ...protocol.lean import dataclass
from ...protocol.names import visible
from .budget import Address, Budget, asked
from .grpc import call, fields, text_field

MANIFEST: Final = "manifest"
_LIST: Final = "/dolt.services.remotesapi.v1alpha1.ChunkStoreService/ListTableFiles"
_FILE: Final = re.compile(r"[0-9a-v]{32}(?:\.darc)?\Z")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_HASH_BYTES: Final = 20
_FILES_LIMIT: Final = 1000
_OK: Final = 200
_ARCHIVE: Final = ".darc"
_ARCHIVE_ENDS: Final = b"DOLTARC"
# Any will do: it only tells one state of the files from another.
_LOCK: Final = _DIGITS[1] * 32
_NO_HASH: Final = _DIGITS[0] * 32


@dataclass(frozen=True, slots=True)
class _Table:
    """One file: its name without suffix, its number of chunks, where the remote says that it is."""

    name: str
    chunks: int
    url: str


def download(budget: Budget, url: str, folder: Path) -> None:
    """
    Write the files of the Dolt remote at *url*, ``http(s)://``, into *folder*.

    Raises:
        Forbidden: It keeps them at another address.
        LimitReached, Unavailable: As the budget says, or the remote answers nothing usable.
        NotFound: There is no such database, or not for everybody.
    """
    address = Address.of(url)
    root, tables = _listed(budget, address)
    for table in tables:
        _load(budget, address, table, folder / table.name)
        _name_archive(folder / table.name)
    specs = [f"{table.name}:{table.chunks}" for table in tables]
    manifest = ["5", "__DOLT__", _LOCK, root, _NO_HASH, *specs]
    (folder / MANIFEST).write_text(":".join(manifest))


def copy(budget: Budget, source: Path, folder: Path) -> None:
    """
    Write the files of the Dolt remote in the directory *source* into *folder*.

    Raises:
        LimitReached: They are too big.
        NotFound: There is no such remote.
    """
    try:
        # First what names the others: of what is added meanwhile it knows nothing.
        _copy(budget, source / MANIFEST, folder / MANIFEST)
        for file in sorted(source.iterdir()):
            if _FILE.match(file.name):
                _copy(budget, file, folder / file.name)
    except OSError as error:
        raise NotFound("There is no Dolt remote in that directory.") from error


def _listed(budget: Budget, address: Address) -> tuple[str, list[_Table]]:
    """Return the root and the files of the database."""
    path = address.path.lstrip("/").encode()
    owner, _, name = path.rpartition(b"/")
    repo = text_field(1, owner) + text_field(2, name)
    answer = call(budget, address, _LIST, text_field(1, repo) + text_field(4, path))
    if not answer:
        raise NotFound("The remote has no such database, or does not show it to everybody.")
    try:
        return _read_list(answer)
    except ValueError as error:
        raise Unavailable(
            f"The remote at {address.netloc} does not answer as Dolt does."
        ) from error


def _read_list(answer: bytes) -> tuple[str, list[_Table]]:
    root, tables = b"", dict[str, _Table]()
    for number, value in fields(answer):
        if number == 1 and isinstance(value, bytes):
            root = value
        elif number in {2, 3} and isinstance(value, bytes):
            table = _read_table(value)
            tables[table.name] = table
    if len(root) != _HASH_BYTES or len(tables) > _FILES_LIMIT:
        raise ValueError("no root, or too many files")
    return _spelled(root), list(tables.values())


def _read_table(message: bytes) -> _Table:
    found = dict(fields(message))
    name, chunks, url = found.get(1), found.get(2, 0), found.get(3)
    if not (isinstance(name, bytes) and isinstance(chunks, int) and isinstance(url, bytes)):
        raise ValueError("a file without name or address")  # noqa: TRY004  of what was sent
    text = name.decode()
    if not _FILE.match(text):
        raise ValueError("a file that is not called as files of Dolt are")
    return _Table(text.removesuffix(_ARCHIVE), chunks, url.decode())


def _load(budget: Budget, address: Address, table: _Table, into: Path) -> None:
    place = urlsplit(table.url)
    if place.netloc.lower() != address.netloc.lower():
        raise Forbidden(
            f"The remote keeps its data at {visible(place.netloc)}, and this hub calls "
            f"{address.netloc} only.",
            hint="push the branch to a remote that serves its own data",
        )
    target = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
    with asked(budget, address, "GET", target) as answer, into.open("xb") as file:
        if answer.status != _OK:
            raise Unavailable(f"The remote answers {answer.status} where its data should be.")
        budget.copy(answer, file)


def _name_archive(file: Path) -> None:
    """Name *file* as Dolt expects what is in it; the list of files does not always say."""
    with file.open("rb") as opened:
        opened.seek(max(file.stat().st_size - len(_ARCHIVE_ENDS), 0))
        is_archive = opened.read() == _ARCHIVE_ENDS
    if is_archive:
        file.rename(file.with_suffix(_ARCHIVE))


def _copy(budget: Budget, source: Path, target: Path) -> None:
    # Whoever pushes there may have put anything in its place: a link, or a pipe that never ends.
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as opened, target.open("xb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotFound("There is no Dolt remote in that directory.")
        budget.copy(opened, file)


def _spelled(value: bytes) -> str:
    number = int.from_bytes(value, "big")
    return "".join(_DIGITS[number >> shift & 31] for shift in range(155, -5, -5))
