"""The hub of the local host's directory, as commands that run it open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .context import Context

if TYPE_CHECKING:
    from ..hub.hub import Hub


@contextmanager
def open_hub(context: Context) -> Iterator[Hub]:
    """Yield the hub, whether it is served meanwhile or not."""
    from ..hub.hub import Hub, Options

    settings = context.settings
    options = Options(
        dolt=settings.dolt,
        dolt_password=settings.read_dolt_password(),
        master_keys=settings.master_keys,
    )
    found = Hub.open(settings.host, options)
    try:
        yield found
    finally:
        found.close()
