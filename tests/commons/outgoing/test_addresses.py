"""Which addresses are closed, in every spelling that we know of."""

from __future__ import annotations

from pathlib import Path

import pytest

from commons.outgoing.servers import LOOPBACK, Canary, Names, ticking
from wasteland.commons.outgoing.addresses import Allowed, is_public
from wasteland.commons.outgoing.client import Outgoing
from wasteland.protocol.errors import Forbidden, Invalid, Unavailable


def _words(file: str) -> list[str]:
    return Path(__file__).with_name(file).read_text(encoding="utf-8").split()


CLOSED = _words("closed.txt")

OPEN = _words("open.txt")

# Hosts in a URL that some program or other reads as 127.0.0.1, ::1 or a cloud's metadata.
SPELLINGS = _words("spellings.txt")


@pytest.mark.parametrize("address", CLOSED)
def test_address_beside_the_public_internet_is_closed(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_address_of_the_public_internet_is_open(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_a_closed_address_reaches_a_listener(
    scheme: str, host: str, canary: Canary
) -> None:
    outgoing = Outgoing(enabled=True, resolver=Names(localhost=[[LOOPBACK, "::1"]]))

    with pytest.raises((Invalid, Forbidden)):
        outgoing.fetch(f"{scheme}://{host}:{canary.port}/")
    assert 0 == canary.hits()


@pytest.mark.parametrize("address", CLOSED)
def test_name_of_a_closed_address_is_refused(address: str, canary: Canary) -> None:
    outgoing = Outgoing(enabled=True, resolver=Names(evil_test=[[address]]))

    with pytest.raises(Forbidden) as refused:
        outgoing.fetch(f"http://evil.test:{canary.port}/")
    assert address not in refused.value.message
    assert 0 == canary.hits()


def test_canary_notices_whoever_is_let_through(canary: Canary) -> None:
    """The proof that the tests above can fail; by its clock, the client waits for no answer."""
    outgoing = Outgoing(enabled=True, allow=[LOOPBACK], clock=ticking(4.0))

    with pytest.raises(Unavailable):
        outgoing.fetch(f"http://{LOOPBACK}:{canary.port}/")
    assert 1 == canary.hits()


@pytest.mark.parametrize("port", [1, 22, 25, 110, 587, 1023])
def test_ports_of_other_services_are_closed(port: int) -> None:
    assert not Allowed().admits("mail.test", "8.8.8.8", port)
    assert Allowed.parse(["mail.test"]).admits("mail.test", "8.8.8.8", port)


def test_operator_allows_exactly_what_was_named() -> None:
    allowed = Allowed.parse(["Hooks.internal.example", "10.2.0.0/16", "fd00::7"])

    assert allowed.admits("hooks.internal.example", "10.9.0.1", 443)
    assert allowed.admits("other.example", "10.2.3.4", 443)
    assert allowed.admits("other.example", "fd00::7", 443)
    assert not allowed.admits("other.example", "10.9.0.1", 443)
    assert not allowed.admits("x.hooks.internal.example", "10.9.0.1", 443)
    assert not allowed.admits("other.example", "fd00::8", 443)


@pytest.mark.parametrize("entry", ["", "http://x", "10.0.0.1/8", "*.example.org", "a b", "x:80"])
def test_allow_list_refuses_what_is_neither_name_nor_network(entry: str) -> None:
    with pytest.raises(Invalid):
        Allowed.parse([entry])
