"""The bodies of the seven routes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.remotes import bodies
from wasteland.hub.remotes import blake3
from wasteland.hub.remotes.refs import Head, Refs, write_refs
from wasteland.hub.remotes.wire import MISSING, Wish, find_chunks, read_hashes, read_wish
from wasteland.hub.remotes.wire import given as as_given
from wasteland.protocol.errors import Invalid

_SENT = st.dictionaries(st.binary(min_size=20, max_size=20), st.binary(max_size=60), max_size=8)


@given(_SENT)
def test_chunks_are_found_where_they_lie(sent: dict[bytes, bytes]) -> None:
    body = bodies.chunks(sent)

    found = find_chunks(io.BytesIO(body), len(body))

    assert sent == {each: body[start : start + size] for each, (start, size) in found.items()}


@given(_SENT.filter(bool), st.data())
def test_a_body_that_is_cut_short_is_refused(sent: dict[bytes, bytes], data: st.DataObject) -> None:
    body = bodies.chunks(sent)
    last = list(sent.values())[-1]
    cut = data.draw(st.integers(1, len(last) + 23))

    with pytest.raises(Invalid):
        find_chunks(io.BytesIO(body), len(body) - cut)


@given(st.binary(max_size=200))
def test_noise_is_refused_or_holds_what_it_says(noise: bytes) -> None:
    try:
        found = find_chunks(io.BytesIO(noise), len(noise))
    except Invalid:
        return

    assert all(0 <= start <= start + size <= len(noise) for start, size in found.values())


@given(st.lists(st.binary(min_size=20, max_size=20)))
def test_hashes_are_read(hashes: list[bytes]) -> None:
    assert hashes == read_hashes(b"".join(hashes))


def test_a_chunk_that_is_missing_is_told_from_an_empty_one() -> None:
    assert (MISSING, bytes(4)) == (as_given(None), as_given(b""))


def test_the_wish_is_the_list_and_not_what_is_said() -> None:
    refs = Refs("main", (Head("main", "aa" * 20),))
    seen = write_refs(refs)

    wish = read_wish(bodies.wish(refs, seen, name=":main", force=True))

    assert Wish(is_forced=True, seen=blake3.digest(seen), refs=refs) == wish


@given(st.binary(max_size=120))
def test_noise_is_no_wish(noise: bytes) -> None:
    try:
        read_wish(noise)
    except Invalid:
        return

    pytest.fail("a list of refs in two hundred random bytes")
