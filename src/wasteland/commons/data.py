"""Records, receipts and sheets as JSON data, the same for every door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from ..hosts.base import RepoName
from ..protocol.diff import RowChange


def to_data(value: Any) -> Any:
    """
    Return *value* as JSON data.

    Times are RFC 3339 in UTC; a row change is table, key, kind and cells; a record that names a
    field in ``flattened`` is that field's record with its other fields beside.
    """
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, RepoName):
        return _record(value)
    if isinstance(value, Mapping):
        return {str(name): to_data(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_data(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, RepoName) else value


def _record(value: Any) -> dict[str, Any]:
    if isinstance(value, RowChange):
        cells = {name: list(pair) for name, pair in value.cells.items()}
        return {"table": value.table, "key": value.key, "kind": value.kind.value, "cells": cells}
    data = _fields(value)
    inner = getattr(value, "flattened", None)
    return {**data.pop(inner), **data} if inner else data


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: to_data(getattr(value, field.name)) for field in fields(value)}
