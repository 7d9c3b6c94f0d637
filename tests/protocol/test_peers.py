from __future__ import annotations

import pytest

from wasteland.protocol.errors import Invalid
from wasteland.protocol.peers import is_of, parse


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("rust.example", "rust.example"),
        (" https://Rust.example/ ", "rust.example"),
        ("https://hub.example/Acme/board.git", "hub.example/acme/board"),
        ("acme/board", "acme/board"),
        ("hop://ada@rust.example/ada/", "rust.example/ada"),
        ("https://user:secret@hub.example/a/b?x#y", "hub.example/a/b"),
    ],
)
def test_a_peer_has_one_spelling(text: str, peer: str) -> None:
    assert peer == parse(text)
    assert peer == parse(peer)


@pytest.mark.parametrize("text", ["", "board", "two words", "a//b", "/", "..", "a/../b", "x" * 400])
def test_what_names_no_peer_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


@pytest.mark.parametrize(
    ("address", "peer", "expected"),
    [
        ("hop://ada@rust.example/ada/", "rust.example", True),
        ("https://hub.example/acme/board/rigs/x", "hub.example/acme/board", True),
        ("hop://acme/board/rigs/ada", "acme/board", True),
        ("hop://acme/boards/rigs/ada", "acme/board", False),
        ("https://notrust.example/x", "rust.example", False),
        ("https://rust.example.evil/x", "rust.example", False),
        (None, "rust.example", False),
        ("", "rust.example", False),
    ],
)
def test_an_address_lies_with_a_peer_by_whole_parts(
    address: str | None, peer: str, expected: bool
) -> None:
    assert expected == is_of(address, peer)
