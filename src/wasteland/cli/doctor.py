"""``wl doctor``: one finding a line, each with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from . import errors
from .context import Context, pass_context, with_format
from .output import emit

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..commons.doctor.findings import Finding

_SIGNS = {"ok": "✓", "warn": "!", "problem": "✗"}
_STYLES = {"ok": "green", "warn": "yellow", "problem": "red"}


@click.command(short_help="Find what is wrong, and say which command mends it")
@click.option("--fix", is_flag=True, help="mend what can be mended without losing anything")
@click.option("--check", is_flag=True, help="print only what is not well, for scripts")
@with_format
@pass_context
def doctor(context: Context, *, fix: bool, check: bool) -> int:
    """
    Find what is wrong with your set-up and your commons, and say which command mends it.

    Nothing is changed without --fix. Ends with 8 if there is a problem, with 0 if there are only
    warnings.

    \b
    Example:
      wl doctor
      wl doctor --fix
    """
    from ..commons.data import to_data
    from ..commons.doctor.diagnosis import diagnose

    named = context.commons or context.settings.commons
    found = diagnose(context.settings, named, fix=fix)
    shown = [f for f in found if f.level.value != "ok" and not f.fixed] if check else found
    emit(to_data(shown), context.form, lambda: page(shown))
    return errors.PROBLEMS if any(f.is_open_problem for f in found) else errors.OK


def page(findings: Sequence[Finding]) -> RenderableType:
    """Return the findings for a terminal, those of each commons under its name."""
    from rich.text import Text

    lines: list[str | tuple[str, str]] = []
    commons = ""
    for finding in findings:
        if finding.commons != commons:
            commons = finding.commons
            lines.append(f"\n{commons}\n")
        lines += _lines(finding)
    return Text.assemble(*(lines or ["Nothing is wrong.\n"]), end="")


def _lines(finding: Finding) -> list[str | tuple[str, str]]:
    from ..protocol.text import terminal_safe

    level = "ok" if finding.fixed else finding.level.value
    said = terminal_safe(finding.message, one_line=True)
    done = "  (mended)" if finding.fixed else ""
    mark = (f"{_SIGNS[level]} ", _STYLES[level])
    first: list[str | tuple[str, str]] = [mark, f"{finding.check:<12}{said}{done}\n"]
    if finding.fix and not finding.fixed:
        first.append(f"    → {terminal_safe(finding.fix, one_line=True)}\n")
    return first


COMMANDS = {"doctor": doctor}
