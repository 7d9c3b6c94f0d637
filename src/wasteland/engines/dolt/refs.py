"""Branches and other refs as the database stores them: naming, moving, merging."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from ...protocol.errors import Conflict, NotFound
from ..authors import stored_author
from ..base import MAIN, Branch, Tag
from ..refusals import merge_conflict, refuse_aside, refuse_main, refuse_moved
from .change import transaction
from .commits import read_date, write_commit
from .connections import fetch
from .errors import translated
from .signing_in import Session

_COMMIT_OF: Final = "SELECT dolt_hashof(%s) AS hash"
_MERGE_BASE: Final = "SELECT dolt_merge_base(%s, %s) AS hash"
_BRANCHES: Final = "SELECT name, hash FROM dolt_branches"
_REMOTE_BRANCHES: Final = "SELECT name, hash FROM dolt_remote_branches"
_CREATE: Final = "CALL dolt_branch(%s, %s)"
_DELETE: Final = "CALL dolt_branch('-D', %s)"
_TAGS: Final = "SELECT tag_name, tag_hash, tagger, date, message FROM dolt_tags ORDER BY tag_name"
_TAG: Final = "CALL dolt_tag(%s, %s, '-m', %s, '--author', %s)"
_RESET: Final = "CALL dolt_reset('--hard', %s)"
_CLEAN: Final = "CALL dolt_clean()"
_FORWARD: Final = "CALL dolt_merge('--ff-only', %s)"
_MERGE: Final = "CALL dolt_merge('--no-ff', '--no-commit', %s)"
_CONFLICTS: Final = (
    "SELECT `table` FROM dolt_conflicts UNION SELECT `table` FROM dolt_constraint_violations"
)


def commit_of(session: Session[Any], ref: str) -> str:
    """
    Return the hash of the commit that *ref* names.

    Raises:
        NotFound: It names none.
    """
    with translated():
        return str(fetch(session, _COMMIT_OF, (ref,))[0]["hash"])


def merge_base_of(session: Session[Any], left: str, right: str) -> str | None:
    """Return the newest common ancestor of two commits, None if there is none."""
    with suppress(NotFound, Conflict), translated():
        found = fetch(session, _MERGE_BASE, (left, right))[0]["hash"]
        return None if found is None else str(found)
    return None


def stored_branches(session: Session[Any], prefix: str) -> list[Branch]:
    """Return local branches whose name begins with *prefix*, by name."""
    return _branches(session, _BRANCHES, "", prefix)


def remote_branches(session: Session[Any], remote: str, prefix: str) -> list[Branch]:
    """Return what is known of the branches of *remote*, by name."""
    return _branches(session, _REMOTE_BRANCHES, f"remotes/{remote}/", prefix)


def create(session: Session[Any], name: str, start: str) -> None:
    """Create branch *name* at commit *start*."""
    with translated():
        fetch(session, _CREATE, (name, start))


def delete(session: Session[Any], name: str) -> None:
    """Delete branch *name* if it exists."""
    refuse_main(name)
    with suppress(NotFound), translated():
        fetch(session, _DELETE, (name,))


def list_tags(session: Session[Any]) -> list[Tag]:
    """Return the tags by name."""
    return [
        Tag(
            str(row["tag_name"]),
            str(row["tag_hash"]),
            str(row["tagger"]),
            read_date(row["date"]),
            str(row["message"]),
        )
        for row in fetch(session, _TAGS)
    ]


def create_tag(session: Session[Any], name: str, commit: str, *, message: str, author: str) -> None:
    """Tag *commit*."""
    with translated():
        fetch(session, _TAG, (name, commit, message or name, stored_author(author, "")))


def reset(session: Session[Any], commit: str) -> None:
    """Set the branch where *session* is to *commit*, dropping what is uncommitted."""
    with translated():
        fetch(session, _RESET, (commit,))
        fetch(session, _CLEAN)


def forward(session: Session[Any], name: str, commit: str, *, expected: str) -> str:
    """
    Move branch *name*, where *session* is, forward to *commit*; return its new head.

    Raises:
        Stale: The branch is not at *expected*, or *commit* does not descend from it.
    """
    with transaction(session, name) as head:
        refuse_moved(name, expected=expected, found=head)
        refuse_aside(name, commit, head=head, base=merge_base_of(session, head, commit))
    # Outside the transaction, where the engine itself refuses a branch that moved aside meanwhile.
    with translated():
        fetch(session, _FORWARD, (commit,))
    return commit


def merge_into_main(
    session: Session[Any], commit: str, *, author: str, at: datetime, message: str
) -> str:
    """
    Merge *commit* into main, where *session* is; return main's head.

    Raises:
        MergeConflict: ``facts["tables"]`` names the tables; main is as it was.
    """
    with transaction(session, MAIN) as head, translated():
        if merge_base_of(session, head, commit) == commit:
            return head
        fetch(session, _MERGE, (commit,))
        tables = [str(row["table"]) for row in fetch(session, _CONFLICTS)]
        if tables:
            raise merge_conflict(tables)
        return write_commit(session, message, author=author, at=at)


def _branches(session: Session[Any], sql: str, before: str, prefix: str) -> list[Branch]:
    start = before + prefix
    found = [(str(row["name"]), str(row["hash"])) for row in fetch(session, sql)]
    return [
        Branch(name.removeprefix(before), head)
        for name, head in sorted(found)
        if name.startswith(start)
    ]
