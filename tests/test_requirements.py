"""The manifest of requirements and the tests name each other."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
# How many lines each source has; none may be dropped silently.
LINES = {"S0": 134, "S1": 57, "S2": 32, "S3": 63, "S4": 31, "X": 28}
STATUSES = {"planned", "documented"}

Entry = dict[str, Any]


@cache
def manifest() -> dict[str, Entry]:
    """Return the lines by id."""
    return tomllib.loads((TESTS / "requirements.toml").read_text())


@cache
def marked() -> dict[str, frozenset[str]]:
    """Return every test as ``tests/file.py::name``, with the ids that it is marked with."""
    return {
        f"{path.relative_to(TESTS.parent).as_posix()}::{node.name}": frozenset(_ids(node))
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_line_of_every_source_is_there() -> None:
    expected = [f"{source}-{n}" for source, count in LINES.items() for n in range(1, count + 1)]

    assert expected == list(manifest())


def test_a_line_says_what_it_asks_for_and_where_that_comes_from() -> None:
    wrong = [name for name, line in manifest().items() if not (line["says"] and line["source"])]

    assert [] == wrong


def test_a_line_is_tested_planned_or_documented() -> None:
    wrong = [
        name
        for name, line in manifest().items()
        if not (line.get("test") if "status" not in line else line["status"] in STATUSES)
    ]

    assert [] == wrong


def test_a_documented_line_names_a_page_that_exists() -> None:
    pages = {line["where"] for line in manifest().values() if line.get("status") == "documented"}

    assert {page for page in pages if (TESTS.parent / page).is_file()} == pages


def test_every_test_that_a_line_names_exists() -> None:
    missing = [
        (name, test)
        for name, line in manifest().items()
        for test in line.get("test", ())
        if test not in marked()
    ]

    assert [] == missing


def test_a_line_names_every_test_that_is_marked_with_it() -> None:
    unnamed = [
        (name, test)
        for test, names in marked().items()
        for name in sorted(names)
        if test not in manifest().get(name, {}).get("test", ())
    ]

    assert [] == unnamed


def _ids(test: ast.FunctionDef) -> list[str]:
    """Return the ids in ``@pytest.mark.requirement("S0-95", …)``."""
    return [
        str(ast.literal_eval(argument))
        for mark in test.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.requirement"
        for argument in mark.args
    ]
