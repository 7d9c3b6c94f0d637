"""What all tests share: untimed property tests, and the dolt program for those that need it."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

# Property tests of pure rules are not timed: a busy machine is no defect.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_NO_DOLT = "no dolt program on PATH or named by WL_DOLT"


@pytest.fixture(scope="session")
def dolt_program() -> str:
    """Return the real dolt program; without one skip, but fail where CI must run everything."""
    program = os.environ.get("WL_DOLT") or shutil.which("dolt")
    if program:
        return program
    if os.environ.get("CI"):
        pytest.fail(f"{_NO_DOLT}, and CI must run these tests")
    pytest.skip(_NO_DOLT)
