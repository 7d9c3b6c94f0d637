"""Lists of refs as they travel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.remotes.hubs import BOARD, Hub
from wasteland.engines.base import MAIN
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.hub.remotes.landing import Move, find_moves, present_refs
from wasteland.hub.remotes.refs import NOTHING, Head, Refs, Tag, read_refs, write_refs
from wasteland.protocol.errors import Forbidden, Invalid

_NAMES = st.text(st.characters(codec="utf-8"), max_size=30)
_HASHES = st.binary(min_size=20, max_size=20).map(bytes.hex)
_HEADS = st.lists(st.builds(Head, _NAMES, _HASHES, _HASHES), unique_by=lambda head: head.name)
_TIMES = st.integers(-(2**63), 2**63 - 1)
_TAGS = st.lists(
    st.builds(Tag, _NAMES, _HASHES, _NAMES, _NAMES, _TIMES, _NAMES),
    unique_by=lambda tag: tag.name,
    max_size=5,
)
_REFS = st.builds(Refs, _NAMES, _HEADS.map(tuple), _TAGS.map(tuple), st.just(NOTHING))
_A, _B = "aa" * 20, "bb" * 20


@given(_REFS)
def test_what_is_written_is_read_again(refs: Refs) -> None:
    assert refs == read_refs(write_refs(refs))


@given(_REFS, st.data())
def test_a_list_that_is_cut_short_is_refused_or_lacks_its_end(
    refs: Refs, data: st.DataObject
) -> None:
    blob = write_refs(refs)
    length = data.draw(st.integers(0, len(blob) - 1))

    if length < len(blob) - len(NOTHING):
        with pytest.raises(Invalid):
            read_refs(blob[:length])
    else:
        assert refs.heads == read_refs(blob[:length]).heads


@given(st.binary(max_size=300))
def test_noise_is_refused_or_read_whole(noise: bytes) -> None:
    blob = b"\7" + noise
    try:
        refs = read_refs(blob)
    except Invalid:
        return

    assert blob == write_refs(refs)


@given(_REFS.filter(lambda refs: refs.heads))
def test_a_name_that_is_there_twice_is_refused(refs: Refs) -> None:
    twice = Refs(refs.default, (*refs.heads, refs.heads[0]), refs.tags)

    with pytest.raises(Invalid):
        read_refs(write_refs(twice))


def test_the_library_reads_and_writes_the_same_list(hub: Hub) -> None:
    """With branches and a tag, ours is byte for byte what its own server sends, less the rest."""
    engine = hub.board
    assert isinstance(engine, DoltLiteEngine)
    engine.create_branch("work")
    with engine._writing(MAIN) as session:
        session.run("SELECT dolt_tag('v1', 'main', '-m', 'first')")

    ours = present_refs(engine)
    clone = hub.clone(BOARD)

    assert ours == read_refs(write_refs(ours))
    assert ["v1"] == [tag.name for tag in ours.tags]
    assert {MAIN: engine.head(), "work": engine.head("work")} == ours.commits()
    assert ours.tags == present_refs(clone).tags


def test_moves_are_what_differs() -> None:
    before = Refs(MAIN, (Head(MAIN, _A), Head("gone", _A), Head("on", _A)))
    after = Refs(MAIN, (Head(MAIN, _A), Head("new", _B), Head("on", _B)))

    expected = [Move("gone", _A, ""), Move("new", "", _B), Move("on", _A, _B)]
    assert expected == find_moves(before, after)


@pytest.mark.parametrize(
    "after",
    [
        Refs("other", (Head(MAIN, _A),)),
        Refs(MAIN, (Head(MAIN, _A),), (Tag("v1", _A, "", "", 0, ""),)),
        Refs(MAIN, (Head(MAIN, _A),), (), b"\1" + bytes(11)),
        Refs(MAIN, (Head(MAIN, _A),), (), b""),
    ],
)
def test_nothing_but_branches_may_differ(after: Refs) -> None:
    with pytest.raises(Forbidden):
        find_moves(Refs(MAIN, (Head(MAIN, _A),)), after)
