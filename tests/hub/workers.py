"""What the processes do that the tests of care for a whole directory start."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.synchronize import Event
from pathlib import Path

from commons.casts import REPO, Cast, Clock
from hub.played import finish, today
from wasteland.hosts.local import LocalHost
from wasteland.hub.moving import move

SPAWN = multiprocessing.get_context("spawn")
PATIENCE_S = 60.0
"""How long a test waits for a process."""


def keep_working(root: Path, there: Event, enough: Event) -> None:
    """Post, claim and submit until it is enough."""
    with LocalHost(root, clock=today()) as host:
        cast = Cast(host, today())
        while not enough.is_set():
            cast.posted()
            item = cast.submitted()
            finish(cast, item)
            there.set()


def move_and_die(root: Path, dolt: str, at: str) -> None:
    """Begin to move the commons to Dolt, and be killed at the first step called *at*."""

    def die(what: str, number: int, of: int) -> None:
        if what == at:
            os.kill(os.getpid(), signal.SIGKILL)

    with LocalHost(root, clock=Clock(), dolt=dolt) as host:
        move(host, REPO, "dolt", progress=die)
