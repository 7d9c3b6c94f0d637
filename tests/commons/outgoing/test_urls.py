"""How strictly web addresses are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasteland.commons.outgoing import urls
from wasteland.protocol.errors import Forbidden, Invalid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://Example.ORG", "http://example.org/"),
        ("HTTPS://example.org:443/A?b=C#d", "https://example.org/A?b=C"),
        ("http://example.org:8080?x=1", "http://example.org:8080/?x=1"),
        ("https://example.org/ä/%C3%A4", "https://example.org/%C3%A4/%C3%A4"),
        ("http://[2606:4700:0::1111]/x", "http://[2606:4700::1111]/x"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("https://example.org/x@y:z", "https://example.org/x@y:z"),
    ],
)
def test_address_is_written_in_one_way(text: str, expected: str) -> None:
    assert expected == str(urls.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "//example.org",
        "file:///etc/passwd",
        "gopher://example.org",
        "javascript:alert(1)",
        "ftp://example.org",
        "http:///x",
        "http://",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:+80/",
        "http://user:secret@example.org/",
        "http://bücher.example/",
        "http://example.org\r\nHost: x/",
        "http://example.org/\r\nX: y",
        "http://example.org/a b",
        " http://example.org/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 130 + "example/",
        "http://example.org/" + "a" * 2048,
    ],
)
def test_address_that_is_not_plain_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        urls.parse(text)


def test_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(Invalid) as refused:
        urls.parse("https://user:hunter2@example.org/token-4711")

    told = f"{refused.value} {refused.value.hint} {refused.value.facts}"
    assert "hunter2" not in told
    assert "4711" not in told


def test_redirect_may_be_relative() -> None:
    found = urls.redirected(urls.parse("https://example.org/a/b"), "../c?d")

    assert "https://example.org/c?d" == str(found)


def test_redirect_that_leaves_https_is_refused() -> None:
    with pytest.raises(Forbidden):
        urls.redirected(urls.parse("https://example.org/"), "http://example.org/")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[::1", "//u@x.test/"])
def test_redirect_to_no_plain_address_is_refused(location: str) -> None:
    with pytest.raises(Invalid):
        urls.redirected(urls.parse("http://example.org/"), location)


@given(st.text() | st.text(alphabet="htps:/[].@#?%0x17a\\\r\n ").map("http://".__add__))
def test_what_is_read_is_written_so_that_it_reads_the_same(text: str) -> None:
    """And nothing else than a refusal comes of any text."""
    try:
        target = urls.parse(text)
    except Invalid:
        return
    assert target == urls.parse(str(target))
