"""
Patience with the origin of a lazy clone.

What a lazy clone lacks is read from its origin's file. While somebody writes there, the library
tries that file's lock a hundred times within a millisecond and gives up: the busy timeout is not
for this lock. So what failed for want of the origin is repeated here, for as long as that timeout.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from . import driver

UNREAD: Final = 9482
"""The library's code, ``SQLITE_IOERR | 37 << 8``, where the origin could not be read."""
_FIRST_PAUSE_S: Final = 0.001
_LONGEST_PAUSE_S: Final = 0.05
_Result = TypeVar("_Result")


def patiently(
    work: Callable[[], _Result], *, timeout_s: float, unharmed: Callable[[], bool] = lambda: True
) -> _Result:
    """
    Return what *work* does, repeated while the origin cannot be read.

    Args:
        work: Does nothing where it fails for this reason.
        timeout_s: How long an origin that stays unreadable is waited for.
        unharmed: Asked after a failure; where it says no, *work* may not be repeated.
    Raises:
        driver.Error: As *work* failed the last time.
    """
    deadline = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return work()
        except driver.Error as error:
            if error.extended_code != UNREAD or time.monotonic() >= deadline or not unharmed():
                raise
        # Not in step with the writer, nor with the others who wait.
        time.sleep(random.uniform(pause_s / 2, pause_s))  # noqa: S311  no secret
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
