"""What pages name is there: commands that parse, files that links lead to, commands for CI."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from wasteland.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^wl .*$", README, re.MULTILINE)


def test_the_tour_has_ten_commands() -> None:
    (tour,) = re.findall(r"^## The tour\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)

    assert 10 == len(re.findall(r"^wl .*$", tour, re.MULTILINE))


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_parses(line: str) -> None:
    command: click.Command = cli
    arguments = shlex.split(line, comments=True)[1:]
    context = click.Context(cli, info_name="wl", **cli.context_settings)
    while isinstance(command, click.Group):
        found = command.get_command(context, arguments.pop(0))
        assert found is not None
        command = found

    assert [] == command.make_context("wl", arguments, parent=context).args


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [link for link in links if "://" not in link]

    assert [] == [link for link in local if not (page.parent / link).exists()]


@pytest.mark.parametrize(("name", "part"), [("run", "wl demo --serve"), ("test", "pytest -q")])
def test_the_command_for_ci_stands_below_its_marker(name: str, part: str) -> None:
    """`.ci/run` reads it from there."""
    (command,) = re.findall(rf"^<!-- ci: {name} -->\n```sh\n(.*)\n```$", README, re.MULTILINE)

    assert command.endswith(part)
