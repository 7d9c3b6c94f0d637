"""Commons on other hubs, or on DoltHub, that accounts of this hub are connected to."""

from __future__ import annotations

from .probe import Check, Probe
from .rows import Connection
from .store import Connections
from .upstreams import Upstreams

__all__ = ["Check", "Connection", "Connections", "Probe", "Upstreams"]
