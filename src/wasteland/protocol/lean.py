"""
Dataclasses that are cheap to define: the standard library's without its compiler.

The library compiles up to six methods for every class, a millisecond of each start where a command
has eighty to spend. Here classes share ordinary functions; fields, ``replace`` and ``asdict`` work
as ever, and type checkers see the library's own decorator. Nothing but ``frozen`` and ``slots`` is
offered.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  # offered to others
else:

    def dataclass(*, frozen: bool = False, slots: bool = False) -> Callable[[type], type]:
        """Return the decorator that makes a class a dataclass."""

        def decorate(cls: type) -> type:
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
            fields = dataclasses.fields(made)
            _add(made, "__init__", _initializer(cls.__qualname__, fields))
            _add(made, "__repr__", _representation(fields))
            _add(made, "__eq__", _equality(fields))
            made.__hash__ = _hashing(fields) if frozen else None
            if frozen:
                made.__setattr__, made.__delattr__ = _refuse_to_set, _refuse_to_delete
                if slots:
                    made.__getstate__, made.__setstate__ = _state, _set_state
            return made

        return decorate


_Fields = tuple["dataclasses.Field[Any]", ...]


def _add(cls: type, name: str, function: Callable[..., Any]) -> None:
    if name not in cls.__dict__:
        function.__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, function)


def _initializer(owner: str, fields: _Fields) -> Callable[..., None]:
    names = tuple(field.name for field in fields)
    defaults = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    factories = {
        f.name: f.default_factory for f in fields if f.default_factory is not dataclasses.MISSING
    }

    def __init__(self: Any, /, *args: Any, **given: Any) -> None:  # noqa: N807
        values = dict(zip(names, args, strict=False))
        if len(args) > len(names) or not values.keys().isdisjoint(given):
            raise TypeError(f"{owner}() got too many arguments")
        values.update(given)
        for name in names:
            if name in values:
                value = values.pop(name)
            elif name in defaults:
                value = defaults[name]
            elif name in factories:
                value = factories[name]()
            else:
                raise TypeError(f"{owner}() missing argument {name!r}")
            object.__setattr__(self, name, value)
        if values:
            raise TypeError(f"{owner}() got an unexpected argument {next(iter(values))!r}")

    return __init__


def _representation(fields: _Fields) -> Callable[[Any], str]:
    names = tuple(field.name for field in fields if field.repr)

    def __repr__(self: Any) -> str:  # noqa: N807
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({shown})"

    return __repr__


def _equality(fields: _Fields) -> Callable[[Any, Any], bool]:
    names = tuple(field.name for field in fields if field.compare)

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in names)

    return __eq__


def _hashing(fields: _Fields) -> Callable[[Any], int]:
    names = tuple(field.name for field in fields if field.compare)

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(tuple(getattr(self, name) for name in names))

    return __hash__


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
