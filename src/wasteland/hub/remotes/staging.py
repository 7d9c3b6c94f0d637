"""
What a Dolt remote sent, apart from every database of ours until Dolt itself has looked at it.

Dolt takes a remote's word for which chunk has which hash, and one database holds the branches of
all forks: a wrong chunk would be read by everybody. So the files are brought into a directory of
their own, ``dolt fsck`` compares each chunk with its hash there, and only the branch's own chunks
go on, into a remote in that directory. Neither program nor server calls another machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ...engines.dolt.program import find_program
from ...protocol.errors import NotFound, Unavailable
from ...protocol.names import visible
from . import tables
from .budget import Budget

_OUT: Final = "checked"


@contextmanager
def staged(url: str, branch: str, *, program: str | None, budget: Budget) -> Iterator[str]:
    """
    Yield the URL of a remote with *branch* alone, as the remote at *url* has it; gone afterwards.

    Args:
        url: That ``check_address`` has let pass.
        program: The ``dolt`` to use; None for the one on PATH.
    Raises:
        Forbidden, LimitReached, Unavailable: The remote, or what it sent, is not taken.
        NotFound: It has no such database or branch.
        Unsupported: There is no ``dolt``.
    """
    dolt = find_program(program)
    with tempfile.TemporaryDirectory(prefix="wl-head-") as folder:
        place = Path(folder)
        _fill(place, url, branch, budget)
        if not _run(dolt, place, ["fsck", "--quiet"], budget):
            raise Unavailable(
                "What the remote sent is not whole.", hint="push again, and repeat the command"
            )
        if not _run(dolt, place, ["push", _OUT, branch], budget):
            raise NotFound(f"The remote has no branch {visible(branch)} .", ref=branch)
        yield f"file://{place / _OUT}"


def _fill(place: Path, url: str, branch: str, budget: Budget) -> None:
    """Make a database of the remote's files, with nothing else of the remote's in it."""
    files = place / ".dolt" / "noms"
    for folder in (files, place / _OUT):
        folder.mkdir(parents=True)
    out = {"name": _OUT, "url": f"file://{place / _OUT}", "params": {}}
    out["fetch_specs"] = [f"refs/heads/*:refs/remotes/{_OUT}/*"]
    state = {"head": f"refs/heads/{branch}", "remotes": {_OUT: out}, "backups": {}, "branches": {}}
    (place / ".dolt" / "repo_state.json").write_text(json.dumps(state))
    if url.startswith("file:"):
        tables.copy(budget, Path(urlsplit(url).path), files)
    else:
        tables.download(budget, url, files)


def _run(dolt: str, place: Path, arguments: list[str], budget: Budget) -> bool:
    """Return whether ``dolt`` succeeds; it is ended when the time is over."""
    settings = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(place),
        "DOLT_ROOT_PATH": str(place),
        "DOLT_DISABLE_EVENT_FLUSH": "1",
    }
    try:
        done = subprocess.run(
            [dolt, *arguments],
            cwd=place,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # as long as whoever pushed there likes
            stderr=subprocess.DEVNULL,
            timeout=budget.left_s(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        budget.left_s()
        raise
    return done.returncode == 0
