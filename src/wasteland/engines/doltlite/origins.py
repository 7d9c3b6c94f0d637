"""
Patience with another file that is read: a lazy clone's origin, a ``file://`` remote.

While somebody writes there, the library tries that file's lock a hundred times within a
millisecond and gives up: the busy timeout is not for this lock. So what failed for want of the
other file is repeated here, for as long as that timeout.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from . import driver

_UNREAD: Final = 9482  # SQLITE_IOERR | 37 << 8: a chunk could not be read from the origin
_CANNOT_OPEN: Final = 14  # which is told of many things
_REMOTE: Final = re.compile("failed to open remote")
_FIRST_PAUSE_S: Final = 0.001
_LONGEST_PAUSE_S: Final = 0.05
_Result = TypeVar("_Result")


def patiently(
    work: Callable[[], _Result], *, timeout_s: float, may_repeat: Callable[[], bool] = lambda: True
) -> _Result:
    """
    Return what *work* does, repeated while the other file cannot be read.

    Args:
        work: Does nothing where it fails for this reason.
        timeout_s: How long a file that stays unreadable is waited for.
        may_repeat: Asked after such a failure.
    Raises:
        driver.Error: As *work* failed the last time.
    """
    deadline = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return work()
        except driver.Error as error:
            if not _may_pass(error) or time.monotonic() >= deadline or not may_repeat():
                raise
        # Not in step with the writer, nor with the others who wait.
        time.sleep(random.uniform(pause_s / 2, pause_s))  # noqa: S311  no secret
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def can_be_read(url: str, *, may_be_made: bool = False) -> bool:
    """
    Return whether it is worth waiting for the database at *url*.

    Args:
        may_be_made: It will do if there is nothing yet.
    """
    if not url.startswith("file://"):
        return True
    path = Path(url.removeprefix("file://"))
    return path.is_file() or (may_be_made and not path.exists())


def _may_pass(error: driver.Error) -> bool:
    if error.extended_code == _CANNOT_OPEN:
        return bool(_REMOTE.search(error.message))
    return error.extended_code == _UNREAD
