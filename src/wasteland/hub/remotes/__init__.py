"""
The hub as a remote for DoltLite's own clone, fetch and push, with rights for each branch.

What is read comes from the repositories' files, by the library's own server. What is written goes
through the engine: it fetches what a client has sent, as from a stranger's remote.
"""

from .desk import Access, RemoteDesk
from .router import router, scrub
from .service import Limits

__all__ = ["Access", "Limits", "RemoteDesk", "router", "scrub"]
