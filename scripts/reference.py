"""
Write `docs/reference/cli.md` from the commands themselves; `--check` only tells if it is fresh.

The page is the same on every machine: fixed width, no colours, the order of `wl --help`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from wasteland.cli.main import cli

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"
WIDTH = 90

HEAD = """\
# Commands

Written by `scripts/reference.py` from the commands themselves; do not edit.

Exit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 needs authentication, 5 conflict, 6 refused
by a rule, 7 host unreachable, 8 a check found problems, 130 interrupted.
"""


def page() -> str:
    """Return the whole reference."""
    root = click.Context(
        cli,
        info_name="wl",
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        color=False,
        help_option_names=cli.context_settings["help_option_names"],
    )
    return "\n".join([HEAD, *map(_section, _walk(root))])


def main() -> int:
    """Write the page, or with ``--check`` return 1 if it is not fresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    fresh = page()
    if parser.parse_args().check:
        if TARGET.read_text() == fresh:
            return 0
        print(f"{TARGET} is not fresh: run scripts/reference.py", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(fresh)
    return 0


def _walk(context: click.Context) -> Iterator[click.Context]:
    yield context
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is None:
                raise LookupError(f"wl lists {name} and does not have it.")
            yield from _walk(click.Context(command, info_name=name, parent=context))


def _section(context: click.Context) -> str:
    lines = context.command.get_help(context).splitlines()
    text = "\n".join(line.rstrip() for line in lines)
    return f"## {context.command_path}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    sys.exit(main())
