"""
The hub as a remote for DoltLite's own clone, fetch and push, with rights for each branch.

What is read comes from the repositories' files, by the library's own server. What is written goes
through the engine: it fetches what a client has sent, as from a stranger's remote.
"""

from .addresses import check_address
from .budget import HeadLimits
from .desk import Access, RemoteDesk
from .dolt import dolt_remote
from .heads import fetched_head
from .router import router, scrub
from .service import Limits

__all__ = [
    "Access",
    "HeadLimits",
    "Limits",
    "RemoteDesk",
    "check_address",
    "dolt_remote",
    "fetched_head",
    "router",
    "scrub",
]
