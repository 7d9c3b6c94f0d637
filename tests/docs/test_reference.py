"""The generated reference says what the commands say today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GROUPS = {
    "wl",
    "wl peer",
    "wl rig",
    "wl policy",
    "wl import",
    "wl hub",
    "wl hub secrets",
    "wl hub user",
    "wl hub token",
    "wl mirror",
}


def test_reference_is_fresh() -> None:
    """Run `scripts/reference.py` when this fails; in a process of its own, as click keeps state."""
    script = ROOT / "scripts" / "reference.py"

    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_every_command_has_an_example() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    sections = {part.partition("\n")[0]: part for part in page.split("\n## ")[1:]}

    without = {name for name, text in sections.items() if "Example:" not in text}

    assert GROUPS == without
