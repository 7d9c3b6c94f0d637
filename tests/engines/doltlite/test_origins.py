"""What is read from another file is waited for while somebody writes there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from engines.laboratory import AT, SCHEMA, post, titles
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.protocol.errors import NotFound, Unavailable

# Locks belong to processes, so that only another one can be in the way.
_HOLD: Final = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held", flush=True)
sys.stdin.read()
"""
_PAUSE: Final = "wasteland.engines.doltlite.origins.time.sleep"
_BOUND_S: Final = 20
_FEW: Final = 3

Step = Callable[[DoltLiteEngine, str], object]


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A database, closed, that others may write."""
    with closing(DoltLiteEngine.create(tmp_path / "upstream.db")) as engine:
        engine.run_ddl(SCHEMA, "schema", author="root", at=AT)
        post(engine, "w-1")
    return engine.path


@pytest.fixture
def fork(upstream: Path, tmp_path: Path) -> Iterator[DoltLiteEngine]:
    """A lazy clone that has read nothing yet."""
    path = tmp_path / "fork.db"
    DoltLiteEngine.clone(f"file://{upstream}", path, lazy=True).close()
    with closing(DoltLiteEngine(path, lazy=True)) as engine:
        yield engine


@contextmanager
def locked(path: Path) -> Iterator[Callable[[], None]]:
    """Keep the lock of *path* in another process; yield what lets it go."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert "held\n" == process.stdout.readline()
            yield lambda: process.communicate(timeout=_BOUND_S) and None
        finally:
            process.kill()


STEPS: Final[dict[str, Step]] = {
    "reading": lambda fork, _: titles(fork),
    "streaming": lambda fork, _: list(fork.stream("SELECT id FROM wanted")),
    "reading the log": lambda fork, _: fork.log(),
    "comparing": lambda fork, _: fork.diff("main~1", "main"),
    "beginning a branch": lambda fork, _: fork.create_branch("work"),
    "committing": lambda fork, _: post(fork, "w-2"),
    "fetching": lambda fork, _: fork.fetch("origin", "main"),
    "pushing": lambda fork, _: fork.push("origin", "main"),
    "cloning": lambda fork, url: _clone(fork, url, lazy=False),
    "cloning lazily": lambda fork, url: _clone(fork, url, lazy=True),
}


def _clone(beside: DoltLiteEngine, url: str, *, lazy: bool) -> None:
    DoltLiteEngine.clone(url, beside.path.with_name("another.db"), lazy=lazy).close()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_file_that_somebody_writes_is_waited_for(
    upstream: Path, fork: DoltLiteEngine, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = 0
    with locked(upstream) as let_go:

        def pause(_: float) -> None:
            nonlocal pauses
            pauses += 1
            if pauses == _FEW:
                let_go()

        monkeypatch.setattr(_PAUSE, pause)
        step(fork, f"file://{upstream}")

    assert pauses >= _FEW
    assert {"w-1"} <= titles(fork).keys()


def test_a_file_that_stays_locked_is_unavailable(upstream: Path, fork: DoltLiteEngine) -> None:
    with (
        locked(upstream),
        closing(DoltLiteEngine(fork.path, timeout_s=0.05, lazy=True)) as impatient,
        pytest.raises(Unavailable),
    ):
        titles(impatient)

    assert {"w-1": "Item w-1"} == titles(fork)


def test_a_file_that_is_not_there_is_not_waited_for(
    upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_PAUSE, lambda _: pytest.fail("waited"))
    missing = f"file://{tmp_path}/nothing.db"

    with closing(DoltLiteEngine(upstream)) as engine:
        engine.add_remote("gone", missing)
        with pytest.raises(Unavailable):
            engine.fetch("gone")
        with pytest.raises(Unavailable):
            DoltLiteEngine.clone(missing, tmp_path / "clone.db")


def test_what_fails_for_another_reason_is_not_repeated(
    fork: DoltLiteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles(fork)
    monkeypatch.setattr(_PAUSE, lambda _: pytest.fail("waited"))

    with pytest.raises(NotFound):
        fork.read("SELECT * FROM missing")
