"""What a stamp says, in three scales."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol import stamps
from wasteland.protocol.errors import Invalid
from wasteland.protocol.stamps import Scale, Valence

names = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
scores = st.floats(0, 1)
valences = st.dictionaries(names, scores, min_size=1, max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("stored", "scale", "read"),
    [
        ({"quality": 0.85, "speed": 1}, Scale.UNIT, {"quality": 0.85, "speed": 1.0}),
        ({"quality": 0.0}, Scale.UNIT, {"quality": 0.0}),
        ({"quality": 4, "creativity": 0}, Scale.FIVE, {"quality": 0.8}),
        ({"quality": "4"}, Scale.FIVE, {"quality": 0.8}),
        ({"quality": "good", "reliability": "Poor"}, None, {"quality": 0.8, "reliability": 0.4}),
        ({"quality": "excellent"}, Scale.FIVE, {"quality": 1.0}),
        ({"quality": 0.5}, None, {"quality": 0.5}),
        ({"quality": 3, "speed": 1}, None, {"quality": 0.6, "speed": 0.2}),
    ],
)
def test_each_published_scale_is_read(
    stored: dict[str, Any], scale: Scale | None, read: dict[str, float]
) -> None:
    assert stamps.read_valence(stored, scale) == pytest.approx(read)


@pytest.mark.parametrize(
    ("stored", "scale", "unread"),
    [
        ({"quality": 4}, Scale.UNIT, {"quality": 4}),
        ({"quality": 0.85}, Scale.FIVE, {"quality": 0.85}),
        ({"quality": 9}, Scale.FIVE, {"quality": 9}),
        ({"quality": -1}, Scale.UNIT, {"quality": -1}),
        ({"quality": True}, Scale.UNIT, {"quality": True}),
        ({"quality": "superb"}, Scale.UNIT, {"quality": "superb"}),
        ({"quality": {"a": 1}}, Scale.FIVE, {"quality": {"a": 1}}),
        ({"quality": 1}, None, {"quality": 1}),
        ({"quality": 10**400}, Scale.FIVE, {"quality": 10**400}),
        ([1, 2], Scale.UNIT, {"": [1, 2]}),
        (None, Scale.UNIT, {"": None}),
    ],
)
def test_what_cannot_be_read_is_kept_and_reported(
    stored: Any, scale: Scale | None, unread: dict[str, Any]
) -> None:
    assert stamps.read(stored, scale) == Valence({}, unread)


def test_one_unreadable_dimension_does_not_hide_the_others() -> None:
    read = stamps.read({"quality": 0.9, "mood": "sunny"}, Scale.UNIT)

    assert read == Valence({"quality": 0.9}, {"mood": "sunny"})


@pytest.mark.parametrize(
    ("author_stamps", "scale"),
    [
        ([{"quality": 4}, {"quality": 1}], Scale.FIVE),
        ([{"quality": 0.8}, {"quality": 1}], Scale.UNIT),
        ([{"quality": 1}, {"quality": 0}], None),
        ([{"quality": 4}, {"quality": 0.8}], None),
        ([{"quality": "good"}], None),
        ([{"quality": 80}, {"quality": 0.8}], Scale.UNIT),
        ([None, "x", {"quality": "4"}], Scale.FIVE),
        ([], None),
    ],
)
def test_a_scale_is_inferred_over_an_authors_stamps(
    author_stamps: list[Any], scale: Scale | None
) -> None:
    assert stamps.infer_scale(author_stamps) == scale


@pytest.mark.parametrize(
    ("text", "scale"), [("1", Scale.UNIT), ("5", Scale.FIVE), ("10", None), (None, None)]
)
def test_the_stated_scale_is_one_of_two_words(text: str | None, scale: Scale | None) -> None:
    assert stamps.parse_scale(text) is scale


@given(valences)
def test_floats_read_back_to_four_digits(normal: dict[str, float]) -> None:
    stored = json.loads(json.dumps(stamps.write_valence(normal, Scale.UNIT)))

    assert stamps.read_valence(stored, Scale.UNIT) == pytest.approx(normal, abs=0.00005)


@given(valences)
def test_steps_read_back_to_half_a_step_and_none_is_lost(normal: dict[str, float]) -> None:
    stored = stamps.write_valence(normal, Scale.FIVE)
    read = stamps.read(stored, Scale.FIVE)

    assert all(isinstance(steps, int) for steps in stored.values())
    assert not read.unread
    assert read.scores == pytest.approx({n: max(s, 0.2) for n, s in normal.items()}, abs=0.1 + 1e-9)


@given(json_values, st.sampled_from([Scale.UNIT, Scale.FIVE, None]))
def test_reading_never_raises_and_gives_scores_from_0_to_1(
    stored: Any, scale: Scale | None
) -> None:
    assert all(0 <= score <= 1 for score in stamps.read_valence(stored, scale).values())


@pytest.mark.parametrize(
    ("score", "steps"), [(0.0, 1), (0.1, 1), (0.3, 2), (0.5, 3), (0.7, 4), (0.85, 4), (1.0, 5)]
)
def test_steps_round_half_up_and_never_to_not_rated(score: float, steps: int) -> None:
    assert stamps.write_valence({"quality": score}, Scale.FIVE) == {"quality": steps}


@pytest.mark.parametrize(
    "normal",
    [
        {},
        {"quality": 1.1},
        {"quality": -0.1},
        {"quality": float("nan")},
        {"Quality": 1.0},
        {"": 1.0},
        {"x" * 33: 1.0},
        {"two words": 1.0},
        {"quality\n": 1.0},
        {f"d{n}": 1.0 for n in range(13)},
    ],
)
def test_nothing_outside_the_rules_is_written(normal: dict[str, float]) -> None:
    with pytest.raises(Invalid) as refusal:
        stamps.write_valence(normal, Scale.UNIT)

    assert refusal.value.facts["field"] == "valence"


@pytest.mark.parametrize(
    ("rating", "score"),
    [
        ("good", 0.8),
        (" Excellent ", 1.0),
        ("4", 0.8),
        (4, 0.8),
        ("1", 0.2),
        (1, 0.2),
        ("4/5", 0.8),
        ("1.0", 1.0),
        (1.0, 1.0),
        ("0.0", 0.0),
        (0.85, 0.85),
        (".5", 0.5),
        (0.00001, 0.0),
        ("0.123456", 0.1235),
    ],
)
def test_a_whole_number_is_steps_and_a_decimal_point_is_a_fraction(
    rating: str | float, score: float
) -> None:
    assert stamps.parse_score("quality", rating) == pytest.approx(score)


@pytest.mark.parametrize(
    "rating",
    [
        "0",
        0,
        "6",
        "1.5",
        "-1",
        "0/5",
        "6/5",
        "4/10",
        "",
        "nan",
        "inf",
        "1e-1",
        "٤",
        True,
        1.5,
        -0.1,
    ],
)
def test_a_rating_outside_every_scale_is_refused(rating: str | float) -> None:
    with pytest.raises(Invalid) as refusal:
        stamps.parse_score("quality", rating)

    assert refusal.value.facts["dimension"] == "'quality'"


def test_a_misspelt_quality_word_is_answered_with_a_suggestion() -> None:
    with pytest.raises(Invalid) as refusal:
        stamps.parse_score("quality", "excelent")

    assert refusal.value.hint == "did you mean excellent?"


def test_ratings_come_as_pairs_or_as_a_mapping() -> None:
    expected = {"quality": 0.8, "speed": 0.7}

    assert stamps.parse_valence(["quality=good", "speed = 0.7"]) == expected
    assert stamps.parse_valence({"quality": 4, "speed": 0.7}) == expected


@pytest.mark.parametrize(
    "ratings", [[], ["quality"], ["=good"], ["quality=good", "quality=poor"], ["Speed=good"]]
)
def test_ratings_without_a_name_or_named_twice_are_refused(ratings: list[str]) -> None:
    with pytest.raises(Invalid):
        stamps.parse_valence(ratings)


@pytest.mark.parametrize(
    ("value", "confidence"), [("0.9", 0.9), (1, 1.0), ("1.0", 1.0), (0, 0.0), (0.12345, 0.1235)]
)
def test_confidence_is_a_number_or_its_text(value: str | float, confidence: float) -> None:
    assert stamps.parse_confidence(value) == pytest.approx(confidence, abs=0.0001)


@pytest.mark.parametrize("value", ["", "sure", "1.01", -0.5, float("nan"), float("inf"), True, 5])
def test_confidence_outside_0_to_1_is_refused(value: str | float) -> None:
    with pytest.raises(Invalid) as refusal:
        stamps.parse_confidence(value)

    assert refusal.value.facts["field"] == "confidence"
