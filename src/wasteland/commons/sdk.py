"""``Commons``: every operation on one commons, for programs and for the doors."""

from __future__ import annotations

from .audit import Auditing
from .board import Board
from .decisions import Decisions
from .peers import Peers
from .reports import Reporting
from .rigs import Rigs
from .search import Search
from .undo import Undo


class Commons(Board, Search, Undo, Decisions, Rigs, Reporting, Peers, Auditing):
    """
    One rig at one commons.

    Reads return records; writes return a ``receipts.Receipt`` or raise a typed error, and then
    nothing was written. Every write takes ``op_id`` (repeat it for a safe retry) and ``dry_run``.
    """
