"""The page of ``wl sync``: what was done to each branch, and what is there now."""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from ...commons.outbox import HubSync, Sent
from ...commons.sync import Step, SyncReport
from . import parts

_STYLES: Final = {"up to date": "dim", "conflict": "red", "drop": "yellow", "reset": "yellow"}
_FATES: Final = {"sent": ("✓", parts.GOOD), "refused": ("✗", parts.BAD)}
_CHOICES: Final = ("wl sync --theirs", "wl sync --ours", "wl sync --reset-to-upstream")


def sync(report: SyncReport) -> RenderableType:
    """Return what was sent, the steps of the plan in order, then the size of the board."""
    sent = [_sent(one) for one in report.sent] if isinstance(report, HubSync) else []
    shown = [*sent, *(_step(step) for step in report.steps)]
    counts = report.counts
    board = parts.line(
        f"{counts.get('open', 0)} open of {counts.get('wanted', 0)} items, "
        f"{counts.get('completions', 0)} completions, {counts.get('stamps', 0)} stamps",
        "dim",
    )
    plan = [parts.line("A plan only: nothing was changed.", "dim")] if report.dry_run else []
    is_settled = report.clean or isinstance(report, HubSync)
    choices = [] if is_settled else parts.commands("Choose:", _CHOICES)
    return Group(*shown, board, *plan, *choices)


def _sent(one: Sent) -> Text:
    sign, style = _FATES.get(one.state, ("○", "yellow"))
    state = parts.line(f"{sign} {one.state}", style)
    about = [parts.line(one.operation), parts.line(one.id, "bold"), parts.line(one.detail, "dim")]
    return parts.join([state, *about])


def _step(step: Step) -> Text:
    sign = "✗" if step.action == "conflict" else "✓"
    action = parts.line(f"{sign} {step.action}", _STYLES.get(step.action, "green"))
    backup = [parts.line(f"kept on {step.backup}", "dim")] if step.backup else []
    return parts.join([action, parts.line(step.branch, "bold"), parts.line(step.detail), *backup])
