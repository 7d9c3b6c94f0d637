"""``wl sync``: the plan, and the state that it ended in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import errors
from .context import Context, pass_context, with_format
from .progress import working

if TYPE_CHECKING:
    from ..commons.memberships import Membership


@click.command(short_help="Bring your clone and your pending work up to date")
@click.option("--ours", "choice", flag_value="ours", help="where both changed a cell, keep yours")
@click.option("--theirs", "choice", flag_value="theirs", help="… keep the commons'")
@click.option(
    "--reset-to-upstream",
    "choice",
    flag_value="reset",
    help="take the commons' state; what was here is kept on a backup branch",
)
@click.option("--keep-refused", is_flag=True, help="keep what a hub refuses, for another try")
@click.option("--dry-run", is_flag=True, help="show the plan, change nothing")
@with_format
@pass_context
def sync(context: Context, *, choice: str | None, keep_refused: bool, dry_run: bool) -> int:
    """
    Bring your clone and your pending work up to date.

    Main moves forward; your pending branches are repeated on top of it. Where both sides changed
    the same cell your branch stays as it is until you choose. At a hub, what waits here is sent in
    its order, and the copy that answers without the hub is brought up to date.

    \b
    Example:
      wl sync --dry-run
      wl sync --theirs
    """
    from ..commons import memberships
    from ..commons.sync import Sync

    membership = context.membership()
    if membership.kind == memberships.HUB:
        if choice:
            raise click.UsageError(f"--{choice} is for a clone; {membership.repo} is on a hub.")
        return _at_hub(context, membership, keep=keep_refused, dry_run=dry_run)
    with context.session(Sync) as session, working("Syncing", context.form):
        report = session.sync(choice=choice or "", dry_run=dry_run)
    context.show("sync", report)
    return errors.OK if report.clean else errors.EXIT_CODES["merge_conflict"]


def _at_hub(context: Context, membership: Membership, *, keep: bool, dry_run: bool) -> int:
    from . import distant  # loads the HTTP client

    with working("Syncing", context.form):
        report = distant.sync(context.settings, membership, keep=keep, dry_run=dry_run)
    context.show("sync", report)
    return errors.OK if report.clean or dry_run else errors.EXIT_CODES["conflict"]


COMMANDS = {"sync": sync}
