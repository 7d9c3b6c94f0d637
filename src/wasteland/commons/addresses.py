"""
What a target of ``wl join`` means: a name on the local host, or the address of a plain remote.

An address is a path, a URL, or what git calls scp-like: ``git@host:org/repo.git``. DoltLite reads
files and HTTP. Dolt reads those, and a database that is kept in a git repository, under an address
that ends in ``.git``. An address that holds a password is refused before anything prints it, and
one that ssh could take for an option before anything runs it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from ..hosts.base import RepoName
from ..protocol.errors import Invalid, NotFound, Unsupported
from ..protocol.names import visible

_KNOWN: Final = re.compile(r"(?:git\+)?(?:file|https?|ssh)://")
_ANY: Final = re.compile(r"\w[\w+.-]*://")
_USER: Final = re.compile(r"(?:(\w[\w+.-]*)://)?([^/@]*)@")
_SCP: Final = re.compile(r"(?P<host>[^/:]*[.@][^/:]*):(?P<path>[^:]+)")
_FILE: Final = re.compile(r"(?:git\+)?file://")
_SSH: Final = "ssh://"
_GIT_SSH: Final = re.compile(
    r"git\+ssh://(?:\w[\w.+-]*@)?(?:\w[\w.-]*|\[[\da-fA-F:]+\])(?::\d+)?/[\w./~+@-]+", re.ASCII
)
_GIT: Final = ".git"
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
            "one that ends in .git.",
            field="commons",
            hint="wl join --help",
        )
    return bool(_KNOWN.match(target) or _is_scp(target)) or target.startswith(
        ("/", "./", "../", "~")
    )


def locate(target: str, name: str) -> tuple[RepoName, str]:
    """
    Return what the commons at an address is called here, and its URL as its engine writes it.

    Args:
        target: As ``is_address`` took it.
        name: ``org/db`` to call it by; "" to read that off the address.
    Raises:
        NotFound: It is a path of this machine, and nothing is there.
        Invalid: The address says no name, or is none for ssh.
        Unsupported: It leads to a database over ssh.
    """
    url = _canonical(target)
    _refuse_unsafe(url)
    repo = RepoName.parse(name) if name else _name_in(url, target)
    if _FILE.match(url) and not Path(_FILE.sub("", url)).exists():
        raise _nothing_at(target)
    return repo, url


def engine_of(url: str) -> str:
    """Return which engine reads a remote: a ``.db`` file is DoltLite's, anything else Dolt's."""
    return "doltlite" if url.split("?", maxsplit=1)[0].rstrip("/").endswith(".db") else "dolt"


def clone_folder(data: Path, repo: RepoName, url: str) -> Path:
    """Return where the clone of *url* goes; two remotes of one name have two places."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:_DIGITS]
    return data / "clones" / repo.owner / f"{repo.name}-{digest}"


def _is_scp(target: str) -> bool:
    """Return whether *target* has the form ``user@host:path``, which no ``org/db`` has."""
    return not _ANY.match(target) and bool(_SCP.fullmatch(target))


def _canonical(target: str) -> str:
    """Return the URL under which an engine remembers *target*."""
    if _is_scp(target):
        return _ssh_url(target)
    url = target if _KNOWN.match(target) else _file_url(target)
    is_git = url.rstrip("/").endswith(_GIT) and not url.startswith("git+")
    return f"git+{url}" if is_git else url


def _ssh_url(target: str) -> str:
    host, _, path = target.partition(":")
    if not path.endswith(_GIT):
        raise _no_ssh(target)
    # A path without a slash in front begins at the home directory there.
    return f"git+ssh://{host}{path}" if path.startswith("/") else f"git+ssh://{host}/./{path}"


def _refuse_unsafe(url: str) -> None:
    """Raise for ssh without git, and for what ssh could take for something else than an address."""
    if url.startswith(_SSH):
        raise _no_ssh(url)
    if url.startswith("git+ssh") and not _GIT_SSH.fullmatch(url):
        raise Invalid(
            f"{visible(url)} is no address for ssh: it has the form git@host:org/repo.git, of "
            "letters, digits and . _ ~ + @ - .",
            field="commons",
            hint="wl join --help",
        )


def _no_ssh(address: str) -> Unsupported:
    # Dolt's server never ends its ssh connections, and the first one locks the database at the
    # other end: it can be cloned, and is then shut to all pushes. DoltLite has no ssh.
    return Unsupported(
        f"{visible(address)} leads to a database over ssh; only a git repository can be reached "
        "so, under an address that ends in .git.",
        hint="wl join git@host:org/repo.git, or an https:// address",
        address=address,
    )


def _refuse_secret(target: str) -> None:
    """Raise Invalid, without repeating it, for an address with a password; ssh takes a user."""
    found = _USER.match(target)
    if found is None or _FILE.match(target):
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
    return f"file://{noms if noms.is_dir() else path}"


def _nothing_at(place: str) -> NotFound:
    return NotFound(
        f"There is nothing at {visible(place, 200)}.", hint="wl join org/db", path=place
    )


def _name_in(url: str, target: str) -> RepoName:
    parts = [p for p in url.split("://", 1)[1].split("/") if p not in {"", ".", ".dolt", "noms"}]
    if len(parts) < 2:  # owner and name
        raise Invalid(
            f"{visible(target)} does not say what the commons is called.",
            field="name",
            hint=f"wl join {target} --as org/db",
        )
    name = parts[-1].removesuffix(".db").removesuffix(_GIT)
    return RepoName.parse(f"{_plain(parts[-2])}/{_plain(name)}")


def _plain(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", part).strip(".-_") or "commons"
