"""
Which process is which.

A process id alone says little, because the system gives it out again; together with the time at
which the process began it names one process for good.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_HAS_PROC: Final = (_PROC / "self" / "stat").exists()


@dataclass(frozen=True, slots=True)
class Process:
    """
    One process.

    Attributes:
        pid: Its number.
        started: When it began, in the system's own words; only compared.
    """

    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return identify(self.pid) == self


def identify(pid: int) -> Process | None:
    """Return the process that now has the number *pid*, None if there is none or it has ended."""
    started = _started(pid) if pid > 0 else None
    return None if started is None else Process(pid, started)


def is_dolt_server(pid: int) -> bool:
    """Return whether *pid* runs ``<some program> sql-server``."""
    return "sql-server" in _command(pid).split()


def working_directory(pid: int) -> Path | None:
    """Return the directory that *pid* works in, None where the system does not say."""
    try:
        return (_PROC / str(pid) / "cwd").readlink()
    except OSError:
        return None


def _started(pid: int) -> str | None:
    if not _HAS_PROC:
        state, _, started = _ps(pid, "stat=,lstart=").partition(" ")
        return None if state.startswith("Z") else started.strip() or None
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold anything; the third field, the state, follows it.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else fields[19]


def _command(pid: int) -> str:
    if not _HAS_PROC:
        return _ps(pid, "command=")
    try:
        return (_PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _ps(pid: int, columns: str) -> str:
    done = subprocess.run(
        ["ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
