"""
How often a request is repeated, and after which pause: full jitter, one budget of time for all.

Clock, pause and chance are arguments, so that a test of two minutes takes none.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from ...protocol.lean import dataclass

_FIRST_S: Final = 0.5
_LONGEST_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Timing:
    """
    Where time and chance come from.

    Attributes:
        clock: Seconds of any origin that only grow.
        sleep: Waits for so many seconds.
        chance: A number from 0 up to 1.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.SystemRandom().random


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What one request may take.

    Attributes:
        tries: How often it is sent at most.
        budget_s: For all tries and pauses, and for waiting for a job.
        timeout_s: For one try.
        answer_bytes: Of an answer's body.
    """

    tries: int = 6
    budget_s: float = 120.0
    timeout_s: float = 60.0
    answer_bytes: int = 32 * 1024 * 1024


class Tries:
    """The tries of one request, or the looks at one job."""

    def __init__(self, timing: Timing, limits: Limits) -> None:
        self._timing = timing
        self._limits = limits
        self._end = timing.clock() + limits.budget_s
        self._made = 0

    def left_s(self) -> float:
        """Return the seconds that are left of the budget, never quite none."""
        return max(self._end - self._timing.clock(), 0.001)

    def may_go_on(self, asked_s: float | None = None) -> bool:
        """
        Count one try, and wait for the next if there is to be one.

        Args:
            asked_s: The pause that the server asks for; None for none.
        Returns:
            False when tries or budget are used up; nothing was waited then.
        """
        self._made += 1
        return self._made < self._limits.tries and self._wait(self._jitter_s() + (asked_s or 0.0))

    def may_look_again(self) -> bool:
        """Wait before the next look at a job; False when the budget is used up."""
        self._made += 1
        return self._wait(_FIRST_S + self._jitter_s())

    def _jitter_s(self) -> float:
        return self._timing.chance() * min(_FIRST_S * 2.0**self._made, _LONGEST_S)

    def _wait(self, pause_s: float) -> bool:
        if self._timing.clock() + pause_s >= self._end:
            return False
        self._timing.sleep(pause_s)
        return True
