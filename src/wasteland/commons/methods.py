"""The methods behind the operations table, loaded when they are called."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .operations import Operation


def method(row: Operation) -> Callable[..., Any]:
    """Return the function of an operation."""
    module = importlib.import_module(f"wasteland.commons.{row.module}")
    owner, _, name = row.method.partition(".")
    found: Callable[..., Any] = getattr(getattr(module, owner), name)
    return found


def owner(row: Operation) -> type:
    """Return the session class that has the operation's method; it alone is imported."""
    module = importlib.import_module(f"wasteland.commons.{row.module}")
    found: type = getattr(module, row.method.partition(".")[0])
    return found
