"""What users may write into a field."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol import fields
from wasteland.protocol.errors import Invalid

CONTROLS = ["\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\x9b", "\u202e", "\u2066", "\ud800"]


def nested(levels: int) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    for _ in range(levels - 1):
        scope = {"in": scope}
    return scope


@pytest.mark.parametrize("text", ["x", "x" * 256, " Fix the login ", "Größe ändern", "修正"])
def test_a_title_of_1_to_256_characters_is_kept_stripped(text: str) -> None:
    assert fields.title(text) == text.strip()


@pytest.mark.parametrize("text", ["", "   ", "x" * 257, "two\nlines", "a\tb", "a\u2028b"])
def test_a_title_that_is_empty_long_or_no_line_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        fields.title(text)

    assert refusal.value.facts["field"] == "title"
    assert "1 to 256" in str(refusal.value.facts["rule"])


@pytest.mark.parametrize("bad", CONTROLS)
@pytest.mark.parametrize("field", [fields.title, fields.description, fields.evidence])
def test_control_characters_are_refused_everywhere(field: Callable[[str], str], bad: str) -> None:
    with pytest.raises(Invalid) as refusal:
        field(f"before{bad}after")

    assert bad not in refusal.value.message
    assert bad not in str(refusal.value.facts["value"])


def test_a_refused_value_is_shortened_in_the_error() -> None:
    with pytest.raises(Invalid) as refusal:
        fields.description("x" * 100_000)

    assert len(refusal.value.message) < 300


def test_text_is_stored_in_normal_form_c() -> None:
    decomposed = "Cafe\u0301"

    assert fields.display_name(decomposed) == "Café"


def test_the_limit_counts_characters_as_stored() -> None:
    assert len(fields.title("e\u0301" * 256)) == 256


def test_long_text_keeps_lines_and_tabs_and_takes_any_line_end() -> None:
    assert fields.description("a\r\nb\rc\td\n\n") == "a\nb\nc\td"


def test_a_description_may_be_empty_unless_it_is_required() -> None:
    assert fields.description("") == ""
    with pytest.raises(Invalid):
        fields.description("", required=True)


@pytest.mark.parametrize("text", ["", "x" * 4097])
def test_evidence_has_1_to_4096_characters(text: str) -> None:
    assert fields.evidence("x" * 4096) == "x" * 4096
    with pytest.raises(Invalid):
        fields.evidence(text)


@pytest.mark.parametrize("field", [fields.reason, fields.message])
def test_a_reason_or_message_may_be_missing(field: Callable[[str], str]) -> None:
    assert field("") == ""
    with pytest.raises(Invalid):
        field("x" * 4097)


@pytest.mark.parametrize("text", ["", "no address at all", "rig@example.com"])
def test_no_form_of_e_mail_address_is_asked_for(text: str) -> None:
    assert fields.owner_email(text) == text


def test_a_name_for_people_has_at_most_255_characters() -> None:
    with pytest.raises(Invalid):
        fields.display_name("x" * 256)


def test_tags_are_stripped_kept_in_order_and_named_once() -> None:
    assert fields.tags("Go, open-bounty,, go ,federation,") == ("Go", "open-bounty", "federation")


def test_tags_come_as_a_list_too() -> None:
    assert fields.tags(["b", " a ", "b", ""]) == ("b", "a")


@pytest.mark.parametrize(
    "words", [",".join(str(n) for n in range(21)), "x" * 65, "a\x00b", ["two\nlines"]]
)
def test_too_many_too_long_or_broken_tags_are_refused(words: str | list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        fields.tags(words)

    assert refusal.value.facts["field"] == "tags"


def test_skills_follow_the_rules_of_tags_under_their_own_name() -> None:
    assert fields.skills("python, sql") == ("python", "sql")
    with pytest.raises(Invalid) as refusal:
        fields.skills("x" * 65)
    assert refusal.value.facts["field"] == "skill_tags"


def test_twenty_tags_with_repetitions_are_allowed() -> None:
    words = [str(n) for n in range(20)] * 3

    assert len(fields.tags(words)) == 20


def test_a_scope_is_taken_as_object_or_as_json() -> None:
    scope = {"paths": ["src/**"], "network": False}

    assert fields.sandbox_scope(scope) == scope
    assert fields.sandbox_scope(json.dumps(scope)) == scope


def test_a_scope_may_be_eight_levels_deep_and_no_deeper() -> None:
    assert fields.sandbox_scope(nested(8)) == nested(8)
    with pytest.raises(Invalid, match="8 levels"):
        fields.sandbox_scope(nested(9))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "3", "{", '{"a": "\\u0000"}', '{"\\u001b": 1}', "[" * 5000, '{"a": NaN}'],
)
def test_a_scope_that_is_no_clean_object_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        fields.sandbox_scope(text)

    assert refusal.value.facts["field"] == "sandbox_scope"


@pytest.mark.parametrize(
    "value", [{"a": float("nan")}, {"a": object()}, {"a": "x" * 20_000}, nested(100_000)]
)
def test_an_object_that_json_cannot_hold_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        fields.sandbox_scope(value)


@given(st.text())
def test_what_passes_is_clean_and_passes_again_unchanged(text: str) -> None:
    try:
        clean = fields.title(text)
    except Invalid:
        return

    assert clean == unicodedata.normalize("NFC", clean) == clean.strip()
    assert fields.title(clean) == clean
    assert clean.encode().decode() == clean
