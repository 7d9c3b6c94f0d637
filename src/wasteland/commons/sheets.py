"""What the board shows: its rows, an item's whole sheet, what is mine, the history of an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, ClassVar

from ..hosts.base import PullRequest, RepoName
from ..protocol.lean import dataclass
from ..protocol.records import Completion, Rig, Stamp, WantedItem


@dataclass(frozen=True, slots=True)
class BoardRow:
    """
    An item on the board.

    Attributes:
        item: As on main, or as pending work would leave it.
        pending: How many open pull requests concern it in this view.
        is_pending: Whether ``item`` shows pending work instead of main.
    """

    flattened: ClassVar[str] = "item"

    item: WantedItem
    pending: int = 0
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """Pending work of one rig on an item."""

    rig: str
    status: str | None
    branch: str
    pull: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class ItemSheet:
    """
    One item with all that belongs to it.

    Attributes:
        item: As on main, or as your own pending work would leave it.
        main_status: Its status on main; None when it exists only as pending work.
        expires_at: End of the claim's lease, None where nothing expires.
        next: Commands that you may run now.
        findings: What to know about evidence that waits for review, one sentence each.
        edition: Of its text, for an update that is to overwrite no other.
    """

    item: WantedItem
    main_status: str | None
    completions: Sequence[Completion]
    stamps: Sequence[Stamp]
    pending: Sequence[Offered]
    expires_at: datetime | None = None
    next: Sequence[str] = ()
    findings: Sequence[str] = ()
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Mine:
    """What concerns the acting rig."""

    rig: Rig | None
    claimed: Sequence[WantedItem]
    in_review: Sequence[WantedItem]
    to_review: Sequence[WantedItem]
    completed: Sequence[WantedItem]
    pending: Sequence[PullRequest]


@dataclass(frozen=True, slots=True)
class Event:
    """One commit that changed an item, with what it changed."""

    at: datetime
    author: str
    commit: str
    message: str
    op_id: str
    cells: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whoami:
    """The session's seat, and what main says about it."""

    commons: RepoName
    rig: str
    account: str
    registered: bool
    trust: int
    mode: str
    host: str
