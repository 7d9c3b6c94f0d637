"""Names and identifiers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol import ids, names, trailers
from wasteland.protocol.errors import Invalid


@pytest.mark.parametrize("text", ["a", "0x", "alice", "ci-bot_2.0", "a" * 64])
@pytest.mark.requirement("S0-8")
def test_a_handle_is_lower_case_letters_digits_and_three_signs(text: str) -> None:
    assert names.check_handle(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Alice",
        "-a",
        ".a",
        "a b",
        "a/b",
        "a..b",
        "é",
        "a\n",
        "a" * 65,
        "main",
        "wl",
        "api",
        "a\0",
    ],
)
def test_any_other_handle_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_handle(text)

    assert refusal.value.facts["field"] == "handle"
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("acme", True),
        ("Acme.db_1", True),
        ("..", False),
        ("a..b", False),
        ("a/b", False),
        ("", False),
    ],
)
def test_a_repository_part_is_one_plain_name(text: str, *, fits: bool) -> None:
    assert names.is_repo_part(text) is fits


@given(st.text())
def test_a_handle_is_safe_in_branches_and_paths(text: str) -> None:
    if names.is_handle(text):
        assert re.fullmatch(r"[a-z0-9._-]+", names.work_branch(text, "w-1").split("/")[1])


def test_two_operations_have_different_ids_that_pass_their_own_check() -> None:
    first, second = ids.new_operation(), ids.new_operation()

    assert first != second
    assert ids.check_operation(first) == first


@pytest.mark.parametrize("text", ["", "-op", "op 1", "op\n", "x" * 129, "op/1"])
def test_an_operation_id_of_other_characters_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        ids.check_operation(text)


def test_ids_have_the_form_that_other_clients_write() -> None:
    made = (ids.wanted_id("op-1"), ids.completion_id("op-1"), ids.stamp_id("op-1"))

    assert [bool(re.fullmatch(r"[wcs]-[0-9a-f]+", text)) for text in made] == [True] * 3
    assert [len(text) for text in made] == [12, 18, 18]


def test_a_repeated_operation_gives_the_same_ids_and_another_one_others() -> None:
    assert ids.wanted_id("op-1", "a") == ids.wanted_id("op-1", "a")
    assert len({ids.wanted_id("op-1"), ids.wanted_id("op-1", "a"), ids.wanted_id("op-2")}) == 3


def test_parts_are_not_run_together() -> None:
    assert ids.derived("w", "op", "ab", "c") != ids.derived("w", "op", "a", "bc")


def test_branches_are_named_as_every_client_names_them() -> None:
    assert names.work_branch("alice", "w-1") == "wl/alice/w-1"
    assert names.register_branch("alice") == "wl/register/alice"


def test_the_trailer_of_a_message_is_found_again() -> None:
    assert trailers.find(trailers.with_operation("wl claim: w-1", "op-7")) == "op-7"


def test_the_last_trailer_counts_and_a_message_may_have_none() -> None:
    assert trailers.find("Wasteland-Op: op-1\n\nWasteland-Op: op-2") == "op-2"
    assert trailers.find("wl claim: w-1") is None
    assert trailers.find("") is None


@given(st.text())
def test_visible_text_is_short_and_printable(text: str) -> None:
    assert names.visible(text).isprintable()
    assert len(names.visible(text, limit=10)) <= 10 * len(r"\U0010ffff") + 2
