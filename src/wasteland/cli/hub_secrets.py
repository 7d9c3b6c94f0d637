"""``wl hub secrets``: the keys that open what a hub keeps encrypted."""

from __future__ import annotations

import click

from .context import Context, pass_context, with_format
from .opened import open_hub


@click.group(short_help="The keys of stored secrets")
def secrets() -> None:
    """
    Manage the master keys, which open the tokens for upstreams that accounts have stored.

    They are in the host's directory, in a file that only its owner may read, or where
    WL_MASTER_KEYS says. No backup holds them unless it is asked to.
    """


@secrets.command("rotate")
@with_format
@pass_context
def rotate(context: Context) -> None:
    """
    Replace the master key, and wrap every stored secret anew; the hub may run meanwhile.

    Backups made before need the key from before: keep a copy of the file with them.

    \b
    Example:
      wl hub secrets rotate
    """
    with open_hub(context) as hub:
        context.show("hub", hub.upstreams.rotate())
