"""The hub's own records of commits, named anew after a move."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from ...hosts.base import RepoName
from ..store import FILE, open_store

_COLUMNS: Final = (("releases", "commit_hash"), ("verdicts", "head"), ("reviews", "head"))


def rename_in_hub(root: Path, repo: RepoName, commits: Mapping[str, str]) -> None:
    """
    Let the hub's releases, verdicts and reviews of *repo* name the new commits.

    Doing it again changes nothing, as no new name is an old one.
    """
    if not (root / FILE).is_file():
        return
    with closing(open_store(root)) as store, store.transaction() as connection:
        for table, column in _COLUMNS:
            sql = f"SELECT DISTINCT {column} FROM {table} WHERE repo = ?"
            for (old,) in connection.execute(sql, (str(repo),)).fetchall():
                if new := commits.get(old):
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE repo = ? AND {column} = ?",
                        (new, str(repo), old),
                    )
