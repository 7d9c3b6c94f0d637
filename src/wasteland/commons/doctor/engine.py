"""Checks of a commons' database: its file, its head, its schema, rows that nobody committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from ...engines.base import MAIN, Engine
from ...hosts import replay
from ...hosts.local import LocalHost
from ...protocol.diff import RowChange
from ...protocol.errors import NotFound, Tampered, Unavailable
from ...protocol.names import visible
from ...protocol.schema import COMMONS_TABLES, READABLE_MAJOR, SCHEMA_VERSION, TABLES, Row
from .. import heads, queries
from .findings import Check, Finding, Site, ok, problem, some, warn

GC_FROM_BYTES: Final = 64 * 2**20
GC_FACTOR: Final = 3
_ROW_BYTES: Final = 1024
_SKEW: Final = timedelta(minutes=5)
_DIRTY_ROWS: Final = 50_000
_NEEDED: Final = frozenset({"_meta", "rigs", "wanted", "completions", "stamps"})


def integrity(site: Site) -> Iterator[Finding]:
    """Does the engine find its own file sound?"""
    try:
        lines = [line for line in site.database.check() if "garbage collection" not in line]
    except (NotFound, Tampered) as error:
        lines = [error.message]
    except Unavailable as error:
        if site.file and site.file.stat().st_size:
            raise
        lines = [f"{error.message} The file is empty."]
    for line in lines:
        yield problem("integrity", line, _restore(site))
    if not lines:
        yield ok("integrity", "The database is sound.")


def garbage(site: Site) -> Iterator[Finding]:
    """Did a garbage collection die half way?"""
    if site.file is None:
        return
    leftover = site.file.with_name(f"{site.file.name}-gc-tmp")
    if not leftover.exists():
        return
    size = leftover.stat().st_size // 2**20
    yield warn(
        "garbage",
        f"An interrupted garbage collection left {leftover} ({size} MiB).",
        "wl doctor --fix",
        fixed=site.fix and _remove_leftover(site.database, leftover),
    )


def _remove_leftover(engine: Engine, leftover: Path) -> bool:
    # Under the write lock nobody can be collecting, so that the file is nobody's.
    with engine.change():
        leftover.unlink(missing_ok=True)
    return True


def head(site: Site) -> Iterator[Finding]:
    """Is main what it was, or more? A file cut at its end opens as an older commons."""
    engine, here = site.database, site.here
    note = heads.place(site.settings.state, engine.location, here.repo)
    seen, now = _since_moves(site, heads.recall(note)), engine.head()
    if seen and seen != now and not _knows(engine, seen):
        yield problem(
            "head",
            f"Main stands at {now[:12]} and does not know {seen[:12]}, where it stood before: the "
            f"database is an older state, or another one. {engine.location} may be cut short.",
            f"{_restore(site)}; if this state is right: rm {note}",
        )
        return
    if seen and seen != now and engine.merge_base(seen, now) != seen:
        message = f"Main was moved from {seen[:12]} to {now[:12]}, which does not follow from it."
        yield warn("head", message, "wl doctor remembers the new head; look at main's log")
    else:
        yield ok("head", "Main is where it was last seen, or further.")
    heads.remember(note, now)


def _since_moves(site: Site, commit: str) -> str:
    """Return what *commit* is called after the commons moved from engine to engine."""
    if not isinstance(site.host, LocalHost):
        return commit
    return site.host.state.moves.newest(site.here.repo, commit)


def _knows(engine: Engine, commit: str) -> bool:
    try:
        engine.head(commit)
        engine.log(commit, limit=1)
    except NotFound:
        return False
    return True


def _restore(site: Site) -> str:
    if site.is_hosted:
        return f"restore {site.database.location} from a backup"
    return f"rm {site.database.location} && wl sync clones it again"


def size(site: Site) -> Iterator[Finding]:
    """Is most of the file garbage?"""
    used = site.database.size_bytes()
    if used < GC_FROM_BYTES:
        return
    rows = sum(_count(site.database, name) for name in site.database.tables() if name in TABLES)
    live = rows * _ROW_BYTES + GC_FROM_BYTES // (4 * GC_FACTOR)
    if used <= GC_FACTOR * live:
        yield ok("size", f"The database has {used // 2**20} MiB for {rows} rows.")
        return
    if site.fix:
        site.database.gc()
    yield warn(
        "size",
        f"The database has {used // 2**20} MiB for {rows} rows; most of it is garbage.",
        "wl doctor --fix",
        fixed=site.fix,
    )


def _count(engine: Engine, table: str) -> int:
    return int(engine.read(f"SELECT COUNT(*) AS n FROM `{table}`")[0]["n"] or 0)


def schema(site: Site) -> Iterator[Finding]:
    """Can we read this schema, and does it have what we write? (S0-126)"""
    tables = set(site.database.tables())
    missing = sorted(_NEEDED - tables)
    if missing:
        message = (
            f"{site.here.repo} has no table {some(missing)}: no commons, half made, or cut short."
        )
        name = site.here.repo
        other = (
            f"wl create {name} if it never held anything" if site.is_hosted else f"wl leave {name}"
        )
        yield problem("schema", message, f"{_restore(site)}, or: {other}")
        return
    text = queries.meta(queries.at(site.database)).get("schema_version") or "1.0"
    major, minor = _version(text)
    newest = _version(SCHEMA_VERSION)
    if major != READABLE_MAJOR:
        message = f"The schema is {visible(text)}; this version reads {READABLE_MAJOR}.x."
        yield problem("schema", message, "pip install --upgrade wasteland")
    elif (major, minor) > newest:
        message = f"The schema is {text}, newer than the {SCHEMA_VERSION} that this version writes."
        yield warn("schema", message, "pip install --upgrade wasteland")
    elif (major, minor) < newest:
        lacking = [table.name for table in COMMONS_TABLES if table.name not in tables]
        message = f"The schema is {text}; {SCHEMA_VERSION} adds {some(lacking) or 'columns'}."
        yield warn("schema", message, "its owner brings main up to date; reading works as it is")
    else:
        yield ok("schema", f"The schema is {text}.")


def _version(text: str) -> tuple[int, int]:
    parts = [int(part) if part.isdigit() else -1 for part in f"{text}.0".split(".")[:2]]
    return parts[0], parts[1]


def clock(site: Site) -> Iterator[Finding]:
    """Do commits come from the future?"""
    limit = site.now + _SKEW
    ahead = [c for c in site.database.log(limit=100) if c.at > limit]
    if not ahead:
        yield ok("clock", "No commit is dated in the future.")
        return
    newest = max(commit.at for commit in ahead)
    message = f"{len(ahead)} commits are from the future, up to {newest:%Y-%m-%d %H:%M} UTC."
    yield warn(
        "clock", message, "set this machine's clock (timedatectl set-ntp true), or its author's"
    )


def dirty(site: Site) -> Iterator[Finding]:
    """Does main hold rows that nobody committed? Then every write is refused."""
    tables = site.database.dirty()
    if not tables:
        yield ok("dirty", "Main holds no uncommitted rows.")
        return
    message = f"Main holds uncommitted rows in {some(tables)}; no change can be made until they go."
    fix = "wl doctor --fix (it keeps them on a branch backup/dirty-…)"
    if not site.fix:
        yield problem("dirty", message, fix)
        return
    branch = _back_up(site, tables)
    if branch:
        yield problem("dirty", f"{message} They are on {branch} now.", fix, fixed=True)
    else:
        yield problem(
            "dirty", f"{message} They cannot be kept as rows.", "dolt sql: commit or drop them"
        )


def _back_up(site: Site, tables: Sequence[str]) -> str:
    """
    Copy uncommitted rows to a branch of their own, then drop them from main; return the branch.

    Nothing is dropped, and "" returned, where a definition changed or there are too many rows.
    """
    engine = site.database
    rows = _uncommitted(engine, tables)
    if not rows or len({row.table for row in rows}) != len(set(tables)):
        return ""
    branch = f"backup/dirty-{site.now:%Y%m%d-%H%M%S}"
    engine.create_branch(branch)
    with engine.change(branch) as change:
        replay.apply(change, rows)
        change.commit(
            "wl doctor: rows that were left uncommitted on main",
            author=site.here.handle or "wasteland",
            at=site.now,
            tables=sorted(tables),
        )
    if _uncommitted(engine, tables) != rows:
        # Somebody is still writing; what came after the copy would be lost.
        return ""
    engine.discard()
    return branch


def _uncommitted(engine: Engine, tables: Sequence[str]) -> list[RowChange]:
    """Return the rows of *tables* that differ between main's head and main as it is read."""
    found: list[RowChange] = []
    committed = engine.tables(ref=engine.head())
    for table in tables:
        if table not in TABLES or committed.get(table) != engine.tables().get(table):
            return []
        old, new = _rows(engine, table, engine.head()), _rows(engine, table, MAIN)
        if max(len(old), len(new)) > _DIRTY_ROWS:
            return []
        keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        found += [RowChange(table, old.get(key), new.get(key)) for key in keys]
    return found


def _rows(engine: Engine, table: str, ref: str) -> dict[str, Row]:
    sql = f"SELECT * FROM `{table}` LIMIT {_DIRTY_ROWS + 1}"
    return {str(row[TABLES[table].key]): row for row in engine.read(sql, ref=ref)}


FIRST: Final[Sequence[Check]] = (
    Check("integrity", integrity, 4.0),
    Check("head", head),
    Check("schema", schema),
)
"""Where one of these finds a problem, nothing else can be said, and nothing must be mended."""
CHECKS: Final[Sequence[Check]] = (
    Check("dirty", dirty),
    Check("garbage", garbage),
    Check("clock", clock),
    Check("size", size),
)
