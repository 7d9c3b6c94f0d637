"""
Moving the branches of a repository as a client asks, if it may.

The client sends the whole list of refs as it is to be. What differs from the present list is what
it asks; the rights decide on that, not on what it says that it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from ...engines.base import MAIN, Engine
from ...engines.refusals import check_name
from ...hosts.queue import Queue
from ...protocol.errors import (
    Conflict,
    EngineError,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    Tampered,
    WastelandError,
)
from ...protocol.lean import dataclass
from ...protocol.names import visible
from . import blake3
from .chunks import Chunks
from .desk import Access
from .loading import offer
from .refs import Head, Refs, Tag, write_refs
from .wire import Wish

_REMOTE: Final = "hub-incoming"
_TAGS: Final = "SELECT tag_name, tag_hash, tagger, email, date, message FROM dolt_tags"


class RefsMoved(Stale):
    """The refs are not those that the client saw; it looks again by itself."""

    code = "refs_changed"


@dataclass(frozen=True, slots=True)
class Move:
    """
    One branch that is to move.

    Attributes:
        old: Commit; "" for a branch that is made.
        new: Commit; "" for one that is deleted.
    """

    branch: str
    old: str
    new: str


def present_refs(engine: Engine) -> Refs:
    """Return the refs that clients see: branches and tags, and nothing of this machine."""
    heads = sorted(engine.branches(), key=lambda head: head.name)
    rows = engine.read(f"{_TAGS} ORDER BY tag_name")
    tags = [
        Tag(
            name=str(row["tag_name"]),
            commit=str(row["tag_hash"]),
            tagger=str(row["tagger"] or ""),
            email=str(row["email"] or ""),
            at=_seconds(str(row["date"])),
            message=str(row["message"] or ""),
        )
        for row in rows
    ]
    return Refs(MAIN, tuple(Head(head.name, head.head) for head in heads), tuple(tags))


def land(access: Access, wish: Wish, chunks: Chunks, queue: Queue) -> list[Move]:
    """
    Move branches as *wish* says; return what moved.

    Args:
        chunks: What the client has sent, and what the repository has.
        queue: Of pushes to this repository.
    Raises:
        RefsMoved: The refs are not those that the client saw.
        Forbidden: It may not move one of these refs.
        Stale: A branch would not move forward, and the client did not force it.
        Conflict: What was sent does not make a whole commit.
    """
    engine = access.engine()
    with queue.turn():
        present = present_refs(engine)
        if blake3.digest(write_refs(present)) != wish.seen:
            raise RefsMoved("The refs have moved since you looked.", hint="push again")
        moves = find_moves(present, wish.refs)
        refuse_foreign(access, moves)
        with _brought(engine, moves, present, chunks):
            for move in moves:
                _move(engine, move, is_forced=wish.is_forced)
    return moves


def find_moves(present: Refs, wished: Refs) -> list[Move]:
    """
    Return how the branches differ.

    Raises:
        Forbidden: Anything but branches differs.
    """
    same = (
        ("the default branch", present.default == wished.default),
        ("tags", present.tags == wished.tags),
        ("remotes", not wished.names_remotes),
    )
    for name, is_same in same:
        if not is_same:
            raise Forbidden(f"A push cannot change {name} on this hub.", hint="push a branch")
    before, after = present.commits(), wished.commits()
    names = sorted(before.keys() | after.keys())
    moves = [Move(name, before.get(name, ""), after.get(name, "")) for name in names]
    return [move for move in moves if move.old != move.new]


def refuse_foreign(access: Access, moves: Sequence[Move]) -> None:
    """
    Refuse what *access* does not let move.

    Raises:
        Forbidden: One of the branches is main, or somebody else's.
        Invalid: One cannot be called so.
    """
    for move in moves:
        if move.branch == MAIN:
            raise Forbidden(
                f"Nobody pushes to main of {access.repo}: push a branch and open a pull request.",
                hint="wl review opens pull requests",
                branch=MAIN,
            )
        check_name(move.branch)
        if not access.may_write_branch(move.branch):
            raise Forbidden(
                f"{access.account} may not write the branch {visible(move.branch)} of "
                f"{access.repo}.",
                hint=f"push to a fork of your own: wl fork {access.repo}",
                branch=move.branch,
            )


@contextmanager
def _brought(
    engine: Engine, moves: Sequence[Move], present: Refs, chunks: Chunks
) -> Iterator[None]:
    """Let the engine fetch the new commits, which it checks; it holds them for the block."""
    heads = [Head(move.branch, move.new) for move in moves if move.new]
    if not heads:
        yield
        return
    main = [head for head in present.heads if head.name == MAIN]
    with offer(Refs(MAIN, (*main, *heads)), chunks) as url:
        engine.add_remote(_REMOTE, url)
        try:
            _fetch(engine, heads, after=present.commits().get(MAIN, ""))
            yield
        finally:
            engine.remove_remote(_REMOTE)


def _fetch(engine: Engine, heads: Sequence[Head], *, after: str) -> None:
    """Take over the commits since main; they can be read, and the tables of the last."""
    try:
        for head in heads:
            engine.fetch(_REMOTE, head.name)
            engine.log(head.commit, after=after)
            engine.tables(ref=head.commit)
    except (EngineError, NotFound, Tampered, Invalid) as error:
        raise _not_whole(error) from error


def _move(engine: Engine, move: Move, *, is_forced: bool) -> None:
    if not move.new:
        engine.delete_branch(move.branch)
    elif not move.old:
        engine.create_branch(move.branch, move.new)
    elif is_forced:
        engine.move_branch(move.branch, move.new)
    else:
        engine.fast_forward(move.branch, move.new, expected=move.old)


def _not_whole(error: WastelandError) -> Conflict:
    reason = str(error.facts.get("reason") or error.message).rstrip(".")
    return Conflict(
        f"What was sent does not make a whole commit: {reason}.", hint="push again", reason=reason
    )


def _seconds(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
