"""Hop and beads URIs."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol import uris
from wasteland.protocol.errors import Invalid
from wasteland.protocol.uris import BeadsUri, HopUri, Shape

segments = st.from_regex(r"[A-Za-z0-9._~@:+-]{1,20}", fullmatch=True)
addresses = st.builds(
    lambda scheme, parts, end: f"{scheme}://{'/'.join(parts)}{end}",
    st.sampled_from(["hop", "HOP", "entity", "beads"]),
    st.lists(
        segments | st.sampled_from(["stamps", "chain", "formulas", "hop", "a@b.c"]), max_size=7
    ),
    st.sampled_from(["", "/", "//", "?q", "#f", "%2f"]),
)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (
            "hop://steve@example.com/main-town/greenplace/gp-xyz",
            HopUri("steve@example.com", "main-town", "greenplace", "", "gp-xyz", Shape.WORK),
        ),
        ("hop://steveyegge/wl-commons", HopUri("steveyegge", "wl-commons")),
        ("hop://partner.com/their-project", HopUri("partner.com", "their-project")),
        ("hop://wl@hub.example/board", HopUri("wl@hub.example", "board")),
        (
            "hop://steveyegge/wl-commons/stamps/s-demo-001",
            HopUri("steveyegge", "wl-commons", "", "stamps", "s-demo-001", Shape.RECORD),
        ),
        (
            "hop://steveyegge/wl-commons/chain/chain-main-stamps",
            HopUri("steveyegge", "wl-commons", "", "chain_meta", "chain-main-stamps", Shape.RECORD),
        ),
        (
            "hop://rig@example.com/greenplace/",
            HopUri("rig@example.com", rig="greenplace", shape=Shape.RIG),
        ),
        (
            "hop://accenture.com/eng/proj-123/task-a",
            HopUri("accenture.com", "eng", "proj-123", "", "task-a", Shape.WORK),
        ),
        ("hop://alice@example.com", HopUri("alice@example.com", shape=Shape.ENTITY)),
        (
            "hop://gastown/steveyegge/polecat-nux",
            HopUri("gastown", "steveyegge", id="polecat-nux", shape=Shape.PLATFORM),
        ),
        (
            "entity://hop/gastown/steveyegge/polecat-nux",
            HopUri("gastown", "steveyegge", id="polecat-nux", shape=Shape.PLATFORM),
        ),
        (
            "hop://github/acme/a/b/c",
            HopUri("github", "acme", id="a/b/c", shape=Shape.PLATFORM),
        ),
        (
            "hop://mol.example/formulas/shiny@1.0.0",
            HopUri("mol.example", "formulas", id="shiny@1.0.0", shape=Shape.FORMULA),
        ),
        (
            "hop://mol.example/formulas/@acme/shiny@1.0.0",
            HopUri("mol.example", "formulas", id="@acme/shiny@1.0.0", shape=Shape.FORMULA),
        ),
        (
            "hop://rig@hub.example/board/some/long/path",
            HopUri("rig@hub.example", "board", id="some/long/path", shape=Shape.PATH),
        ),
        ("beads://github/acme/backend/ac-123", BeadsUri("github", "acme", "backend", "ac-123")),
        ("HOP://acme/board", HopUri("acme", "board")),
        ("hop://acme/board/", HopUri("acme", "board")),
        (
            "hop://acme/board/wanted/w%2d1",
            HopUri("acme", "board", "", "wanted", "w-1", Shape.RECORD),
        ),
    ],
)
@pytest.mark.requirement("S0-71", "S4-2", "S4-3")
def test_every_published_shape_is_parsed_and_named(text: str, uri: HopUri | BeadsUri) -> None:
    assert uris.parse(text) == uri


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "begin with"),
        ("http://acme/board", "begin with"),
        ("hop:acme", "begin with"),
        ("hop://", "empty part"),
        ("hop:///board", "empty part"),
        ("hop://acme//board", "empty part"),
        ("hop://acme/board//", "empty part"),
        ("hop://acme/board/wanted/w-1/", "empty part"),
        ("hop://acme/../etc", ".. is not a name"),
        ("hop://acme/%2e%2e/etc", ".. is not a name"),
        ("hop://acme/./x", ". is not a name"),
        ("hop://acme/a%2fb", "other characters"),
        ("hop://acme/a%zz", "two hexadecimal digits"),
        ("hop://acme/bo\0ard", "other characters"),
        ("hop://acme/board\n", "other characters"),
        ("hop://acme/bo%0aard", "other characters"),
        ("hop://acme/bo ard", "other characters"),
        ("hop://acmé/board", "other characters"),
        ("hop://acme/%ff", "other characters"),
        ("hop://acme/board?q=1", "query"),
        ("hop://acme/board#x", "fragment"),
        ("hop://user:secret@acme/board", "password"),
        ("hop://acme:8000/board", "port"),
        ("hop://a@b@c/board", "neither a name nor"),
        ("hop://@acme/board", "neither a name nor"),
        ("hop://acme/" + "x" * 10_000, "longer than 512"),
        ("x" * 10_000, "begin with"),
        ("beads://github/acme/ac-1", "platform/org/repo/id"),
        ("entity://hop/gastown/steve", "entity://hop/platform/org/id"),
        ("entity://other/a/b/c", "entity://hop/platform/org/id"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, rule: str) -> None:
    with pytest.raises(Invalid) as refusal:
        uris.parse(text)

    assert rule in str(refusal.value.facts["rule"])
    assert len(refusal.value.message) < 300
    assert refusal.value.message.isprintable()


@given(st.text() | st.text().map("hop://{}".format) | addresses)
def test_parsing_gives_a_uri_or_invalid_and_prints_back(text: str) -> None:
    try:
        uri = uris.parse(text)
    except Invalid:
        return

    if isinstance(uri, BeadsUri):
        assert uris.parse(str(uri)) == uri
    else:
        assert uris.parse(uris.print_hop(uri, email=True)) == uri


@given(addresses)
def test_percent_encoding_changes_nothing(text: str) -> None:
    scheme, _, rest = text.partition("://")
    encoded = f"{scheme}://{quote(rest, safe='/?#%~').replace('~', '%7E')}"
    if len(encoded) > uris.LENGTH_LIMIT:
        return

    assert outcome(encoded) == outcome(text)


def outcome(text: str) -> HopUri | BeadsUri | object:
    try:
        return uris.parse(text)
    except Invalid as refusal:
        return refusal.facts["rule"]


@pytest.mark.requirement("S0-71")
def test_a_record_prints_in_the_one_form() -> None:
    uri = uris.record("acme", "board", "wanted", "w-1")

    assert uris.print_hop(uri) == "hop://acme/board/wanted/w-1"


@pytest.mark.parametrize(
    ("table", "key"), [("nowhere", "w-1"), ("wanted", "a/b"), ("wanted", ""), ("wanted", "x" * 600)]
)
def test_a_record_of_no_table_or_with_an_impossible_key_is_refused(table: str, key: str) -> None:
    with pytest.raises(Invalid):
        uris.record("acme", "board", table, key)


def test_the_guides_singular_chain_prints_as_the_table() -> None:
    uri = uris.parse_hop("hop://acme/board/chain/c-1")

    assert uris.print_hop(uri) == "hop://acme/board/chain_meta/c-1"


def test_an_e_mail_address_is_printed_only_on_request() -> None:
    uri = uris.parse_hop("hop://steve@example.com/town")

    assert uris.print_hop(uri, email=True) == "hop://steve@example.com/town"
    with pytest.raises(Invalid) as refusal:
        uris.print_hop(uri)
    assert "steve" not in refusal.value.message


def test_a_beads_uri_is_no_hop_uri() -> None:
    with pytest.raises(Invalid, match="a hop URI is wanted"):
        uris.parse_hop("beads://github/acme/backend/ac-123")


def test_a_uri_that_grows_beyond_the_column_when_printed_is_refused() -> None:
    prefix = "hop://acme/board/chain/"

    with pytest.raises(Invalid, match="written out"):
        uris.parse(prefix + "x" * (uris.LENGTH_LIMIT - len(prefix)))
