"""Plain remotes that only Dolt reads, over a clone on a Dolt server of this user's."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..engines.dolt.engine import DoltEngine
from ..engines.dolt.names import database_name
from ..engines.dolt.server import Server
from ..protocol.errors import EngineError, NotFound
from .base import RepoName
from .clones import cannot_clone, check_origin
from .plain import PlainHost


def open_plain(repo: RepoName, folder: Path, url: str, *, program: str | None) -> PlainHost:
    """
    Return the host of the Dolt remote at *url*, cloned into *folder* if need be.

    Args:
        repo: What to call the commons.
        folder: Data directory of the server that holds the clone; made when missing.
        url: ``file://`` or ``http(s)://``, as ``dolt clone`` takes it.
        program: The Dolt program; None for the one on PATH.
    Raises:
        Conflict: The clone there is one of another remote.
        Unavailable: There is no Dolt program, or the remote cannot be reached.
    """
    database = database_name(repo.owner, repo.name)
    if (folder / database / ".dolt").is_dir():
        engine = DoltEngine(Server.attach(folder, program=program), database)
        check_origin(engine, url)
    else:
        engine = _cloned(url, folder, database, program)
    return PlainHost(repo, engine, url, folder)


def _cloned(url: str, folder: Path, database: str, program: str | None) -> DoltEngine:
    """Clone *url*; a first clone that fails leaves neither a server nor its folder behind."""
    is_new = not folder.exists()
    server = None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        server = Server.attach(folder, program=program)
        try:
            return DoltEngine.clone(url, server, database)
        except (EngineError, NotFound) as error:
            raise cannot_clone(url, error) from error
    except BaseException:
        if is_new:
            if server is not None:
                server.stop()
            shutil.rmtree(folder, ignore_errors=True)
        raise
