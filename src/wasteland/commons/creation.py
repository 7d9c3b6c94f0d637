"""Making a commons: the nine tables, the tables of ours, the first rig, the policy. Two commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .. import __version__
from ..engines.base import Engine
from ..engines.sql import insert_sql
from ..hosts.base import Host, RepoName
from ..protocol import names
from ..protocol.errors import Conflict, NotFound
from ..protocol.policy import PREFIX, PRESET_KEY, SCALE_KEY, check_rule
from ..protocol.records import Meta, Record, Rig
from ..protocol.schema import COMMONS_TABLES, OWN_TABLES, SCHEMA_VERSION
from . import queries

_MAINTAINER = 3


def create_commons(
    host: Host,
    repo: RepoName,
    *,
    handle: str,
    name: str = "",
    display_name: str = "",
    engine: str = "doltlite",
    preset: str = "open",
    mode: str = "pr",
    scale: str = "1",
    rules: Mapping[str, str] | None = None,
) -> str:
    """
    Create *repo* on *host* with *handle* as its maintainer; return main's head.

    Args:
        name: For people; the repository's name by default.
        preset: "open" or "team".
        mode: "pr" or "direct".
        scale: "1" for scores 0 to 1, "5" where clients that read integers take part.
        rules: Name -> text of rules that the commons states from its beginning.
    Raises:
        Conflict: It exists, and is not what an interrupted creation has left.
        Invalid: The handle or a rule breaks its form.
    """
    now = host.now()
    rows = first_rows(
        repo,
        handle,
        now,
        name=name,
        display_name=display_name,
        preset=preset,
        mode=mode,
        scale=scale,
        rules=rules,
    )
    leftover = _leftover(host, repo, engine)
    if leftover:
        return _fill(leftover, rows, handle, now)
    database = host.create(repo, engine=engine)
    try:
        return _fill(database, rows, handle, now)
    except BaseException:
        if is_leftover(database):
            host.delete(repo)
        raise


def first_rows(
    repo: RepoName,
    handle: str,
    now: datetime,
    *,
    name: str = "",
    display_name: str = "",
    preset: str = "open",
    mode: str = "pr",
    scale: str = "1",
    rules: Mapping[str, str] | None = None,
) -> list[Record]:
    """
    Return the rows that a new commons begins with, for arguments of ``create_commons``.

    Raises:
        Invalid: The handle or a rule breaks its form.
    """
    return [
        *_meta(name or repo.name, preset, mode, scale, rules or {}),
        Rig(
            handle=names.check_handle(handle),
            display_name=display_name or handle,
            dolthub_org=repo.owner,
            hop_uri=f"hop://{repo}/rigs/{handle}",
            gt_version=f"wasteland {__version__}",
            trust_level=_MAINTAINER,
            registered_at=now,
            last_seen=now,
        ),
    ]


def is_leftover(database: Engine) -> bool:
    """Return whether a creation was interrupted: a commons has settings from its beginning."""
    return "_meta" not in database.tables() or not queries.meta(queries.at(database))


def refuse_existing(host: Host, repo: RepoName) -> None:
    """Raise Conflict if ``create_commons`` would."""
    if repo in host.repositories() and not _is_ours_to_fill(host, repo):
        raise Conflict(f"{repo} exists already.", hint="wl list", repo=str(repo))


def _leftover(host: Host, repo: RepoName, engine: str) -> Engine | None:
    """Return the database that an interrupted creation has left, ready to be filled."""
    if repo not in host.repositories() or not _is_ours_to_fill(host, repo):
        return None
    try:
        database = host.engine(repo)
    except NotFound:  # only its name was taken down
        return None
    # Filled where it is, if it can be: whoever is creating it may be alive.
    database.discard()
    if database.dialect.name == engine and not database.dirty():
        return database
    host.delete(repo)
    return None


def _is_ours_to_fill(host: Host, repo: RepoName) -> bool:
    """Return whether nothing was ever made of *repo*; a file that was cut has left traces."""
    if host.forks(repo) or host.pulls(repo, state=None):
        return False
    try:
        return is_leftover(host.engine(repo))
    except NotFound:
        return True


def _meta(name: str, preset: str, mode: str, scale: str, rules: Mapping[str, str]) -> list[Record]:
    rows = {
        "schema_version": SCHEMA_VERSION,
        "wasteland_name": name,
        PRESET_KEY: check_rule("preset", preset),
        SCALE_KEY: scale,
    }
    if mode != "pr":
        rows[f"{PREFIX}mode"] = check_rule("mode", mode)
    rows |= {f"{PREFIX}{rule}": check_rule(rule, text) for rule, text in rules.items()}
    return [Meta(key, value) for key, value in rows.items()]


def _fill(database: Engine, rows: list[Record], handle: str, now: datetime) -> str:
    present = database.tables()
    tables = [table for table in (*COMMONS_TABLES, *OWN_TABLES) if table.name not in present]
    statements = [table.create_sql() for table in tables]
    statements += [line for table in tables for line in table.index_sql()]
    message = f"Initialize commons schema v{SCHEMA_VERSION}"
    database.run_ddl(statements, message, author=handle, at=now)
    with database.change() as change:
        for record in rows:
            row = record.to_row()
            change.execute(insert_sql(record.table, tuple(row)), row)
        return change.commit(
            f"Register rig: {handle}",
            author=handle,
            at=now,
            tables=["_meta", "rigs"],
        )
