"""The words that columns hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol import words
from wasteland.protocol.errors import Invalid


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("critical", 0),
        ("high", 1),
        ("medium", 2),
        ("normal", 2),
        ("low", 3),
        ("backlog", 4),
        ("0", 0),
        ("4", 4),
        (3, 3),
        (" HIGH ", 1),
    ],
)
def test_a_priority_is_read_from_words_and_digits(text: str | int, number: int) -> None:
    assert words.parse_priority(text) == number


@pytest.mark.parametrize("text", ["5", "-1", "", "1.0", "٣", 7, "hihg priority"])
def test_a_priority_outside_the_scale_is_refused(text: str | int) -> None:
    with pytest.raises(Invalid) as refusal:
        words.parse_priority(text)

    assert refusal.value.facts["field"] == "priority"
    assert refusal.value.facts["allowed"] == words.PRIORITIES


def test_every_priority_word_reads_back_what_it_prints() -> None:
    numbers = range(len(words.PRIORITIES))

    assert [words.parse_priority(words.priority_word(n)) for n in numbers] == list(numbers)


def test_a_near_miss_is_answered_with_a_suggestion() -> None:
    with pytest.raises(Invalid) as refusal:
        words.parse_type("featur")

    assert refusal.value.facts["suggestion"] == "feature"
    assert refusal.value.hint == "did you mean feature?"


def test_a_word_like_no_other_is_answered_without_a_suggestion() -> None:
    with pytest.raises(Invalid) as refusal:
        words.parse_effort("zzzz")

    assert refusal.value.facts["suggestion"] is None
    assert "trivial, small, medium, large, epic" in refusal.value.message


def test_a_message_shows_control_characters_instead_of_sending_them() -> None:
    with pytest.raises(Invalid) as refusal:
        words.parse_type("bug\x1b[2J")

    assert "\x1b" not in refusal.value.message


@pytest.mark.parametrize("word", ["team", "org"])
def test_rig_types_of_other_clients_are_known_but_not_written(word: str) -> None:
    assert word in words.READ_RIG_TYPES
    with pytest.raises(Invalid):
        words.parse_rig_type(word)


def test_quality_words_are_scores() -> None:
    scores = [words.parse_quality(word) for word in ("excellent", "good", "fair", "poor")]

    assert scores == [1.0, 0.8, 0.6, 0.4]


@pytest.mark.parametrize(
    ("score", "word"), [(1.0, "excellent"), (0.9, "excellent"), (0.81, "good"), (0.0, "poor")]
)
def test_a_score_is_shown_by_the_nearest_quality_word(score: float, word: str) -> None:
    assert words.quality_word(score) == word


def test_no_score_has_no_quality_word() -> None:
    assert words.quality_word(None) == ""


@pytest.mark.parametrize(
    ("word", "weight"),
    [("leaf", 1), ("branch", 3), ("root", 5), (None, 1), ("", 1), ("trunk", 1), ("ROOT", 5)],
)
def test_a_severity_has_a_weight_and_an_unknown_one_weighs_as_a_leaf(
    word: str | None, weight: int
) -> None:
    assert words.severity_weight(word) == weight


@pytest.mark.parametrize(("stored", "text"), [(None, "medium"), (1, "high"), (9, "9"), (-1, "-1")])
def test_a_stored_priority_is_always_shown(stored: int | None, text: str) -> None:
    assert words.priority_word(stored) == text


@given(st.none() | st.text() | st.integers() | st.floats())
def test_display_never_raises(value: object) -> None:
    assert isinstance(words.priority_word(value), str)
    assert isinstance(words.shown(value), str)
    assert words.severity_weight(value) in {1, 3, 5}


@given(st.text())
def test_a_type_is_one_of_the_words_or_invalid(text: str) -> None:
    try:
        assert words.parse_type(text) in words.TYPES
    except Invalid as refusal:
        assert refusal.facts["field"] == "type"  # noqa: PT017  # both ways are allowed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("bgu", "bug"), ("docss", "docs"), ("fature", "feature"), ("chroe", "chore"), ("zzzz", None)],
)
def test_a_letter_missed_doubled_or_swapped_is_recognised(typed: str, meant: str | None) -> None:
    assert words.nearest(typed, words.TYPES) == meant


@pytest.mark.parametrize("word", words.STATUSES)
def test_a_status_is_read_in_any_case(word: str) -> None:
    assert words.parse_status(word.upper()) == word


def test_nothing_is_near_to_an_empty_word() -> None:
    assert words.nearest("", words.TYPES) is None
    assert words.nearest("bug", []) is None
