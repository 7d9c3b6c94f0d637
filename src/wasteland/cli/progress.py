"""A sign of life on standard error while something takes long; nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .output import Format


@contextmanager
def working(what: str, form: Format) -> Iterator[None]:
    """Show *what* with a spinner while the block runs, on a terminal only."""
    if not sys.stderr.isatty() or form.is_json:
        yield
        return
    from rich.console import Console  # heavy, and only for people

    with Console(stderr=True, highlight=False).status(what):
        yield
