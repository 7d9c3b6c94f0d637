"""``wl remote``: how programs other than ours reach a commons."""

from __future__ import annotations

import click

from .context import Context, pass_context, with_format
from .progress import working


@click.command(short_help="Let dolt itself clone a commons, and say how")
@click.option(
    "--push", "may_push", is_flag=True, help="for a user who may push, main too, past the gate"
)
@click.option("--close", is_flag=True, help="keep other programs out again")
@with_format
@pass_context
def remote(context: Context, *, may_push: bool, close: bool) -> None:
    """
    Let dolt itself clone a commons of the local host, and say how.

    For a commons on Dolt its server opens a port, and keeps it. The password is in a file of yours
    that is never printed. A clone reads; with --push there is a user whose pushes the gate cannot
    refuse. Branches that are pushed under wl/ wait in the inbox like any others.

    \b
    Example:
      wl remote
      wl remote --push --json=url,user,password_file
    """
    from ..commons import raw_remotes

    if close and may_push:
        raise click.UsageError("Use one of --push and --close.")
    name = context.commons or context.settings.commons
    if close:
        context.show("remote", raw_remotes.close_remotes(context.settings, name))
        return
    with working("Opening the server's port", context.form):
        address = raw_remotes.open_remote(context.settings, name, may_push=may_push)
    context.show("remote", address)


COMMANDS = {"remote": remote}
