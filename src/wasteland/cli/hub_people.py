"""``wl hub user``: the accounts of a hub, their passwords, invitations to set one."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any, Final

import click

from ..protocol.errors import Invalid
from .context import Context, pass_context, with_format
from .opened import open_hub

_USUAL_URL: Final = "http://127.0.0.1:8999"


@click.group(short_help="Accounts and organisations")
def user() -> None:
    """Manage the accounts and organisations of a hub."""


@user.command("add")
@click.argument("name")
@click.option("--display-name", default="")
@click.option("--admin", "is_admin", is_flag=True, help="it runs the hub")
@click.option("--organisation", "is_organisation", is_flag=True, help="owned by accounts")
@with_format
@pass_context
def user_add(context: Context, name: str, **options: Any) -> None:
    """
    Add an account or an organisation.

    \b
    Example:
      wl hub user add ada --display-name "Ada"
    """
    with open_hub(context) as found:
        context.show("hub", found.accounts.add(name, **options))


@user.command("list")
@with_format
@pass_context
def user_list(context: Context) -> None:
    """
    List accounts and organisations.

    \b
    Example:
      wl hub user list
    """
    with open_hub(context) as found:
        context.show("hub", found.accounts.all())


@user.command("disable")
@click.argument("name")
@click.option("--enable", is_flag=True, help="let it sign in again")
@with_format
@pass_context
def user_disable(context: Context, name: str, *, enable: bool) -> None:
    """
    Keep an account from signing in; its tokens stop at once.

    \b
    Example:
      wl hub user disable ada
    """
    with open_hub(context) as found:
        context.show("hub", found.accounts.disable(name, disabled=not enable))


@user.command("member")
@click.argument("organisation")
@click.argument("account")
@click.option("--owner", "is_owner", is_flag=True, help="it may do all that the organisation may")
@click.option("--remove", is_flag=True)
@with_format
@pass_context
def user_member(
    context: Context, organisation: str, account: str, *, is_owner: bool, remove: bool
) -> None:
    """
    Make an account a member of an organisation, or its owner.

    \b
    Example:
      wl hub user member acme ada --owner
    """
    with open_hub(context) as found:
        if remove:
            found.accounts.remove_member(organisation, account)
        else:
            found.accounts.set_member(organisation, account, is_owner=is_owner)
        context.show("hub", {"account": account, **found.accounts.organisations(account)})


@user.command("password")
@click.argument("name")
@with_format
@pass_context
def user_password(context: Context, name: str) -> None:
    """
    Set an account's password: asked for on a terminal, else read from standard input.

    Whoever signed in with the one before is signed out. New people set theirs by invitation.

    \b
    Example:
      wl hub user password ada
      wl hub user password ada < password.txt
    """
    with open_hub(context) as found:
        account = found.accounts.find(name)
        found.passwords.set(account.name, _read_password())
    context.show("hub", {"account": account.name, "password": "set"})


@user.command("invite")
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True)
@click.option("--url", default="", metavar="URL", help="where people reach the hub")
@with_format
@pass_context
def user_invite(context: Context, name: str, *, days: int, url: str) -> None:
    """
    Make a link with which a person sets the account's password, once.

    It is shown once, and kept as a digest; a link made before is void.

    \b
    Example:
      wl hub user add ada
      wl hub user invite ada --url https://hub.example.org
    """
    from ..hub import serving

    with open_hub(context) as found:
        made = found.passwords.invite(name, timedelta(days=days))
        base = url or serving.address_of(found.host.root) or _USUAL_URL
    link = f"{base.rstrip('/')}/-/invitations/{made.secret}"
    context.show("hub", {"account": made.account, "link": link, "expires_at": made.expires_at})


def _read_password() -> str:
    """Return the password on standard input; asked for twice, without echo, on a terminal."""
    if sys.stdin.isatty():
        text: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return text
    text = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not text:
        raise Invalid("There is no password on standard input.", field="password")
    return text
