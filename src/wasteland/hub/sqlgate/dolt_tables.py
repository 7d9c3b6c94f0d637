"""What one repository may see of the tables that Dolt keeps for a whole database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlglot import exp

from ...engines.base import MAIN
from .checked import Scope
from .refs import FORKS
from .rewriting import call, text

_BRANCH_COLUMNS: Final = (
    "hash",
    "latest_committer",
    "latest_committer_email",
    "latest_commit_date",
    "latest_commit_message",
    "remote",
    "branch",
    "dirty",
)
# Without `refs`, which names the branches of other people's forks.
_LOG_COLUMNS: Final = ("commit_hash", "committer", "email", "date", "message")


def branches(scope: Scope, _: Sequence[exp.Expr]) -> exp.Select:
    """Return the query for the branches of the repository, by the names that its users know."""
    prefix = scope.branch_prefix
    shown = _shown(prefix) if prefix else exp.column("name")
    query = exp.select(exp.alias_(shown, "name"), *map(exp.column, _BRANCH_COLUMNS))
    query = query.from_(exp.to_table("dolt_branches"))
    if not prefix:
        return query.where(_begins(FORKS).not_())
    return query.where(exp.or_(exp.column("name").eq(text(MAIN)), _begins(prefix)))


def log(_: Scope, refs: Sequence[exp.Expr]) -> exp.Select:
    """Return the query for the history, of *refs* if there are any."""
    table = exp.Table(this=call("dolt_log", *refs)) if refs else exp.to_table("dolt_log")
    return exp.select(*map(exp.column, _LOG_COLUMNS)).from_(table)


QUERIES: Final[Mapping[str, Callable[[Scope, Sequence[exp.Expr]], exp.Select]]] = {
    "dolt_branches": branches,
    "dolt_log": log,
}


def _begins(prefix: str) -> exp.Expr:
    start = exp.Left(this=exp.column("name"), expression=exp.Literal.number(len(prefix)))
    return start.eq(text(prefix))


def _shown(prefix: str) -> exp.Expr:
    rest = exp.Substring(this=exp.column("name"), start=exp.Literal.number(len(prefix) + 1))
    branch = exp.If(this=_begins(prefix), true=rest)
    return exp.Case(ifs=[branch], default=exp.column("name"))
