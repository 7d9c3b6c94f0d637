"""Every command that a hint or a next step names exists."""

from __future__ import annotations

import re
from pathlib import Path

import click

from wasteland.cli.main import cli

SOURCE = Path(__file__).parents[2] / "src" / "wasteland"
# A commit message such as "wl release: …" is no command: its verb ends in a colon.
NAMED = re.compile(r'["`]wl ([a-z]+)(?!\w*:)\b')


def test_every_command_named_in_a_message_exists() -> None:
    """A hint that leads nowhere is worse than none."""
    context = click.Context(cli)
    known = set(cli.list_commands(context)) | {"status", "delete"}
    wrong = [
        f"{path.name}: wl {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        for name in NAMED.findall(path.read_text())
        if name not in known
    ]

    assert [] == wrong
