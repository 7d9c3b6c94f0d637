"""A hub in a process of its own, which kills itself in the middle of the first push."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.remotes import hubs
from wasteland.hub.remotes import landing, quarantine

_POINTS: dict[str, tuple[Any, str]] = {
    "fetching": (landing, "_fetch"),
    "moving": (landing, "_move"),
    "answering": (quarantine.Waiting, "drop_landed"),
}


@contextmanager
def hub(folder: Path, point: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the board's URL, with Ann's token, and the process of a hub that dies at *point*."""
    hubs.fill(folder)
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.remotes.dying", str(folder), point],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(folder)},
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _die_after(function: Callable[..., object]) -> Callable[..., None]:
    def die(*args: object, **given: object) -> None:
        function(*args, **given)
        os.kill(os.getpid(), signal.SIGKILL)

    return die


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, point: str) -> None:
    """Serve until killed."""
    place, name = _POINTS[point]
    # Half-way: the chunks are there, the branch is not; or the branch is, and nobody was told.
    setattr(place, name, _die_after(getattr(place, name)) if point == "fetching" else _die)
    with hubs.restarted(folder) as running:
        print(running.url(hubs.BOARD, hubs.ANN), flush=True)
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
