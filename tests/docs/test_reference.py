"""The generated reference says what the commands say today."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
GROUPS = {"wl", "wl rig", "wl policy", "wl import"}


def script(name: str) -> ModuleType:
    """Return a module of ``scripts``."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_is_fresh() -> None:
    """Run `scripts/reference.py` when this fails."""
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()

    assert script("reference").page() == page


def test_every_command_has_an_example() -> None:
    page = script("reference").page()
    sections = {part.partition("\n")[0]: part for part in page.split("\n## ")[1:]}

    without = {name for name, text in sections.items() if "Example:" not in text}

    assert GROUPS == without
