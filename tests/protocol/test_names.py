"""Names of branches say whose work they hold."""

from __future__ import annotations

import pytest

from wasteland.protocol.names import read_branch, register_branch, work_branch


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        (work_branch("ada", "w-1"), ("ada", "w-1")),
        (register_branch("ada"), ("ada", "")),
        ("wl/ada", ("ada", "")),
        ("wl/ada/w-1/more", ("ada", "")),
        ("wl/", ("", "")),
        ("main", ("", "")),
        ("backup/wl/ada/w-1", ("", "")),
    ],
)
def test_a_branch_names_a_rig_and_an_item(branch: str, expected: tuple[str, str]) -> None:
    assert expected == read_branch(branch)
