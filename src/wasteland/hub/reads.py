"""SQL that clients read with: checked, translated, run in the sandbox at one ref."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from ..engines.base import MAIN, Engine
from ..engines.dolt.names import BranchNames, is_hash
from ..hosts.base import RepoName
from ..protocol.errors import NotFound
from . import sqlgate
from .hub import Hub
from .sandbox import QueryResult, place_of

SHOW_TABLES: Final = "SHOW TABLES;"
ROW_LIMIT: Final = 1000


def read(
    hub: Hub,
    repo: RepoName,
    ref: str,
    sql: str,
    *,
    limit_rows: int = ROW_LIMIT,
    timeout_s: float | None = None,
) -> QueryResult:
    """
    Return the rows of one SELECT at *ref*; the caller may read *repo*.

    Raises:
        Forbidden, Invalid: The statement is none that may be run here.
        NotFound: There is no such ref.
        Unavailable: Too much is being asked at once.
    """
    engine = hub.host.engine(repo)
    prefix = branch_prefix(hub, repo)
    checked = sqlgate.check_read(
        sql,
        dialect=engine.dialect.name,
        now=hub.host.now(),
        database=repo.name,
        tables=_tables(engine, ref),
        ref_map=_stored(prefix) if prefix else None,
        branch_prefix=prefix,
    )
    return hub.sandbox.read(
        place_of(engine, ref, with_refs=bool(checked.refs) or _asks_of_refs(checked.tables)),
        checked.sql,
        row_limit=min(limit_rows, ROW_LIMIT),
        deadline_s=timeout_s,
    )


def _asks_of_refs(tables: Collection[str]) -> bool:
    return any(name.startswith("dolt_") for name in tables)


def branch_prefix(hub: Hub, repo: RepoName) -> str:
    """Return what the branches of *repo* begin with in its database; "" for nothing."""
    is_shared = hub.host.engine(repo).dialect.name == sqlgate.DOLT and hub.host.parent(repo)
    return f"fork/{repo.owner}/" if is_shared else ""


def _stored(prefix: str) -> Callable[[str], str]:
    """Return how refs of a fork are called in the database that it shares."""
    names = BranchNames(prefix)
    return lambda ref: ref if is_hash(ref) else names.stored(ref)


def _tables(engine: Engine, ref: str) -> Collection[str]:
    try:
        return engine.tables(ref=ref)
    except NotFound as error:
        raise NotFound("query error: branch not found", ref=ref) from error


def default_ref(engine: Engine) -> str:
    """
    Return the branch that is read where none is named.

    Raises:
        NotFound: Nothing was ever committed.
    """
    names = [branch.name for branch in engine.branches()]
    for name in (MAIN, "master"):
        if name in names:
            return name
    raise NotFound("query error: branch not found")
