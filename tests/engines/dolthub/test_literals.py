"""Values inside SQL text: what goes in stays in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot.tokenizer_core import Token, TokenType

from wasteland.engines.dolthub.literals import literal, render
from wasteland.engines.doltlite.engine import DoltLiteEngine
from wasteland.protocol.errors import Invalid

# Text that looks for a way out: quotes, backslashes, comments, control characters, parameters.
NASTY = st.text(
    st.one_of(
        st.sampled_from(list("'\"`\\;:-#/*%_ \0\n\r\t\x1a\u2028abNn0Z")),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)
TEMPLATE = "SELECT a FROM t WHERE b = :value AND c = ':value' AND `d:value` <> 1 -- :x"


@given(NASTY)
def test_mysql_reads_a_text_as_one_literal_with_that_content(text: str) -> None:
    tokens = sqlglot.tokenize(f"SELECT {literal(text)} , 1", read="mysql")

    kinds = [TokenType.SELECT, TokenType.STRING, TokenType.COMMA, TokenType.NUMBER]
    assert kinds == [token.token_type for token in tokens]
    assert text == tokens[1].text
    assert [] == tokens[1].comments


@given(NASTY)
def test_a_value_changes_nothing_of_the_statement_around_it(text: str) -> None:
    plain = sqlglot.tokenize(render(TEMPLATE, {"value": "x", "x": 1}), read="mysql")
    nasty = sqlglot.tokenize(render(TEMPLATE, {"value": text, "x": 1}), read="mysql")

    def without_the_value(tokens: list[Token]) -> list[tuple[TokenType, str]]:
        return [(t.token_type, t.text) for n, t in enumerate(tokens) if n != 7]

    assert without_the_value(plain) == without_the_value(nasty)
    assert text == nasty[7].text


@pytest.fixture(scope="module")
def doltlite(tmp_path_factory: pytest.TempPathFactory) -> DoltLiteEngine:
    """A database that runs what is rendered."""
    path: Path = tmp_path_factory.mktemp("literals") / "x.db"
    return DoltLiteEngine.create(path)


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\")))
def test_a_database_reads_plain_text_back(doltlite: DoltLiteEngine, text: str) -> None:
    assert [{"v": text}] == doltlite.read(render("SELECT :v AS v", {"v": text}))


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans()))
def test_numbers_keep_their_value_and_never_begin_a_comment(number: float) -> None:
    text = render("SELECT 1 -:n", {"n": number})

    assert "--" not in text
    assert number == ast.literal_eval(literal(number))


def test_null_is_the_word() -> None:
    assert "SELECT NULL, 1" == render("SELECT :a, :b", {"a": None, "b": True})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), "half \ud83e"])
def test_what_no_database_can_hold_is_invalid(value: float | str) -> None:
    with pytest.raises(Invalid):
        literal(value)


def test_a_parameter_without_a_value_is_invalid() -> None:
    with pytest.raises(Invalid) as caught:
        render("SELECT :missing", {"other": 1})

    assert "missing" == caught.value.facts["field"]


def test_a_text_quoted_as_json_is_quoted_here() -> None:
    """Not every host lets a statement call JSON_QUOTE."""
    assert "SELECT '\"it''s \\\\\"x\\\\\"\"'" == render(
        "SELECT JSON_QUOTE(:tag)", {"tag": 'it\'s "x"'}
    )
