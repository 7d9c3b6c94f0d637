"""
Writes that wait until their hub can be reached again.

Each is kept with its operation id, so that one that had landed after all is answered with its
first receipt when it is sent again. What has to win on main at once never waits here: a claim
that nobody else sees is none, and a review judges what is there now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from ..hosts.base import RepoName
from ..hosts.journaled import Clock, utc_now
from ..protocol import ids
from ..protocol.errors import (
    Conflict,
    RateLimited,
    Unauthenticated,
    Unavailable,
    WastelandError,
)
from ..protocol.records import read_time, write_time
from .data import to_data
from .memberships import Membership
from .operations import BY_NAME, Operation
from .private_files import locked, write_json
from .sync import SyncReport

QUEUED: Final = frozenset(
    {"post", "update", "extend", "handover", "unclaim", "done", "withdraw", "comment"}
)
"""Operations that do no harm later: what they change is the rig's own."""
_LATER: Final = (Unavailable, RateLimited, Unauthenticated)
"""What says nothing about the write itself, so that it goes on waiting."""
_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    A write that waits.

    Attributes:
        operation: Its name.
        op_id: The operation id to send it with.
        values: Its inputs, without the id.
        hub: The hub's root.
        commons: ``org/db`` there.
        rig: Who acts.
        at: When it was given.
        place: Its file.
    """

    operation: str
    op_id: str
    values: Mapping[str, Any]
    hub: str
    commons: str
    rig: str
    at: datetime
    place: Path

    @property
    def id(self) -> str:
        """The item or pull request that it is about."""
        if self.operation == "post":
            return ids.wanted_id(self.op_id)
        return str(self.values.get("id") or self.values.get("pull") or "")


@dataclass(frozen=True, slots=True)
class Sent:
    """
    What became of a write that waited.

    Attributes:
        operation: Its name.
        op_id: Its operation id.
        id: What it was about.
        state: "sent", "refused", or "waiting" where nothing could be sent.
        detail: The receipt's state, or why not.
    """

    operation: str
    op_id: str
    id: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class HubSync(SyncReport):
    """
    What a sync with a hub did.

    Attributes:
        sent: The writes that waited, in order.
    """

    sent: Sequence[Sent] = ()


class Outbox:
    """
    The waiting writes of this user.

    Attributes:
        folder: One file a write, for nobody else to read.
    """

    def __init__(self, folder: Path, *, clock: Clock = utc_now) -> None:
        self.folder = folder
        self._clock = clock

    @classmethod
    def of_user(cls, state: Path) -> Self:
        """Return the outbox in the user's directory for what is unfinished."""
        return cls(state / "outbox")

    def add(self, membership: Membership, row: Operation, values: Mapping[str, Any]) -> Waiting:
        """
        Keep a write for later; one with the same operation id there is kept once.

        Args:
            values: Its inputs, with ``op_id``.
        """
        inputs = {name: to_data(value) for name, value in values.items()}
        op_id = ids.check_operation(str(inputs.pop("op_id")))
        with locked(self.folder / ".adding"):
            for waiting in self.of(membership):
                if waiting.op_id == op_id:
                    return waiting
            entry = {
                "operation": row.name,
                "op_id": op_id,
                "values": inputs,
                "hub": membership.url,
                "commons": str(membership.repo),
                "rig": membership.handle,
                "at": write_time(self._clock()),
            }
            place = self.folder / f"{self._next():0{_DIGITS}}.json"
            write_json(place, entry)
        found = _read(place)
        assert found is not None  # noqa: S101  # written just now
        return found

    def all(self) -> list[Waiting]:
        """Return every waiting write, in the order in which they were given."""
        found = (_read(path) for path in sorted(self.folder.glob("*.json")))
        return [waiting for waiting in found if waiting]

    def of(self, membership: Membership) -> list[Waiting]:
        """Return the waiting writes of one commons and rig, in order."""
        wanted = (membership.url, membership.repo, membership.handle)
        return [w for w in self.all() if (w.hub, RepoName.parse(w.commons), w.rig) == wanted]

    def send(
        self,
        waiting: Sequence[Waiting],
        call: Callable[[Operation, Mapping[str, Any]], Any],
        *,
        keep: bool = False,
    ) -> Iterator[Sent]:
        """
        Send writes in order, and yield what became of each.

        Where one goes on waiting, so do all later ones about the same item or pull request; all
        that follow, where the hub cannot be reached or does not know the caller.

        Args:
            waiting: Those of one commons and rig.
            call: Carries out an operation there.
            keep: Keep what is refused, for another try.
        Raises:
            Conflict: Another process is sending.
        """
        with self._sending():
            down = ""
            held: list[Waiting] = []
            for one in waiting:
                why = down or _before(one, held)
                if not why:
                    try:
                        yield self._send(one, call, keep=keep)
                        continue
                    except _LATER as error:
                        why = error.message
                        down = "" if _is_about_one(error) else why
                held.append(one)
                yield _told(one, "waiting", why)

    def drop(self, waiting: Waiting) -> None:
        """Forget a write."""
        waiting.place.unlink(missing_ok=True)

    def _send(
        self, one: Waiting, call: Callable[[Operation, Mapping[str, Any]], Any], *, keep: bool
    ) -> Sent:
        try:
            answer = call(BY_NAME[one.operation], {**one.values, "op_id": one.op_id})
        except _LATER:
            raise
        except WastelandError as error:
            if not keep:
                self.drop(one)
            return _told(one, "refused", error.message)
        self.drop(one)
        return _told(one, "sent", str(getattr(answer, "state", "")))

    def _next(self) -> int:
        taken = [int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdecimal()]
        return max(taken, default=0) + 1

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """Keep other processes from sending meanwhile."""
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self.folder / ".sending", wait=False))
            except BlockingIOError:
                raise Conflict(
                    "Another process is sending what waits.", hint="wl sync, a little later"
                ) from None
            yield


def _is_about_one(error: WastelandError) -> bool:
    """Return whether a hub failed at one request: the next may go better."""
    return isinstance(error, Unavailable) and "http_status" in error.facts


def _before(one: Waiting, held: Iterable[Waiting]) -> str:
    """Return which of the writes that are *held* has to go before *one*, "" if none has."""
    for other in held:
        # An id may be given by its beginning.
        if one.id.startswith(other.id) or other.id.startswith(one.id):
            return f"It follows the {other.operation} of {other.id}, which waits."
    return ""


def _told(one: Waiting, state: str, detail: str) -> Sent:
    return Sent(one.operation, one.op_id, one.id, state, detail)


def _read(place: Path) -> Waiting | None:
    """Return the write that a file holds, None if it holds none that can be sent."""
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        at = read_time(data["at"])
        if data["operation"] not in QUEUED or at is None:
            return None
        RepoName.parse(data["commons"])
        return Waiting(
            operation=str(data["operation"]),
            op_id=ids.check_operation(str(data["op_id"])),
            values=dict(data["values"]),
            hub=str(data["hub"]),
            commons=str(data["commons"]),
            rig=str(data["rig"]),
            at=at,
            place=place,
        )
    except (OSError, ValueError, KeyError, TypeError, WastelandError):
        return None
