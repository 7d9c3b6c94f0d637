"""
SELECT statements of strangers, run where they can neither write, nor see, nor take too much.

    place = place_of(engine, ref)
    result = Sandbox().read(place, sql)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .places import FilePlace, Place, ServerPlace, place_of
    from .reads import Sandbox
    from .results import Column, QueryResult, Status

__all__ = [
    "Column",
    "FilePlace",
    "Place",
    "QueryResult",
    "Sandbox",
    "ServerPlace",
    "Status",
    "place_of",
]

_HOMES: Final = {
    "Column": "results",
    "FilePlace": "places",
    "Place": "places",
    "QueryResult": "results",
    "Sandbox": "reads",
    "ServerPlace": "places",
    "Status": "results",
    "place_of": "places",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: the worker's process passes here too, and shall start fast and small.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
