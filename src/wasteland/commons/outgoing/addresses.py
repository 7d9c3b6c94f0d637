"""
Which IP addresses may be called: those of the public internet, and what the operator allows.

Networks are listed here rather than asked from the standard library, whose answer changes with its
patch level. IPv6 is refused outside the range that is given out to the world, so that mapped,
compatible, translated, link-local, site-local, unique-local and multicast addresses need no entry.
Source: the special-purpose address registries of IANA (RFC 6890).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from ...protocol.errors import Invalid
from ...protocol.lean import dataclass
from ...protocol.names import visible
from . import urls

_IPV4_CLOSED: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; metadata of one cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # metadata of another cloud, public by form
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of yet another
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_IPV6_OPEN: Final = IPv6Network("2000::/3")
_IPV6_CLOSED: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_LOWEST_USER_PORT: Final = 1024


@dataclass(frozen=True, slots=True)
class Allowed:
    """
    What the operator allows beyond the public internet.

    Attributes:
        names: Host names, exact and lower case.
        networks: Ranges of addresses.
    """

    names: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Allowed:
        """
        Return what these host names, addresses and networks in CIDR form allow.

        Raises:
            Invalid: An entry is none of them.
        """
        names: set[str] = set()
        networks: list[IPv4Network | IPv6Network] = []
        for entry in entries:
            try:
                networks.append(ip_network(entry))
            except ValueError:
                names.add(_name(entry))
        return cls(frozenset(names), tuple(networks))

    def admits(self, host: str, address: str, port: int) -> bool:
        """
        Return whether *address* may be called.

        Args:
            host: The name in the URL, or the address itself.
            address: One that the name resolves to, as text.
            port: Ports below 1024 other than 80 and 443 are for the operator to allow.
        """
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if host in self.names or any(found in network for network in self.networks):
            return True
        return is_public(address) and (port in {80, 443} or port >= _LOWEST_USER_PORT)


def is_public(address: str) -> bool:
    """Return whether *address* is one that the whole internet can reach; false if it is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        is_open = found in _IPV6_OPEN and not found.scope_id
        return is_open and not any(found in network for network in _IPV6_CLOSED)
    return not any(found in network for network in _IPV4_CLOSED)


def _name(entry: str) -> str:
    try:
        target = urls.parse(f"http://{entry}")
    except Invalid:
        target = None
    if target is None or target.host != entry.lower():
        raise Invalid(
            f"{visible(entry)} is neither a host name nor an address or network.",
            hint="an entry looks like hooks.example.org or 10.2.0.0/16",
            field="allow",
            value=visible(entry),
        )
    return target.host
