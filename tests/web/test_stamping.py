"""Marks as the form of a stamp sends them."""

from __future__ import annotations

from wasteland.protocol.stamps import Scale
from wasteland.web import stamping


def test_a_form_that_was_left_alone_gives_no_mark() -> None:
    left = {"by": "sliders", "quality": "", "quality-score": "0", "extra-0-name": ""}

    assert {"quality": "", "reliability": "", "creativity": "", "dimension": []} == stamping.read(
        left
    )


def test_the_best_on_a_slider_is_a_fraction_and_not_one_step_of_five() -> None:
    assert "1.00" == stamping.read({"by": "sliders", "quality-score": "1"})["quality"]


def test_the_input_that_is_shown_counts_and_the_other_where_it_was_left_alone() -> None:
    both = {"quality": "fair", "quality-score": "1"}

    assert "1.00" == stamping.read({"by": "sliders", **both})["quality"]
    assert "fair" == stamping.read({"by": "words", **both})["quality"]
    assert "fair" == stamping.read({"by": "sliders", "quality": "fair"})["quality"]
    assert "0.60" == stamping.read({"by": "words", "quality-score": "0.6"})["quality"]


def test_more_dimensions_are_named_and_a_mark_without_a_name_is_not_lost() -> None:
    sent = {"extra-0-name": " speed ", "extra-0": "good", "extra-2": "poor", "by": "words"}

    assert ["speed=good", "=poor"] == stamping.read(sent)["dimension"]


def test_what_is_no_number_is_left_to_the_rule_to_refuse() -> None:
    for text in ("many", "nan", "-1", "1e999"):
        found = stamping.read({"by": "sliders", "quality-score": text})["quality"]
        assert found not in {"", "1.00"}, text


def test_the_form_is_shown_as_it_was_typed() -> None:
    typed = {
        "by": "words",
        "quality": "good",
        "extra-4-name": "speed",
        "extra-4": "fair",
        "severity": "root",
        "confidence": "0.75",
        "skills": "sql",
        "message": "Well",
    }

    form = stamping.shown(Scale.UNIT, typed, field="valence", error="No")

    assert (True, 0.05, "root", "sql", "Well") == (
        form.in_words,
        form.step,
        form.severity,
        form.skills,
        form.message,
    )
    assert ("good", 0.8) == (form.dimensions[0].word, form.dimensions[0].score)
    assert ("speed", "fair", 5) == (form.more[4].name, form.more[4].word, len(form.more))
    assert ("0.75", "75 %") in form.sure


def test_sliders_of_a_commons_of_steps_move_by_steps() -> None:
    assert [0.2, 0.2] == [stamping.shown(scale).step for scale in (None, Scale.FIVE)]
