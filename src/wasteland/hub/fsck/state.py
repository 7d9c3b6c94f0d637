"""Checks of the state files: are they sound, and nobody else's to read?"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ...commons.doctor.findings import Finding, problem, some, warn
from ..backup.contents import is_stock_sqlite, state_files
from ..backup.making import HOST_STATE

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_RESTORE: Final = "wl hub restore BACKUP NEW-DIRECTORY"


def checks(root: Path) -> Iterator[Finding]:
    """Yield what is wrong with the state files of the host in *root*."""
    if not (root / HOST_STATE).is_file():
        yield problem("state", f"There is no host in {root} : it has no {HOST_STATE} .", _RESTORE)
        return
    if not is_stock_sqlite(root / HOST_STATE):
        yield problem("state", f"{root / HOST_STATE} is no file of SQLite.", _RESTORE)
        return
    for path in state_files(root):
        yield from _sound(path)
    yield from _private(root)


def _sound(path: Path) -> Iterator[Finding]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            lines = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            strays = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        lines, strays = [str(error)], []
    for line in lines:
        if line != "ok":
            yield problem("state", f"{path} is damaged: {line}", _RESTORE)
    if strays:
        tables = sorted({f"{row[0]} (of {row[2]})" for row in strays})
        yield problem(
            "state",
            f"{path} has {len(strays)} rows that belong to nothing: {some(tables)}.",
            _RESTORE,
        )


def _private(root: Path) -> Iterator[Finding]:
    for path in (root, *state_files(root)):
        if path.stat().st_mode & _OTHERS:
            yield warn("rights", f"Other users may read {path} .", f"chmod go-rwx '{path}'")
