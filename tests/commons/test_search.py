"""Search ranks, follows main, survives its file, and takes any text."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commons.casts import Cast, refusal
from wasteland.commons.sdk import Commons
from wasteland.protocol.errors import Invalid


def titles(session: Commons, words: str) -> list[str]:
    """Return the titles found, best first."""
    return [hit.item.title for hit in session.search(words)]


@pytest.fixture
def seeker(cast: Cast, tmp_path: Path) -> Commons:
    """Ada, who keeps her index in a file, at a board of three items."""
    cast.ada.index_dir = tmp_path / "cache"
    cast.ada.post(title="Speed up the relay", description="Retry less often")
    cast.ada.post(title="Add retry logic", description="For the relay", tags="network")
    cast.ada.post(title="Translate the guide", description="Into French")
    return cast.ada


def index_file(session: Commons) -> Path:
    """Return the only index of *session*."""
    assert session.index_dir is not None
    (found,) = session.index_dir.iterdir()
    return found


def test_the_title_says_more_than_the_description(seeker: Commons) -> None:
    assert ["Add retry logic", "Speed up the relay"] == titles(seeker, "retry")
    assert ["Speed up the relay", "Add retry logic"] == titles(seeker, "relay")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("retry relay", {"Add retry logic", "Speed up the relay"}),
        ('"retry logic"', {"Add retry logic"}),
        ('"logic retry"', set()),
        ("trans*", {"Translate the guide"}),
        ("relay -logic", {"Speed up the relay"}),
        ('relay -"retry logic"', {"Speed up the relay"}),
        ("retries", {"Add retry logic", "Speed up the relay"}),
        ("NETWORK", {"Add retry logic"}),
        ("absent", set()),
    ],
)
def test_words_phrases_beginnings_and_exclusions_are_understood(
    seeker: Commons, words: str, expected: set[str]
) -> None:
    assert expected == set(titles(seeker, words))


def test_an_excerpt_shows_the_passage(seeker: Commons) -> None:
    (hit,) = seeker.search("french")

    assert "Into French" == hit.excerpt


def test_the_index_follows_main(cast: Cast, seeker: Commons) -> None:
    cast.max.set_rule("mode", "direct")
    titles(seeker, "relay")
    item_id = cast.ada.post(title="Paint the relay green").id

    added = titles(seeker, "green")
    cast.ada.update(item_id, title="Paint the hub blue")

    assert (["Paint the relay green"], [], ["Paint the hub blue"]) == (
        added,
        titles(seeker, "green"),
        titles(seeker, "blue"),
    )


def test_hits_can_be_narrowed_to_a_status(cast: Cast, seeker: Commons) -> None:
    (item,) = (hit.item for hit in seeker.search("guide"))
    cast.ben.claim(item.id)

    found = [[hit.item.id for hit in seeker.search("guide", status=s)] for s in ("claimed", "open")]

    assert [[item.id], []] == found


def test_an_index_that_was_deleted_is_made_anew(seeker: Commons) -> None:
    titles(seeker, "relay")
    index_file(seeker).unlink()

    assert ["Translate the guide"] == titles(seeker, "guide")


@pytest.mark.parametrize("garbage", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000, b""])
def test_an_index_that_is_damaged_is_made_anew(seeker: Commons, garbage: bytes) -> None:
    titles(seeker, "relay")
    index_file(seeker).write_bytes(garbage)

    found = titles(seeker, "guide")

    assert ["Translate the guide"] == found
    assert ["Translate the guide"] == titles(seeker, "guide")


def test_a_cache_that_cannot_be_written_is_done_without(seeker: Commons, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    seeker.index_dir = tmp_path / "file" / "cache"

    assert ["Translate the guide"] == titles(seeker, "guide")


@pytest.mark.parametrize("words", ["", "  ", "-", "-guide", '"', "*", "\0"])
def test_nothing_to_search_for_is_invalid(seeker: Commons, words: str) -> None:
    error = refusal(lambda: seeker.search(words))

    assert isinstance(error, Invalid)


@given(words=st.text(st.one_of(st.sampled_from('"*-:^(){}\0 ANDORT\ud800é'), st.characters())))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_no_text_breaks_the_search(seeker: Commons, words: str) -> None:
    with suppress(Invalid):
        assert [] == [hit for hit in seeker.search(words) if not hit.item.title]


def suggested(session: Commons, text: str) -> list[str]:
    """Return the titles that are suggested, likeliest first."""
    return [item.title for item in session.suggest(text)]


def test_what_is_being_typed_finds_the_beginnings_of_words(seeker: Commons) -> None:
    assert ["Add retry logic"] == suggested(seeker, "ret lo")
    assert ["Translate the guide"] == suggested(seeker, "TRANS")
    assert ["Add retry logic"] == suggested(seeker, "net")
    assert [] == suggested(seeker, "french")
    assert [] == suggested(seeker, " -\x00")


def test_a_title_that_begins_so_comes_before_one_that_holds_it(seeker: Commons) -> None:
    seeker.post(title="The guide to translate")

    assert "Translate the guide" == suggested(seeker, "translate")[0]
    assert "The guide to translate" == suggested(seeker, "the gui")[0]


def test_an_id_that_is_being_typed_finds_its_item(seeker: Commons) -> None:
    item = seeker.post(title="By its id").id

    assert ["By its id"] == suggested(seeker, item[:9])
    assert 3 < len(suggested(seeker, "w-"))


@given(st.text(max_size=60))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_text_breaks_what_is_suggested(seeker: Commons, text: str) -> None:
    seeker.suggest(text)
    seeker.similar(text)


def test_titles_that_say_much_the_same_are_found_while_they_are_unfinished(
    cast: Cast, seeker: Commons
) -> None:
    def alike(title: str) -> list[str]:
        return [item.title for item in seeker.similar(title)]

    assert ["Add retry logic"] == alike("Retry logic for the relay, please add")
    assert [] == alike("Something else altogether")
    assert [] == alike("")
    item = seeker.suggest("add retry")[0]
    seeker.withdraw(item.id)
    for pull in cast.max.pending():
        cast.max.merge(pull.id)
    assert "Add retry logic" not in alike("Add retry logic")


def test_an_index_that_is_kept_is_not_made_by_the_next_search(seeker: Commons) -> None:
    seeker.keep_index()
    before = index_file(seeker).stat().st_mtime_ns

    assert ["Add retry logic"] == suggested(seeker, "add")
    assert before == index_file(seeker).stat().st_mtime_ns
