"""Reading a whole board at one commit, and writing its files."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from ...commons import queries
from ...commons.data import to_data
from ...commons.session import Session
from ...protocol.errors import Conflict
from ...protocol.lean import dataclass
from ...protocol.records import Completion, Record, Rig, Stamp, WantedItem
from ...protocol.stamps import parse_scale
from . import pages
from .pages import Board, Sheet

_MARK: Final = ".wasteland-export"
_PLAIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """
    What was written.

    Attributes:
        directory: Where.
        commit: Of main, which all files tell of.
        items: Pages of items.
    """

    directory: Path
    commit: str
    items: int


def board(session: Session, directory: Path) -> ExportReport:
    """
    Write the board of *session*'s commons to *directory*, where an earlier export is replaced.

    What waits for review is no part of it.

    Raises:
        Conflict: *directory* holds anything else.
    """
    directory = directory.absolute()
    _refuse_others(directory)
    session.refresh()
    read = _read(session)
    names = _file_names(sheet.item.id for sheet in read.sheets)
    stage = directory.with_name(f".{directory.name}-{os.urandom(4).hex()}")
    try:
        (stage / "items").mkdir(parents=True)
        _write(stage, read, names)
        _replace(stage, directory)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return ExportReport(directory, read.commit, len(read.sheets))


def data(session: Session) -> str:
    """Return the board as JSON, as it stands on main."""
    read = _read(session)
    return json.dumps(_finite(_data(read)), ensure_ascii=True, indent=1, allow_nan=False) + "\n"


def _read(session: Session) -> Board:
    """Return all that the board shows, at one commit."""
    commit = session.engine.head()
    query = queries.at(session.engine, commit)
    tables = session.engine.tables(ref=commit)

    def every(record: type[R]) -> list[R]:
        if record.table not in tables:
            return []
        return [record.from_row(row) for row in query(f"SELECT * FROM `{record.table}`", {})]

    completions = _grouped(every(Completion), lambda found: found.wanted_id)
    stamps = _grouped(every(Stamp), lambda found: found.context_id)
    sheets = [
        Sheet(
            item,
            tuple(completions[item.id]),
            tuple(stamp for done in completions[item.id] for stamp in stamps[done.id]),
        )
        for item in sorted(every(WantedItem), key=_order)
    ]
    meta = queries.meta(query)
    return Board(
        name=meta.get("wasteland_name") or str(session.repo),
        commons=str(session.repo),
        commit=commit,
        at=session.engine.log(commit, limit=1)[0].at,
        scale=parse_scale(meta.get("valence_scale")),
        rigs=tuple(sorted(every(Rig), key=lambda rig: rig.handle)),
        sheets=tuple(sheets),
    )


def _grouped(found: Iterable[R], by: Callable[[R], str | None]) -> Mapping[str, list[R]]:
    groups: dict[str, list[R]] = defaultdict(list)
    for record in found:
        groups[by(record) or ""].append(record)
    return groups


def _order(item: WantedItem) -> tuple[int, int, float, str]:
    """Open work first, then by urgency, newest first: the board's own order."""
    number = item.priority if isinstance(item.priority, int) else 99
    newest = -item.created_at.timestamp() if item.created_at else 0.0
    return pages.rank(item), number, newest, item.id


def _file_names(ids: Iterable[str]) -> dict[str, str]:
    """Return id -> name of a page's file, which no id can lead astray."""
    return {
        name: name if _PLAIN_NAME.match(name) else f"x-{hashlib.sha256(name.encode()).hexdigest()}"
        for name in ids
    }


def _write(stage: Path, read: Board, names: Mapping[str, str]) -> None:
    _put(stage / "index.html", pages.index(read, names))
    for sheet in read.sheets:
        _put(stage / "items" / f"{names[sheet.item.id]}.html", pages.item(read, sheet))
    text = json.dumps(_finite(_data(read)), ensure_ascii=True, indent=1, allow_nan=False)
    _put(stage / "data.json", text + "\n")
    _put(stage / _MARK, f"{read.commons} {read.commit}\n")


def _data(read: Board) -> dict[str, Any]:
    return {
        "commons": read.commons,
        "name": read.name,
        "commit": read.commit,
        "items": [
            {
                **to_data(sheet.item),
                "completions": to_data(sheet.completions),
                "stamps": to_data(sheet.stamps),
            }
            for sheet in read.sheets
        ],
    }


def _finite(value: Any) -> Any:
    """Return *value* without NaN and infinity, which stored JSON may hold and JSON may not."""
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _refuse_others(directory: Path) -> None:
    is_ours = (directory / _MARK).is_file()
    if directory.exists() and not is_ours and (directory.is_file() or any(directory.iterdir())):
        raise Conflict(
            f"{directory} holds other things than an export.", hint="name an empty directory"
        )


def _replace(stage: Path, directory: Path) -> None:
    """Put *stage* in the place of *directory*; a reader sees the old files or the new ones."""
    old = stage.with_name(f"{stage.name}-old")
    if directory.exists():
        directory.rename(old)
    stage.rename(directory)
    shutil.rmtree(old, ignore_errors=True)
