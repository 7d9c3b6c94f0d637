"""
Reads with a copy near by: from the copy where main alone answers, else from where the commons is.

A read is one request: what happened since the copy was made, or the question itself. It is both
where the board shows pending work, and where the copy has not been looked after for a while. Where
the commons cannot be reached the copy answers what it can, and says that it is old; it never does
so otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from ..hosts.base import RepoName
from ..protocol.errors import EngineError, RateLimited, Unavailable, WastelandError
from .following import Source
from .methods import owner
from .operations import Operation
from .replica import Replica
from .session import Seat, Session

_OF_MAIN: Final = frozenset({"search", "rig list", "rig show", "policy show"})
"""What main alone answers, whoever asks."""
_OF_MAIN_AND_PULLS: Final = frozenset({"browse"})
"""What main alone answers while nothing waits for review."""
_OF_MORE: Final = frozenset({"show", "me", "whoami"})
"""What also depends on pending work or renewed leases; main tells most of it."""
_RECENT: Final = timedelta(minutes=5)
"""How old a copy may grow before a read that it cannot answer brings it up to date."""
_OFFLINE: Final = _OF_MAIN | _OF_MAIN_AND_PULLS | _OF_MORE
_DOWN: Final = (Unavailable, RateLimited)

S = TypeVar("S", bound=Session)
Call = Callable[[Operation, Mapping[str, Any]], Any]


class Nearby:
    """
    One rig that reads one commons with a copy of it.

    Attributes:
        replica: The copy; its owner closes it.
        index_dir: Where the copy's search index is kept; None for nowhere.
        stale_because: Why the last read answers from an older state; "" if it does not.
    """

    def __init__(
        self,
        replica: Replica,
        repo: RepoName,
        seat: Seat,
        *,
        place: str,
        mode: str = "pr",
        index_dir: Path | None = None,
    ) -> None:
        self.replica = replica
        self.index_dir = index_dir
        self.stale_because = ""
        self._repo = repo
        self._seat = seat
        self._place = place
        self._mode = mode

    def read(self, row: Operation, values: Mapping[str, Any], *, source: Source, call: Call) -> Any:
        """
        Return what a read answers.

        Args:
            source: What the copy is taken from.
            call: Asks where the commons is.
        Raises:
            WastelandError: As the commons refuses, or when it cannot be reached and the copy does
                not know.
        """
        self.stale_because = ""
        if row.name not in _OFFLINE or values.get("as_of"):
            return call(row, values)
        if row.name in _OF_MORE and self.replica.is_younger(_RECENT):
            return self._there(row, values, call)
        try:
            pending = self.replica.refresh(source)
        except _DOWN as error:
            return self._before(row, values, error)
        except (WastelandError, OSError):
            return call(row, values)  # the copy is of no use; the commons says what is wrong
        if _is_of_main(row, values, pending):
            with suppress(EngineError, OSError):
                return self._here(row, values)
        return self._there(row, values, call)

    def session(self, kind: type[S]) -> S:
        """
        Return the rig's seat at the copy as it is, as a session of class *kind*.

        Raises:
            NotFound: There is no copy.
        """
        session: Any = self.replica.session(
            kind, self._repo, self._seat, place=self._place, mode=self._mode
        )
        if hasattr(session, "index_dir"):
            session.index_dir = self.index_dir
        found: S = session
        return found

    def _there(self, row: Operation, values: Mapping[str, Any], call: Call) -> Any:
        try:
            return call(row, values)
        except _DOWN as error:
            return self._before(row, values, error)

    def _here(self, row: Operation, values: Mapping[str, Any]) -> Any:
        return getattr(self.session(owner(row)), row.method.partition(".")[2])(**values)

    def _before(self, row: Operation, values: Mapping[str, Any], error: WastelandError) -> Any:
        """Return what the copy answers as it is, or raise *error* where there is none."""
        if not self.replica.head:
            raise error
        found = self._here(row, values)
        unknown = "" if row.name in _OF_MAIN else " Pending work is not known."
        self.stale_because = f"{error.message}{unknown}"
        return found


def _is_of_main(row: Operation, values: Mapping[str, Any], pending: int | None) -> bool:
    """Return whether main alone answers, while *pending* pull requests are open."""
    if row.name in _OF_MAIN_AND_PULLS:
        return pending == 0 or values.get("view") == "upstream"
    return row.name in _OF_MAIN
