"""Making DoltLite clones so that each is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..engines.base import MAIN, Engine
from ..engines.doltlite.engine import DoltLiteEngine
from ..engines.urls import scrubbed
from ..protocol.errors import (
    Conflict,
    EngineError,
    Forbidden,
    MergeConflict,
    NotFound,
    Stale,
    Tampered,
    Unavailable,
    WastelandError,
)
from .base import RepoName
from .queue import Queue

ORIGIN = "origin"
UPSTREAM = f"{ORIGIN}/{MAIN}"
"""Main of the origin, as last fetched."""

_MOVED = "moved"


def open_clone(url: str, path: Path) -> DoltLiteEngine:
    """
    Return the engine of the clone of *url* at *path*, made if need be.

    Raises:
        Conflict: The file is the clone of another remote.
        Unavailable: There is no clone yet, and no database at *url*.
    """
    if not path.is_file():
        make_clone(url, path)
    engine = DoltLiteEngine(path)
    try:
        check_origin(engine, url)
    except BaseException:
        engine.close()
        raise
    return engine


def check_origin(engine: Engine, url: str) -> None:
    """
    Refuse a clone whose origin is another remote than *url*; one without an origin will do.

    Raises:
        Conflict: What the clone holds, and has not pushed, belongs elsewhere.
    """
    found = {remote.name: remote.url for remote in engine.remotes()}.get(ORIGIN, url)
    if found.rstrip("/") != url.rstrip("/"):
        origin, shown = scrubbed(found), scrubbed(url)
        raise Conflict(
            f"{engine.location} is a clone of {origin} , not of {shown} .",
            hint=f"wl leave, move {engine.location} away, and wl join {shown}",
            path=engine.location,
            origin=origin,
            url=shown,
        )


def cannot_clone(url: str, error: WastelandError) -> Unavailable:
    """Return *error* of a clone by its address; the place that was written to is only ours."""
    reason = error.facts.get("reason") or error.message
    shown = scrubbed(url)
    return Unavailable(
        f"{shown} cannot be cloned: {str(reason).rstrip('.')}.",
        hint=f"check the address, then: wl join {shown}",
        url=shown,
    )


def make_clone(url: str, path: Path, *, lazy: bool = False) -> None:
    """
    Make the file at *path*; if another process makes it at the same time, theirs stays.

    Raises:
        Unavailable: There is no database at *url*.
    """
    with _draft(path) as draft:
        try:
            DoltLiteEngine.clone(url, draft, lazy=lazy).close()
        except (EngineError, Forbidden, NotFound, Tampered) as error:
            raise cannot_clone(url, error) from error
        # It keeps the remote's URL, which may hold a token.
        draft.chmod(0o600)
        with suppress(FileExistsError):
            os.link(draft, path)


def open_lazy_clone(path: Path, upstream: Path) -> DoltLiteEngine:
    """
    Return the engine of the lazy clone at *path*, made anew if *upstream* is not where it was.

    A lazy clone keeps the place of its origin for ever and reads from there; after the host's
    directory was moved or copied, that place is gone or somebody else's. Its successor is whole,
    because a clone with gaps cannot fetch.
    """
    engine = DoltLiteEngine(path, lazy=True)
    if not _reads_from(engine, upstream):
        engine.close()
        with Queue(path.with_name(f".{path.name}.queue"), str(path)).turn():
            _make_whole(path, upstream)
    return engine


def _make_whole(path: Path, upstream: Path) -> None:
    """Replace the lazy clone at *path* by a whole one, unless another process just did."""
    with DoltLiteEngine(path, lazy=True) as old:
        if _reads_from(old, upstream):
            return
        with _draft(path) as draft:
            _copy_branches(old, path, DoltLiteEngine.clone(f"file://{upstream}", draft))
            old.close()
            draft.replace(path)


def follow_origin(clone: Engine, repo: RepoName, location: str) -> None:
    """
    Move the clone's main forward to that of its origin, as last fetched.

    Raises:
        MergeConflict: It holds commits that the origin's lacks.
    """
    ours, theirs = clone.head(), clone.head(UPSTREAM)
    if ours == theirs:
        return
    try:
        clone.fast_forward(MAIN, theirs, expected=ours)
    except Stale as error:
        raise MergeConflict(
            f"The clone of {repo} has commits on main that {location} lacks.",
            hint="wl sync --reset-to-upstream",
            ours=ours,
            theirs=theirs,
        ) from error


def _reads_from(engine: Engine, upstream: Path) -> bool:
    urls = {remote.name: remote.url for remote in engine.remotes()}
    origin = Path(urls.get(ORIGIN, "").removeprefix("file://"))
    # The same file under another name will do: somebody left a symbolic link where it was.
    return origin == upstream or (origin.exists() and origin.samefile(upstream))


def _copy_branches(old: Engine, path: Path, new: Engine) -> None:
    with new:
        new.add_remote(_MOVED, f"file://{path}")
        for branch in old.branches():
            new.fetch(_MOVED, branch.name)
            if branch.name == MAIN:
                new.move_branch(MAIN, branch.head)
            else:
                new.create_branch(branch.name, branch.head)
        new.remove_remote(_MOVED)


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Yield a path beside *path* to work at; what is left there goes in the end."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # With a leading dot, because no repository can be called that.
    draft = path.with_name(f".{path.name}-{os.urandom(4).hex()}")
    try:
        yield draft
    finally:
        for leftover in path.parent.glob(f"*{draft.name}*"):
            leftover.unlink(missing_ok=True)
