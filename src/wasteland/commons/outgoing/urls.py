"""
The web addresses that we are ready to call, read strictly.

Whatever two programs could read in two ways (user information, odd forms of numbers, trailing
dots, escapes or letters beyond ASCII in the host) is refused instead of repaired. An address may
be a secret, so no error repeats it.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, urljoin

from ...protocol.errors import Forbidden, Invalid
from ...protocol.lean import dataclass
from ...protocol.text import URL_LIMIT

PORTS: Final = {"http": 80, "https": 443}

_URL: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>[/?][^#]*)?"
    r"(?:#.*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_BLANK: Final = re.compile(r"[\x00-\x20\x7f-\xa0]")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# What a browser would take for an IPv4 address, in whatever base.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PATH_SAFE: Final = "/?%:@!$&'()*+,;=-._~[]|"


@dataclass(frozen=True, slots=True)
class Target:
    """
    Where one request goes.

    Attributes:
        scheme: ``http`` or ``https``.
        host: A lower-case name or an IP address, IPv6 without brackets.
        port: 1 to 65535.
        path: With its query, percent-encoded; begins with "/".
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be equal for two addresses to belong to one server."""
        return (self.scheme, self.host, self.port)

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address: no name has a colon or ends in a number."""
        return ":" in self.host or self.host.rpartition(".")[2].isdigit()

    @property
    def authority(self) -> str:
        """Host and port as an URL shows them: a scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(text: str, *, limit: int = URL_LIMIT) -> Target:
    """
    Return the target that *text* names.

    Args:
        limit: Characters at most; more for what a program of ours has made longer.
    Raises:
        Invalid: It is no plain http or https address; ``facts["rule"]`` says what is wrong.
    """
    if len(text) > limit:
        raise _invalid(f"it is longer than {limit} characters")
    if _BLANK.search(text):
        raise _invalid("it holds a blank or a control character")
    match = _URL.fullmatch(text)
    if match is None:
        raise _invalid(_complaint(text))
    scheme = match["scheme"].lower()
    port = int(match["port"]) if match["port"] else PORTS[scheme]
    if not 0 < port < 65536:
        raise _invalid("its port is not within 1 and 65535")
    path = match["path"] or "/"
    path = path if path.startswith("/") else f"/{path}"
    return Target(scheme, _host(match["host"].lower()), port, quote(path, safe=_PATH_SAFE))


def redirected(target: Target, location: str) -> Target:
    """
    Return where *target* sends us.

    Raises:
        Invalid: The location is no address that we would call.
        Forbidden: It leaves https.
    """
    try:
        joined = urljoin(str(target), location)
    except ValueError:
        raise _invalid("the redirect cannot be read") from None
    found = parse(joined)
    if target.scheme == "https" and found.scheme != "https":
        raise Forbidden(
            f"{target.host} redirects from https to http, which is not followed.",
            hint="use the address that it redirects to",
            host=target.host,
        )
    return found


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    labels = text.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(text) > 253:
        raise _invalid("its host is no name of letters, digits, '-' and '.'")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(text)
    return text


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise _invalid("its host is neither a name nor four decimal numbers") from None


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise _invalid("its host is no IPv6 address") from None


def _complaint(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in PORTS:
        return "it does not begin with http:// or https://"
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in authority:
        return "it names a user or password before the host"
    return "its host is no plain name or IP address"


def _invalid(rule: str) -> Invalid:
    return Invalid(
        f"This web address is not used: {rule}.",
        hint="an address looks like https://example.org/path",
        field="url",
        rule=rule,
    )
