"""`requirements.lock` pins what `pyproject.toml` asks for, and nothing by address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def locked() -> dict[str, tuple[str, int]]:
    """Return package -> (version, number of hashes)."""
    text = (ROOT / "requirements.lock").read_text()
    pin = r"^([\w.-]+)==(\S+)((?:.*\\\n\s+--hash=sha256:[0-9a-f]{64})+)"
    pins = re.findall(pin, text, re.MULTILINE)
    return {name: (version, block.count("--hash=")) for name, version, block in pins}


def test_every_dependency_is_pinned_to_a_version_that_it_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [Requirement(text) for text in project["dependencies"]]
    pins = locked()

    wrong = [
        str(need)
        for need in asked
        if not need.specifier.contains(pins.get(canonicalize_name(need.name), ("0",))[0])
    ]

    assert [] == wrong


def test_every_line_is_a_pin_with_hashes_or_a_hash() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("    --hash=sha256:")]

    assert len(pins) == len(locked())
    assert all(count > 0 for _, count in locked().values())
