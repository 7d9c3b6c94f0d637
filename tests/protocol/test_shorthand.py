"""Short forms of addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol import uris
from wasteland.protocol.errors import Invalid
from wasteland.protocol.shorthand import COMMONS_ROUTES, Context, resolve, shorten
from wasteland.protocol.uris import BeadsUri, HopUri, Shape

TOWN = Context("acme", "main-town", rig="greenplace", routes={"bd": "beads", "my-app": "app"})
BOARD = Context("acme", "board", routes=COMMONS_ROUTES)


@pytest.mark.parametrize(
    ("text", "rig"),
    [
        ("gp-xyz", "greenplace"),
        ("./gp-xyz", "greenplace"),
        ("./bd-1", "greenplace"),
        ("bd-1", "beads"),
        ("my-app-7", "app"),
        ("my-7", "greenplace"),
        ("otherplace/gp-xyz", "otherplace"),
    ],
)
@pytest.mark.requirement("S4-4")
def test_a_short_form_is_resolved_in_its_town(text: str, rig: str) -> None:
    name = text.rpartition("/")[2]

    assert resolve(text, TOWN) == HopUri("acme", "main-town", rig, "", name, Shape.WORK)


def test_an_id_of_a_commons_is_found_by_its_prefix() -> None:
    assert resolve("w-0123456789", BOARD) == uris.record("acme", "board", "wanted", "w-0123456789")


def test_a_full_uri_needs_no_context() -> None:
    assert resolve("beads://github/acme/x/ac-1", BOARD) == BeadsUri("github", "acme", "x", "ac-1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "w",
        "-",
        "w-",
        "/w-1",
        "../w-1",
        "a/b/w-1",
        "x-1",
        "./w-1",
        "w-1\n",
        "w-1/",
        "w-" + "1" * 600,
    ],
)
def test_what_is_no_short_form_here_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        resolve(text, BOARD)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("hop://acme/main-town/greenplace/gp-xyz", "gp-xyz"),
        ("hop://acme/main-town/greenplace/bd-1", "./bd-1"),
        ("hop://acme/main-town/beads/bd-1", "bd-1"),
        ("hop://acme/main-town/beads/gp-1", "beads/gp-1"),
        ("hop://acme/main-town/beads/nodash", "hop://acme/main-town/beads/nodash"),
        ("hop://acme/board/wanted/w-1", "hop://acme/board/wanted/w-1"),
        ("hop://acme/main-town", "hop://acme/main-town"),
    ],
)
@pytest.mark.requirement("S4-4")
def test_the_shortest_form_that_reads_back_is_given(text: str, short: str) -> None:
    assert shorten(uris.parse_hop(text), TOWN) == short


def test_a_short_form_tells_no_e_mail_address_and_a_full_one_only_on_request() -> None:
    town = Context("steve@example.com", "town", rig="greenplace")
    uri = uris.parse_hop("hop://steve@example.com/town/greenplace/gp-1")

    assert shorten(uri, town) == "gp-1"
    assert shorten(uri, TOWN, email=True) == "hop://steve@example.com/town/greenplace/gp-1"
    with pytest.raises(Invalid):
        shorten(uri, TOWN)


places = st.sampled_from(["greenplace", "beads", "app", "wanted", "other"])
keys = st.sampled_from(["gp-1", "bd-1", "my-app-2", "my-1", "nodash"])


@given(st.sampled_from(["acme", "globex"]), st.sampled_from(["main-town", "b"]), places, keys)
def test_shortening_loses_nothing(authority: str, chain: str, place: str, key: str) -> None:
    uri = uris.parse_hop(f"hop://{authority}/{chain}/{place}/{key}")

    assert resolve(shorten(uri, TOWN), TOWN) == uri


@given(st.text())
def test_resolving_gives_a_uri_or_invalid(text: str) -> None:
    try:
        uri = resolve(text, TOWN)
    except Invalid:
        return

    assert isinstance(uri, HopUri | BeadsUri)
