"""Records, receipts and sheets as JSON data, the same for every door; and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from ..hosts.base import RepoName
from ..protocol.diff import DiffKind, RowChange
from ..protocol.schema import TABLES

_PLAIN: Final = frozenset({str, int, float, bool, NoneType})


def to_data(value: Any) -> Any:
    """
    Return *value* as JSON data.

    Times are RFC 3339 in UTC; a row change is table, key, kind and cells; a record that names a
    field in ``flattened`` is that field's record with its other fields beside.
    """
    if type(value) in _PLAIN:
        return value
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


def from_data(kind: Any, data: Any) -> Any:
    """
    Return the value of type *kind* that ``to_data`` made *data* of.

    What the sender knows and this version does not is left out, what it lacks has its default. A
    row change comes back with the cells that differ.

    Raises:
        TypeError, ValueError, KeyError: *data* is none of that kind.
    """
    if kind is Any or data is None:
        return data
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        return from_data(next(k for k in get_args(kind) if k is not type(None)), data)
    if origin is not None:
        return _collection(origin, get_args(kind), data)
    if kind in _READERS:
        return _READERS[kind](data)
    if is_dataclass(kind):
        return _from_record(kind, data)
    return kind(data) if isinstance(kind, type) and issubclass(kind, Enum) else data


def _collection(origin: Any, kinds: tuple[Any, ...], data: Any) -> Any:
    if issubclass(origin, Mapping):
        return {name: from_data(kinds[1], item) for name, item in data.items()}
    if origin is tuple and ... not in kinds:
        return tuple(from_data(k, item) for k, item in zip(kinds, data, strict=True))
    found = [from_data(kinds[0], item) for item in data]
    return tuple(found) if origin is tuple else found


def _from_record(kind: Any, data: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    inner = getattr(kind, "flattened", None)
    given = {f.name: data[f.name] for f in fields(kind) if f.name in data and f.name != inner}
    if inner:
        given[inner] = data
    return kind(**{name: from_data(hints[name], value) for name, value in given.items()})


def _change(data: Mapping[str, Any]) -> RowChange:
    table = str(data["table"])
    key = {TABLES[table].key if table in TABLES else "key": data["key"]}
    before = key | {name: pair[0] for name, pair in data["cells"].items()}
    after = key | {name: pair[1] for name, pair in data["cells"].items()}
    return RowChange(
        table,
        None if data["kind"] == DiffKind.ADDED else before,
        None if data["kind"] == DiffKind.REMOVED else after,
    )


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


_READERS: Final[Mapping[Any, Callable[[Any], Any]]] = {
    RowChange: _change,
    RepoName: RepoName.parse,
    datetime: datetime.fromisoformat,
}
