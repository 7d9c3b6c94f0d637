"""
The process that reads DoltLite files for the hub: ``python -m wasteland.hub.sandbox.worker``.

It has no environment but its import path, can grow to a given size, can write to no file and open
few, and ends with the hub, whose end of the socket closes. What it answers is the hub's to judge.
"""

from __future__ import annotations

import math
import os
import resource
import sys
from contextlib import suppress
from typing import Final

from .files import Files
from .wire import Message, Standard, receive, send

_OPEN_FILES: Final = 64


def main() -> None:
    """Answer requests until there are no more."""
    pipe = Standard()
    memory_bytes = int(sys.argv[1])
    _confine(memory_bytes)
    files = Files(heap_bytes=memory_bytes // 2)
    with suppress(BrokenPipeError, ConnectionResetError):
        send(pipe, {"is_ready": True})
        _fall_silent()
        while (request := receive(pipe)) is not None:
            _allow_processor_s(request)
            send(pipe, files.answer(request))


def _confine(memory_bytes: int) -> None:
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, value: int) -> None:
    # Not every system has every limit; the hub watches the clock in any case.
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (value, value))


def _allow_processor_s(request: Message) -> None:
    """Let the system end this process, should it go on when nobody is there to end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + request["limit_s"]) + 1
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))


def _fall_silent() -> None:
    """From here on, what is printed may be a stranger's text."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


if __name__ == "__main__":
    main()
