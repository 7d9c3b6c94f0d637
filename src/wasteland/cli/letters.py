"""How ``wl serve`` is told to send letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..hub.notifications.mail import Mail
    from ..settings import Settings


def mail(
    settings: Settings, *, server: str, sender: str, user: str, hosts: Sequence[str]
) -> Mail | None:
    """
    Return how the hub sends letters, None for not at all.

    Args:
        hosts: The public names of the hub; letters link to the first.
    Raises:
        Invalid: The server or the address has not its form, or the password cannot be read.
    """
    if not server:
        if sender or user:
            raise click.UsageError("--mail-from and --mail-user are for --smtp.")
        return None
    if not (sender and hosts):
        raise click.UsageError("--smtp needs --mail-from, and --public-host for links in letters.")
    from ..hub.contacts import check_email
    from ..hub.notifications.mail import Mail, read_server

    host, port = read_server(server)
    return Mail(
        host=host,
        port=port,
        sender=check_email(sender),
        url=f"https://{hosts[0]}",
        user=user,
        password=settings.read_smtp_password(),
        is_plain=settings.allow_plain,
    )
