"""Every guide does what it says, as real processes in homes of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.runner import play
from wasteland.engines.dolt.server import Server

GUIDES = Path(__file__).parents[2] / "docs" / "guide"
RAW = GUIDES / "mvgt-raw-dolt.md"
HUB = GUIDES / "hub.md"


@pytest.fixture(name="dolt_env")
def put_dolt_on_path(dolt_program: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield an environment with `dolt` on PATH; then end the servers that a guide started."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "dolt").symlink_to(dolt_program)
    yield {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "WL_DOLT": dolt_program}
    for state in tmp_path.rglob(".wasteland/server.json"):
        Server.attach(state.parents[1], program=dolt_program).stop()


@pytest.mark.parametrize(
    "guide", sorted(set(GUIDES.glob("*.md")) - {RAW}), ids=lambda guide: guide.stem
)
def test_guide_does_what_it_says(guide: Path, tmp_path: Path) -> None:
    assert "" == "\n".join(play(guide, tmp_path))


@pytest.mark.dolt
def test_raw_dolt_guide_does_what_it_says(tmp_path: Path, dolt_env: dict[str, str]) -> None:
    assert "" == "\n".join(play(RAW, tmp_path, dolt_env))


@pytest.mark.dolt
def test_hub_guide_does_what_it_says_on_dolt(tmp_path: Path, dolt_env: dict[str, str]) -> None:
    """The same page word for word, but for the engine in its first command."""
    page, place = tmp_path / HUB.name, tmp_path / "place"
    first = "$ wl serve "
    page.write_text(HUB.read_text().replace(first, f"{first}--engine dolt ", 1))
    place.mkdir()

    assert "" == "\n".join(play(page, place, dolt_env))
    assert 1 == len(list(place.rglob(".dolt-databases/max__board/.dolt/noms")))
