"""What a statement asks about its surroundings, answered before it runs: the time, the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Final

from sqlglot import exp

from .checked import Scope


def settle(tree: exp.Expr, scope: Scope) -> None:
    """Replace each clock in *tree* by the time of the request in UTC, DATABASE() by its name."""
    for node in list(tree.walk()):
        answer = _ANSWERS.get(type(node))
        if isinstance(node, exp.Anonymous) and str(node.this).lower() == "now":
            answer = _time
        if answer:
            node.replace(exp.Literal.string(answer(scope)))


def _time(scope: Scope) -> str:
    return scope.now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _day(scope: Scope) -> str:
    return scope.now.astimezone(UTC).strftime("%Y-%m-%d")


def _database(scope: Scope) -> str:
    return scope.database


_ANSWERS: Final[Mapping[type[exp.Expr], Callable[[Scope], str]]] = {
    exp.CurrentDate: _day,
    exp.CurrentSchema: _database,
    exp.CurrentTimestamp: _time,
    exp.Localtime: _time,
    exp.Localtimestamp: _time,
    exp.UtcDate: _day,
    exp.UtcTimestamp: _time,
}
