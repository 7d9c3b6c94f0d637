"""``wl sync``: the plan, and the state that it ended in."""

from __future__ import annotations

import click

from . import errors
from .context import Context, pass_context, with_format
from .progress import working


@click.command(short_help="Bring your clone and your pending work up to date")
@click.option("--ours", "choice", flag_value="ours", help="where both changed a cell, keep yours")
@click.option("--theirs", "choice", flag_value="theirs", help="… keep the commons'")
@click.option(
    "--reset-to-upstream",
    "choice",
    flag_value="reset",
    help="take the commons' state; what was here is kept on a backup branch",
)
@click.option("--dry-run", is_flag=True, help="show the plan, change nothing")
@with_format
@pass_context
def sync(context: Context, *, choice: str | None, dry_run: bool) -> int:
    """
    Bring your clone and your pending work up to date.

    Main moves forward; your pending branches are repeated on top of it. Where both sides changed
    the same cell your branch stays as it is until you choose.

    \b
    Example:
      wl sync --dry-run
      wl sync --theirs
    """
    from ..commons.sync import Sync

    with context.session(Sync) as session, working("Syncing", context.form):
        report = session.sync(choice=choice or "", dry_run=dry_run)
    context.show("sync", report)
    return errors.OK if report.clean else errors.EXIT_CODES["merge_conflict"]


COMMANDS = {"sync": sync}
