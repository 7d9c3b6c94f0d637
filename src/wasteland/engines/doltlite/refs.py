"""Branches and other refs: naming commits, moving branches, merging."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Final

from ...protocol.errors import MergeConflict, NotFound
from ..authors import stored_author
from ..base import MAIN, Branch, Tag
from ..refusals import check_name, merge_conflict, refuse_aside, refuse_main, refuse_moved
from .change import write_transaction
from .commits import read_date, write_commit
from .session import Session

_HASH: Final = re.compile(r"[0-9a-f]{40}\Z")

_PLACE: Final = (
    "SELECT coalesce((SELECT name FROM dolt_branches WHERE name = :ref), dolt_hashof(:ref))"
)
_COMMIT_OF: Final = "SELECT dolt_hashof(:ref)"
_MERGE_BASE: Final = "SELECT dolt_merge_base(:left, :right)"
_BRANCHES: Final = "SELECT name, hash FROM dolt_branches"
_REMOTE_BRANCHES: Final = "SELECT name, hash FROM dolt_remote_branches"
_CREATE: Final = "SELECT dolt_branch(:name, :start)"
_DELETE: Final = "SELECT dolt_branch('-D', :name)"
_TAGS: Final = "SELECT tag_name, tag_hash, tagger, date, message FROM dolt_tags ORDER BY tag_name"
_TAG: Final = "SELECT dolt_tag(:name, :start, '-m', :message, '--author', :author)"
_RESET: Final = "SELECT dolt_reset('--hard', :commit)"
_CLEAN: Final = "SELECT dolt_clean()"
_FORWARD: Final = "SELECT dolt_merge(:commit)"
_MERGE: Final = "SELECT dolt_merge(:commit, '--no-ff', '--no-commit')"
_CONFLICTS: Final = (
    "SELECT `table` FROM dolt_conflicts UNION SELECT `table` FROM dolt_constraint_violations"
)


def is_commit_hash(ref: str) -> bool:
    """Return whether *ref* is spelled like a commit."""
    return bool(_HASH.match(ref))


def place_of(session: Session, ref: str) -> str:
    """Return where to open the database to read *ref*: a branch's name, else a commit's hash."""
    return session.text(_PLACE, {"ref": ref})


def commit_of(session: Session, ref: str) -> str:
    """Return the hash of the commit that *ref* names."""
    return session.text(_COMMIT_OF, {"ref": ref})


def merge_base_of(session: Session, left: str, right: str) -> str | None:
    """Return the newest common ancestor of two commits, None if there is none."""
    with suppress(NotFound):
        return session.text(_MERGE_BASE, {"left": left, "right": right}) or None
    return None


def list_branches(session: Session, prefix: str) -> list[Branch]:
    """Return local branches by name."""
    return _branches(session, _BRANCHES, "", prefix)


def list_remote_branches(session: Session, remote: str, prefix: str) -> list[Branch]:
    """Return what is known of the branches of *remote*, by name."""
    return _branches(session, _REMOTE_BRANCHES, f"remotes/{remote}/", prefix)


def create(session: Session, name: str, start: str) -> None:
    """Create branch *name* at commit *start*."""
    session.run(_CREATE, {"name": check_name(name), "start": start})


def delete(session: Session, name: str) -> None:
    """Delete branch *name* if it exists."""
    refuse_main(name)
    with suppress(NotFound):
        session.run(_DELETE, {"name": check_name(name)})


def list_tags(session: Session) -> list[Tag]:
    """Return the tags by name."""
    return [
        Tag(str(name), str(commit), str(tagger), read_date(date), str(message))
        for name, commit, tagger, date, message in session.table(_TAGS)[1]
    ]


def create_tag(session: Session, name: str, commit: str, *, message: str, author: str) -> None:
    """Tag *commit*."""
    values = {
        "name": check_name(name),
        "start": commit,
        "message": message or name,
        "author": stored_author(author, ""),
    }
    session.run(_TAG, values)


def reset(session: Session, commit: str) -> None:
    """Set the branch where *session* is to *commit*, dropping what is uncommitted."""
    with session.transaction():
        session.run(_RESET, {"commit": commit})
        session.run(_CLEAN)
        session.run("COMMIT")


def forward(
    session: Session, name: str, commit: str, *, expected: str, descends: bool = False
) -> str:
    """
    Move branch *name*, where *session* is, forward to *commit*; return its new head.

    Args:
        descends: *commit* is known to descend from *expected*.
    Raises:
        Stale: The branch is not at *expected*, or *commit* does not descend from it.
    """
    with write_transaction(session, name) as head:
        refuse_moved(name, expected=expected, found=head)
        if not descends:
            refuse_aside(name, commit, head=head, base=merge_base_of(session, head, commit))
        if commit != head:
            session.run(_FORWARD, {"commit": commit})
            session.run("COMMIT")
    return commit


def merge_into_main(
    session: Session, commit: str, *, author: str, at: datetime, message: str
) -> str:
    """
    Merge *commit* into main, where *session* is; return main's head.

    Raises:
        MergeConflict: ``facts["tables"]`` names the tables; main is as it was.
    """
    with write_transaction(session, MAIN) as head:
        if merge_base_of(session, head, commit) == commit:
            return head
        try:
            session.run(_MERGE, {"commit": commit})
        except MergeConflict as conflict:
            tables = [str(name) for name in session.values(_CONFLICTS)]
            raise merge_conflict(tables) from conflict
        return write_commit(session, message, author=author, email="", at=at)


def _branches(session: Session, sql: str, before: str, prefix: str) -> list[Branch]:
    start = before + prefix
    rows = session.table(sql)[1]
    found = [(str(name), str(head)) for name, head in rows if str(name).startswith(start)]
    return [Branch(name.removeprefix(before), head) for name, head in sorted(found)]
