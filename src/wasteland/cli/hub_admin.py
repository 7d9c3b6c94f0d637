"""``wl hub``: running a hub: tokens, repositories. It works on the host's directory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from . import hub_care, hub_people, hub_secrets
from .context import Context, pass_context, with_format
from .opened import open_hub

if TYPE_CHECKING:
    from ..hub.callers import Caller


@click.group(short_help="Run a hub: accounts, tokens, backup, move, check")
def hub() -> None:
    """Run a hub: its accounts and tokens, backup, moving between engines, checking."""


@hub.group(short_help="Tokens")
def token() -> None:
    """Manage the tokens that programs sign in with."""


@token.command("create")
@click.argument("account")
@click.option("--scope", type=click.Choice(["push", "read", "write", "admin"]), default="write")
@click.option(
    "--expires", "days", type=click.IntRange(1, 3650), metavar="DAYS", help="then it ends"
)
@click.option("--rig", default="", help="the only rig that it may act as")
@click.option("--label", default="", help="what it is for")
@with_format
@pass_context
def token_create(  # noqa: PLR0917  # as the command has them
    context: Context, account: str, scope: str, days: int | None, rig: str, label: str
) -> None:
    """
    Make a token. It is shown once, and kept as a digest.

    \b
    Example:
      wl hub token create ada --scope write --expires 90
    """
    from ..commons.data import to_data
    from ..hub.tokens import Scope

    with open_hub(context) as found:
        made, text = found.accounts.issue(
            account,
            label=label,
            scope=Scope(scope),
            rig=rig,
            lifetime=timedelta(days=days) if days else None,
        )
    context.show("hub", {**to_data(made), "token": text})


@token.command("list")
@click.argument("account")
@with_format
@pass_context
def token_list(context: Context, account: str) -> None:
    """
    List an account's tokens, without their secrets.

    \b
    Example:
      wl hub token list ada
    """
    with open_hub(context) as found:
        context.show("hub", found.accounts.tokens(found.accounts.find(account).name))


@token.command("revoke")
@click.argument("account")
@click.argument("token_id", metavar="ID")
@with_format
@pass_context
def token_revoke(context: Context, account: str, token_id: str) -> None:
    """
    End a token now.

    \b
    Example:
      wl hub token revoke ada 4f2a90c1d3e5
    """
    with open_hub(context) as found:
        found.accounts.revoke(account, token_id)
    context.show("hub", {"revoked": token_id})


@hub.command("visibility")
@click.argument("repo", metavar="ORG/DB")
@click.argument("visibility", type=click.Choice(["public", "private"]))
@with_format
@pass_context
def set_visibility(context: Context, repo: str, visibility: str) -> None:
    """
    Set who sees a repository: everybody, or its owner, members and collaborators.

    \b
    Example:
      wl hub visibility acme/board private
    """
    from ..hosts.base import RepoName
    from ..hub import repositories

    with open_hub(context) as found:
        changed = repositories.change(
            found, _operator(), RepoName.parse(repo), visibility=visibility
        )
    context.show("hub", changed)


@hub.command("role")
@click.argument("repo", metavar="ORG/DB")
@click.argument("account")
@click.argument("role", type=click.Choice(["read", "write", "admin", "none"]))
@with_format
@pass_context
def set_role(context: Context, repo: str, account: str, role: str) -> None:
    """
    Let an account read, write or administer a repository of somebody else's.

    \b
    Example:
      wl hub role acme/board ada read
    """
    from ..hosts.base import RepoName
    from ..hub.catalog import Role

    name = RepoName.parse(repo)
    with open_hub(context) as found:
        found.host.parent(name)
        who = found.accounts.find(account).name
        found.catalog.set_role(name, who, None if role == "none" else Role(role))
        context.show("hub", found.catalog.collaborators(name))


def _operator() -> Caller:
    """Return whoever may touch the host's files, as the hub would see them."""
    from ..hub.callers import Caller
    from ..hub.tokens import Scope

    return Caller(account="operator", is_admin=True, scope=Scope.ADMIN)


hub.add_command(hub_people.user)
for _care in hub_care.OF_HUB:
    hub.add_command(_care)
hub.add_command(hub_secrets.secrets)
COMMANDS = {"hub": hub}
