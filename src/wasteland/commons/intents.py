"""What a write is to do, and how: the intent that is journaled, the options of its caller."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..hosts.base import PullRequest
from ..protocol import ids, trailers
from ..protocol.policy import Action
from . import recovery


@dataclass(frozen=True, slots=True)
class Intent:
    """
    What a write is about.

    Attributes:
        operation: Its name as the operations table has it.
        action: What the policy calls it.
        id: The row that it is about; the receipt shows it before and after.
        request: Every input, for telling a repetition from another request.
        table: The table of ``id``.
        title: First line of the commit and of a pull request; ``wl <verb>: <id>`` by default.
        body: More for the pull request.
        branch: Where pending work goes; the rig's work branch of ``id`` by default.
        decides: Whether it acts on main whatever the mode: a reviewer's or maintainer's step.
        pull: A pull request that it merges on the way.
    """

    operation: str
    action: Action
    id: str
    request: Mapping[str, Any]
    table: str = "wanted"
    title: str = ""
    body: str = ""
    branch: str = ""
    decides: bool = False
    pull: PullRequest | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the operation and its request, hex."""
        text = json.dumps([self.operation, self.request], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def first_line(self) -> str:
        """The first line of the commit and of a pull request."""
        return self.title or f"wl {self.operation}: {self.id}"

    def message(self, op_id: str) -> str:
        """Return the commit message, with the trailers that a lost journal is rebuilt from."""
        text = trailers.with_operation(self.first_line, op_id)
        if self.pull is None:
            return text
        head = f"{recovery.HEAD_TRAILER}: {self.pull.head}"
        return f"{text}\n{recovery.PULL_TRAILER}: {self.pull.id}\n{head}"


@dataclass(frozen=True, slots=True)
class Options:
    """
    What every write takes besides its own inputs.

    Attributes:
        op_id: Operation id of the caller, for safe retries; a fresh one by default.
        dry_run: Do everything but the commit.
        may_repeat: Whether the caller chose the id, and so may be asking again.
        undoes: The operation that this one takes back; "" for none.
    """

    op_id: str = field(default_factory=ids.new_operation)
    dry_run: bool = False
    may_repeat: bool = False
    undoes: str = ""

    @classmethod
    def of(cls, op_id: str | None, *, dry_run: bool) -> Options:
        """Return the options that a caller gave; None asks for a fresh operation id."""
        chosen = ids.check_operation(op_id) if op_id else ids.new_operation()
        return cls(chosen, dry_run, may_repeat=bool(op_id))
