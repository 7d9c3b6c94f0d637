"""Making a commons: the nine tables, the tables of ours, the first rig, the policy. Two commits."""

from __future__ import annotations

from datetime import datetime

from .. import __version__
from ..engines.base import Engine
from ..engines.sql import insert_sql
from ..hosts.base import Host, RepoName
from ..protocol import names
from ..protocol.policy import PREFIX, PRESET_KEY, SCALE_KEY, check_rule
from ..protocol.records import Meta, Record, Rig
from ..protocol.schema import COMMONS_TABLES, OWN_TABLES, SCHEMA_VERSION

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
) -> str:
    """
    Create *repo* on *host* with *handle* as its maintainer; return main's head.

    Args:
        name: For people; the repository's name by default.
        preset: "open" or "team".
        mode: "pr" or "direct".
        scale: "1" for scores 0 to 1, "5" where clients that read integers take part.
    Raises:
        Conflict: It exists.
        Invalid: The handle or a rule breaks its form.
    """
    now = host.now()
    rows = [
        *_meta(name or repo.name, preset, mode, scale),
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
    database = host.create(repo, engine=engine)
    try:
        return _fill(database, rows, handle, now)
    except BaseException:
        host.delete(repo)
        raise


def _meta(name: str, preset: str, mode: str, scale: str) -> list[Record]:
    rules = {
        "schema_version": SCHEMA_VERSION,
        "wasteland_name": name,
        PRESET_KEY: check_rule("preset", preset),
        SCALE_KEY: scale,
    }
    if mode != "pr":
        rules[f"{PREFIX}mode"] = check_rule("mode", mode)
    return [Meta(key, value) for key, value in rules.items()]


def _fill(database: Engine, rows: list[Record], handle: str, now: datetime) -> str:
    tables = (*COMMONS_TABLES, *OWN_TABLES)
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
