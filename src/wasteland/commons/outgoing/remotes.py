"""
Addresses of databases that a program other than ours will call.

The database's own program resolves the name again and follows redirects by itself, so an address
that we have checked and pinned would not be the one that it calls. Hence no address is judged
here by where it leads: only hosts that the operator has listed by name are handed on.
"""

from __future__ import annotations

from ...protocol.errors import Forbidden
from . import urls
from .client import Outgoing


def check_url(outgoing: Outgoing, url: str) -> str:
    """
    Return *url* in plain form if a database program may be given it.

    Raises:
        Unsupported: The operator allows no requests.
        Invalid: It is no plain http or https address: ``file:``, ``ssh:`` and the like never are.
        Forbidden: The operator has not listed its host by name.
    """
    outgoing.require_enabled()
    target = urls.parse(url)
    if target.host not in outgoing.allowed.names:
        raise Forbidden(
            f"{target.host} is not a host that databases are fetched from here.",
            hint="the operator of this host can allow it by its exact name",
            host=target.host,
        )
    return str(target)
