"""The fault campaigns of ``bench/``, with small numbers; the full ones run from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def campaign(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script of ``bench/`` and return its figures."""
    done = subprocess.run(
        [sys.executable, str(BENCH / script), *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_exactly_one_of_many_processes_wins_each_claim() -> None:
    """Every loser is told AlreadyClaimed with the winner's handle, also under a shared handle."""
    figures = campaign("race.py", "--workers", "8", "--rounds", "9")

    assert [] == figures["wrong"]
    assert 9 == figures["winners"]


def test_exactly_one_of_many_commands_wins_each_claim() -> None:
    """The same with a process of ``wl`` for each rival."""
    figures = campaign("race.py", "--cli", "--workers", "5", "--rounds", "3")

    assert [] == figures["wrong"]
    assert 3 == figures["winners"]


def test_commands_killed_at_random_moments_lose_double_and_halve_nothing() -> None:
    """Claim, done, accept, merge and sync; the retry answers with the first receipt."""
    figures = campaign("kills.py", "--rounds", "15", "--seed", "3")

    assert [] == figures["wrong"]
    assert [] == figures["integrity"]


def test_commands_killed_over_a_plain_remote_lose_double_and_halve_nothing() -> None:
    """The same by two clones of one remote."""
    figures = campaign("kills.py", "--rounds", "10", "--seed", "3", "--engine", "plain")

    assert [] == figures["wrong"]
    assert [] == figures["integrity"]


@pytest.mark.dolt
def test_commands_killed_on_dolt_lose_double_and_halve_nothing(dolt_program: str) -> None:
    """The same on a Dolt server."""
    figures = campaign(
        "kills.py", "--rounds", "5", "--seed", "3", "--engine", "dolt", "--dolt", dolt_program
    )

    assert [] == figures["wrong"]
    assert [] == figures["integrity"]


@pytest.mark.dolt
def test_exactly_one_of_many_processes_wins_each_claim_on_dolt(dolt_program: str) -> None:
    """The same race on a Dolt server."""
    figures = campaign(
        "race.py", "--workers", "6", "--rounds", "6", "--engine", "dolt", "--dolt", dolt_program
    )

    assert [] == figures["wrong"]
    assert 6 == figures["winners"]
