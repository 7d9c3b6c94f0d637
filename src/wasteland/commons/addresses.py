"""
What a target of ``wl join`` means: a name on the local host, or the address of a plain remote.

An address is a path or a URL. One that holds a password is refused before anything prints it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from ..hosts.base import RepoName
from ..protocol.errors import Invalid, NotFound
from ..protocol.names import visible

_KNOWN: Final = re.compile(r"(?:file|https?|git\+\w+|ssh)://")
_ANY: Final = re.compile(r"\w[\w+.-]*://")
_USER: Final = re.compile(r"(?:(\w[\w+.-]*)://)?([^/@]*)@")
_FILE: Final = "file://"
_DIGITS: Final = 8


def is_address(target: str) -> bool:
    """
    Return whether *target* is a path or a URL, and no ``org/db``.

    Raises:
        Invalid: It holds a password, or it is a URL that no engine reads.
    """
    _refuse_secret(target)
    if _ANY.match(target) and not _KNOWN.match(target):
        raise Invalid(
            f"{visible(target)} is no address that wl understands: use file://, http(s):// or "
            "ssh://.",
            field="commons",
            hint="wl join --help",
        )
    return bool(_KNOWN.match(target)) or target.startswith(("/", "./", "../", "~"))


def locate(target: str, name: str) -> tuple[RepoName, str]:
    """
    Return what the commons at an address is called here, and its URL.

    Args:
        target: As ``is_address`` took it.
        name: ``org/db`` to call it by; "" to read that off the address.
    Raises:
        NotFound: It is a path of this machine, and nothing is there.
        Invalid: The address says no name.
    """
    url = target if _KNOWN.match(target) else _file_url(target)
    repo = RepoName.parse(name) if name else _name_in(url, target)
    if url.startswith(_FILE) and not Path(url.removeprefix(_FILE)).exists():
        raise _nothing_at(target)
    return repo, url


def engine_of(url: str) -> str:
    """Return which engine reads a remote: a ``.db`` file is DoltLite's, anything else Dolt's."""
    return "doltlite" if url.split("?", maxsplit=1)[0].rstrip("/").endswith(".db") else "dolt"


def clone_folder(data: Path, repo: RepoName, url: str) -> Path:
    """Return where the clone of *url* goes; two remotes of one name have two places."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:_DIGITS]
    return data / "clones" / repo.owner / f"{repo.name}-{digest}"


def _refuse_secret(target: str) -> None:
    """Raise Invalid, without repeating it, for an address with a password; ssh takes a user."""
    found = _USER.match(target)
    if found is None or target.startswith(_FILE):
        return
    scheme, user = found[1] or "", found[2]
    if ":" in user or (scheme and "ssh" not in scheme):
        raise Invalid(
            "The address holds a user or a password, which would be stored and printed.",
            field="commons",
            hint="wl join the address without what stands before its @",
        )


def _file_url(target: str) -> str:
    try:
        path = Path(target).expanduser().resolve()
    except RuntimeError as error:  # a user whom the system does not know
        raise _nothing_at(target) from error
    if not path.exists():
        raise _nothing_at(str(path))
    noms = path / ".dolt" / "noms"
    return f"{_FILE}{noms if noms.is_dir() else path}"


def _nothing_at(place: str) -> NotFound:
    return NotFound(
        f"There is nothing at {visible(place, 200)}.", hint="wl join org/db", path=place
    )


def _name_in(url: str, target: str) -> RepoName:
    parts = [p for p in url.split("://", 1)[1].split("/") if p not in {"", ".dolt", "noms"}]
    if len(parts) < 2:  # owner and name
        raise Invalid(
            f"{visible(target)} does not say what the commons is called.",
            field="name",
            hint=f"wl join {target} --as org/db",
        )
    return RepoName.parse(f"{_plain(parts[-2])}/{_plain(parts[-1].removesuffix('.db'))}")


def _plain(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", part).strip(".-_") or "commons"
