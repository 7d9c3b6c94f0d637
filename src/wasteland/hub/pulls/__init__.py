"""
Pull requests of a hub: offered, listed, changed, reviewed, merged.

Whoever opens one, the gate looks at it at once: what policy lets land lands, and of the rest the
verdict is kept and shown.
"""

from .bringing import bring
from .editing import edit
from .listing import PAGE, Offer, comments, find, page
from .merging import merge
from .offering import close_of_branch, consider, follow, open_pull, refresh
from .reviewing import comment, is_others, review

__all__ = [
    "PAGE",
    "Offer",
    "bring",
    "close_of_branch",
    "comment",
    "comments",
    "consider",
    "edit",
    "find",
    "follow",
    "is_others",
    "merge",
    "open_pull",
    "page",
    "refresh",
    "review",
]
