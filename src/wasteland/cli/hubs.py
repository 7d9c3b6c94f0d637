"""Serving a hub, and signing in at one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ..commons.credentials import DOLTHUB
from ..protocol.errors import Invalid
from .context import Context, pass_context, with_format

if TYPE_CHECKING:
    from ..hub.hub import Options as HubOptions
    from ..settings import Settings


@click.command(short_help="Serve the local host's commons over HTTP")
@click.option("--port", type=click.IntRange(0, 65535), default=8999, show_default=True)
@click.option("--bind", "address", default="127.0.0.1", show_default=True, metavar="ADDRESS")
@click.option("--engine", type=click.Choice(["doltlite", "dolt"]), help="for new repositories")
@click.option("--dolt-url", metavar="URL", help="a running Dolt server: mysql://user@host:port")
@click.option("--public-host", "hosts", multiple=True, metavar="NAME", help="a name it goes by")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="pages that may call it")
@click.option("--private", is_flag=True, help="new repositories are seen by their owners alone")
@click.option("--rate", type=click.IntRange(0), default=1200, help="requests a minute by account")
@click.option("--allow-outgoing", is_flag=True, help="call addresses that users name")
@click.option(
    "--allow-outgoing-to",
    "outgoing_allowed",
    multiple=True,
    metavar="HOST",
    help="call HOST or network too although it is private, such as ci.lan or 10.2.0.0/16",
)
@click.option(
    "--remote-head",
    "remote_heads",
    multiple=True,
    metavar="PREFIX",
    help="remotes whose branches may be offered, such as https://host/path",
)
@click.option("--oidc-issuer", default="", metavar="URL", help="where people sign in elsewhere")
@click.option("--oidc-client", default="", metavar="ID", help="the name of this hub there")
@click.option("--oidc-accounts", is_flag=True, help="who signs in there first gets an account")
@click.option("--smtp", default="", metavar="HOST:PORT", help="the mail server for digests")
@click.option("--mail-from", default="", metavar="ADDRESS", help="the address that they come from")
@click.option("--mail-user", default="", metavar="NAME", help="of the hub at the mail server")
@click.option("--admin", default="admin", show_default=True, help="first account, at first start")
@with_format
@pass_context
def serve(
    context: Context, *, private: bool, admin: str, dolt_url: str | None, **options: Any
) -> None:
    """
    Serve the local host's commons over HTTP: DoltHub's REST API, and our own.

    At first start an account is made that runs the hub, and its token is shown once. It listens on
    this machine alone; for others put a proxy with TLS in front, and name it with --public-host.

    Repositories on Dolt are on a server of the hub's own, or on the one that --dolt-url names; the
    password there is WL_DOLT_PASSWORD, or in a file of your own that WL_DOLT_PASSWORD_FILE names.

    Evidence is looked at and webhooks are told with --allow-outgoing only, on the public internet;
    each --allow-outgoing-to adds a host of your own.

    With --oidc-issuer and --oidc-client people sign in by OpenID Connect too, and come back to
    /-/sign-in/elsewhere/back; the secret is WL_OIDC_SECRET, or in a file that WL_OIDC_SECRET_FILE
    names.

    With --smtp accounts that ask for it are sent what became of their work, daily or weekly. The
    password of --mail-user is WL_SMTP_PASSWORD, or in a file that WL_SMTP_PASSWORD_FILE names.

    \b
    Example:
      wl serve
      wl serve --port 0 --engine dolt
      wl serve --engine dolt --dolt-url mysql://hub@db.example.org:3306
      wl serve --allow-outgoing --allow-outgoing-to ci.lan
      wl serve --public-host hub.example.org --oidc-issuer https://id.example.org --oidc-client wl
    """
    from ..hub import serving
    from ..hub.hub import Hub
    from ..web.app import create_app
    from .providers import provider

    elsewhere = provider(
        context.settings,
        issuer=options["oidc_issuer"],
        client=options["oidc_client"],
        makes_accounts=options["oidc_accounts"],
    )
    chosen = _options(context.settings, options, private=private, dolt_url=dolt_url or "")
    hub = Hub.open(context.settings.host, chosen)
    hub.provider = elsewhere
    try:
        first = serving.first_start(hub, admin)

        def ready(url: str) -> None:
            told = {"url": url, "host": str(context.settings.host)}
            if first:
                told |= {"account": first[0].name, "token": first[1]}
            context.show("serve", told)
            if not context.form.is_json:
                click.echo("Ctrl-C ends it.", err=True)
            sys.stdout.flush()

        place = {"address": options["address"], "port": options["port"]}
        serving.serve(hub, **place, app=create_app, on_ready=ready)
    finally:
        hub.close()


def _options(
    settings: Settings, options: Mapping[str, Any], *, private: bool, dolt_url: str
) -> HubOptions:
    """
    Return how the hub is run.

    Raises:
        UsageError: Hosts are added to outgoing calls that are not allowed.
    """
    from ..hub.catalog import Visibility
    from ..hub.hub import Options
    from .letters import mail

    if options["outgoing_allowed"] and not options["allow_outgoing"]:
        raise click.UsageError("--allow-outgoing-to adds to --allow-outgoing; give both.")
    return Options(
        engine=options["engine"] or ("dolt" if dolt_url else "doltlite"),
        visibility=Visibility.PRIVATE if private else Visibility.PUBLIC,
        hosts=tuple(options["hosts"]),
        origins=tuple(options["origins"]),
        requests_per_minute=options["rate"],
        allow_outgoing=options["allow_outgoing"],
        outgoing_allowed=tuple(options["outgoing_allowed"]),
        remote_heads=tuple(options["remote_heads"]),
        dolt=settings.dolt,
        dolt_url=dolt_url,
        dolt_password=settings.read_dolt_password(),
        master_keys=settings.master_keys,
        mail=mail(
            settings,
            server=options["smtp"],
            sender=options["mail_from"],
            user=options["mail_user"],
            hosts=options["hosts"],
        ),
    )


@click.command(short_help="Sign in at a hub")
@click.argument("url", metavar="[URL]", required=False)
@click.option("--token", "from_stdin", is_flag=True, help="read a token from standard input")
@click.option("--scope", type=click.Choice(["read", "write", "admin"]), default="write")
@click.option("--confirm", "code", metavar="CODE", help="let the program that shows CODE sign in")
@with_format
@pass_context
def login(
    context: Context, url: str | None, *, from_stdin: bool, scope: str, code: str | None
) -> None:
    """
    Sign in at a hub, or at DoltHub.

    Without --token it prints an address and a code: open the one, type the other, on any machine.
    Whoever is signed in elsewhere may confirm by wl login --confirm CODE instead. Tokens are kept
    in a file that nobody else reads, or in the keyring with WL_KEYRING=1.

    \b
    Example:
      wl login http://127.0.0.1:8999
      wl login http://127.0.0.1:8999 --token < token.txt
    """
    from ..commons import hubs, signing_in

    root = hubs.root_of(url or context.settings.hub or DOLTHUB)
    if code:
        context.show("login", dict(signing_in.confirm(context.settings, root, code)))
        return
    if from_stdin:
        context.show("login", signing_in.sign_in(context.settings, root, _read_token()))
        return

    def show(page: str, shown: str) -> None:
        click.echo(f"Open {page} and type {shown}", err=True)
        click.echo(f"or run: wl login {root} --confirm {shown}", err=True)

    label = f"wl, {os.uname().nodename}"
    found = signing_in.sign_in_elsewhere(
        context.settings, root, label=label, scope=scope, show=show
    )
    context.show("login", found)


@click.command(short_help="Forget the token for a hub")
@click.argument("url", metavar="[URL]", required=False)
@with_format
@pass_context
def logout(context: Context, url: str | None) -> None:
    """
    Forget the token for a hub. It stays valid there until it is revoked.

    \b
    Example:
      wl logout http://127.0.0.1:8999
    """
    from ..commons import hubs

    root = hubs.root_of(url or context.settings.hub or DOLTHUB)
    gone = hubs.credentials(context.settings).forget(root)
    context.show("logout", {"hub": root, "forgotten": gone})


def _read_token() -> str:
    """Return the token on standard input; asked for without echo on a terminal."""
    text: str = click.prompt("Token", hide_input=True) if sys.stdin.isatty() else sys.stdin.read()
    if not text.strip():
        raise Invalid("There is no token on standard input.", field="token", hint="wl login --help")
    return text.strip()


COMMANDS = {"serve": serve, "login": login, "logout": logout}
