"""Where people sign in elsewhere, as ``wl serve`` is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..protocol.errors import Unsupported
from ..settings import Settings

if TYPE_CHECKING:
    from ..hub.identities import Provider


def provider(
    settings: Settings, *, issuer: str, client: str, makes_accounts: bool
) -> Provider | None:
    """
    Return the provider at *issuer*; None where none is named.

    Raises:
        UsageError: One of the options is there without another.
        Invalid: The issuer is no https address.
        Unsupported: The package for it is not installed.
    """
    if not issuer:
        if client or makes_accounts:
            raise click.UsageError("--oidc-client and --oidc-accounts go with --oidc-issuer.")
        return None
    if not client:
        raise click.UsageError("--oidc-issuer needs --oidc-client, the name of this hub there.")
    try:
        from ..hub.oidc import Client, OpenIdProvider
    except ImportError as error:
        raise Unsupported(
            "Signing in elsewhere needs a package that is not installed.",
            hint="pip install 'wasteland[oidc]'",
        ) from error
    return OpenIdProvider(Client(issuer, client, settings.read_oidc_secret(), makes_accounts))
