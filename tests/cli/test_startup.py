"""What a command imports: start-up is a feature."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_HEAVY = frozenset(
    {
        "rich",
        "pydantic",
        "fastapi",
        "sqlalchemy",
        "sqlglot",
        "textual",
        "mcp",
        "pymysql",
        "httpx",
        "httpx2",
        "jq",
        "hypothesis",
        "markdown_it",
        "cryptography",
        # Of the standard library: whole milliseconds each.
        "asyncio",
        "difflib",
        "tempfile",
    }
)
_RUN = """
import sys
from wasteland.cli.main import main
try:
    main({arguments!r})
except SystemExit as stop:
    assert not stop.code, stop.code
print("MODULES", *sorted(sys.modules), file=sys.stderr)
"""


def test_version_imports_click_and_nothing_of_weight(tmp_path: Path) -> None:
    modules = _imported_by(["--version"], tmp_path)

    assert "click" in modules
    assert _HEAVY & _packages(modules) == set()
    assert not any(name.startswith("wasteland.engines") for name in modules)


@pytest.mark.parametrize("command", ["browse", "whoami", "policy"])
def test_a_read_as_json_imports_no_heavy_library(home: Path, command: str) -> None:
    modules = _imported_by([command, "--json"], home / "ada")

    assert "wasteland.engines.doltlite.engine" in modules
    assert _HEAVY & _packages(modules) == set()


def test_browse_loads_nothing_of_the_machinery_of_writing(home: Path) -> None:
    modules = _imported_by(["browse", "--json"], home / "ada")

    unwanted = {"intents", "writing", "merge", "pending", "work"}
    unwanted |= {"review", "decisions", "rigs", "undo", "sdk", "receipts", "joining", "creation"}
    assert {f"wasteland.commons.{name}" for name in unwanted} & modules == set()
    assert "wasteland.cli.render" not in modules


def test_doltlite_is_never_imported_as_a_package(home: Path) -> None:
    assert "doltlite" not in _imported_by(["browse", "--json"], home / "ada")


def _imported_by(arguments: list[str], home: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _RUN.format(arguments=arguments)],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "WL_HOST": str(home.parent / "host"),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stderr.splitlines() if line.startswith("MODULES"))
    return set(line.split()[1:])


def _packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}
