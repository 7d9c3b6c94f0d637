"""Text from anybody, made safe."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.protocol.text import csv_safe, evidence_url, terminal_safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("\x9b31m", "\\x9b31m"),
        ("\0\x07\x7f", "␀␇␡"),
        ("safe\u202eexe.txt", "safe\\u202eexe.txt"),
        ("ad\u200bmin", "ad\\u200bmin"),
        ("ad\u200dmin", "ad\\u200dmin"),
        ("x\U000e0041", "x\\U000e0041"),
        ("half \ud83d", "half \\ud83d"),
        ("over\rwritten", "over␍written"),
    ],
)
def test_what_drives_a_terminal_or_hides_is_made_visible(text: str, shown: str) -> None:
    assert terminal_safe(text) == shown


@pytest.mark.parametrize(
    "text", ["a\tb\nc", "Größe", "👩\u200d💻", "\u0645\u06cc\u200c\u062e\u0648", "修正"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert terminal_safe(text) == text


def test_a_windows_line_end_is_a_line_end() -> None:
    assert terminal_safe("a\r\nb") == "a\nb"


def test_a_cell_of_a_table_has_no_line_breaks() -> None:
    assert terminal_safe("a\tb\nc\u2028d", one_line=True) == "a␉b␊c\\u2028d"


@given(st.text(st.characters(categories=None)))
def test_safe_text_can_be_encoded_and_holds_no_control_character(text: str) -> None:
    safe = terminal_safe(text, one_line=True)

    assert safe.encode().decode() == safe
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", safe)
    assert terminal_safe(safe, one_line=True) == safe


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", "\uff1d1"]
)
def test_a_formula_gets_a_guard(text: str) -> None:
    assert csv_safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "w-123", "Größe", "1-2"])
def test_text_that_is_no_formula_stays(text: str) -> None:
    assert csv_safe(text) == text


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com/pr/1", "https://example.com/pr/1"),
        ("Done (see https://example.com/a_(b)).", "https://example.com/a_(b)"),
        ("fixed in http://example.com/x, tests too", "http://example.com/x"),
        ("HTTPS://EXAMPLE.COM", "HTTPS://EXAMPLE.COM"),
        ('<a href="https://example.com">', "https://example.com"),
        ("first https://u:p@evil.example then https://good.example", "https://good.example"),
        ("https://[::1/ then https://good.example", "https://good.example"),
        (r"https://good.example\@evil.example", "https://good.example"),
        ("https://good.example/\u202etxt", "https://good.example/"),
    ],
)
def test_the_first_link_in_evidence_is_found(text: str, url: str) -> None:
    assert evidence_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "prose only",
        "javascript:alert('https://example.com')",
        " JavaScript :alert(1)//https://example.com",
        "data:text/html,https://example.com",
        "ftp://example.com/x",
        "https://",
        "https://user@example.com/",
        "https://good.example:99999/",
        "https://example.com/" + "x" * 3000,
    ],
)
def test_what_may_not_be_a_link_is_none(text: str) -> None:
    assert evidence_url(text) is None


@given(st.text(st.characters(categories=None)))
def test_a_link_is_http_and_part_of_the_text(text: str) -> None:
    url = evidence_url(f"https://{text}")

    assert url is None or (url.lower().startswith("http") and url in f"https://{text}")
