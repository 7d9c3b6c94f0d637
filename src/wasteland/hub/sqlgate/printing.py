"""From a checked tree to the text that is run: the only text that ever is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from sqlglot import exp

from ...protocol.errors import WastelandError
from . import print_dolt, print_doltlite
from .checked import DOLT, DOLTLITE, Scope
from .parse import invalid, unsupported
from .present import settle

_PRINTERS: Final[Mapping[str, Callable[[exp.Expr, Scope], str]]] = {
    DOLT: print_dolt.print_sql,
    DOLTLITE: print_doltlite.print_sql,
}


def print_sql(tree: exp.Expr, scope: Scope) -> str:
    """
    Return *tree*, which is changed on the way, as the engine of *scope* runs it.

    Raises:
        Unsupported: The engine has no way to say that.
    """
    printer = _PRINTERS[scope.dialect]
    try:
        settle(tree, scope)
        _quote(tree)
        _name_cross_joins(tree)
        return printer(tree, scope)
    except WastelandError:
        raise
    except RecursionError as error:
        raise invalid("The statement is nested too deeply.") from error
    except Exception as error:  # whatever a hostile tree does to the printer
        raise unsupported("a construct that this engine cannot run") from error


def _quote(tree: exp.Expr) -> None:
    """Quote every name, so that none is a keyword or function to the engine."""
    for name in tree.find_all(exp.Identifier):
        name.set("quoted", True)


def _name_cross_joins(tree: exp.Expr) -> None:
    """Say CROSS JOIN where the printer would put a comma, behind which ON sees fewer tables."""
    for join in tree.find_all(exp.Join):
        if not any(join.args.get(part) for part in ("on", "using", "side", "kind")):
            join.set("kind", "CROSS")


def list_names(scope: Scope) -> str:
    """Return a query that gives the tables of *scope* by name; it reads no table for that."""
    names = exp.Literal.string(json.dumps(sorted(scope.tables.values())))
    column = exp.to_identifier(f"Tables_in_{scope.database}"[:64], quoted=True)
    if scope.dialect == DOLTLITE:
        return f"SELECT value AS {column.sql('mysql')} FROM json_each({names.sql('sqlite')})"
    title = column.sql("mysql")
    return (
        f"SELECT {title} FROM JSON_TABLE({names.sql('mysql')}, '$[*]' "
        f"COLUMNS ({title} VARCHAR(64) PATH '$')) AS names"
    )
