"""Authors as the engines store them."""

from __future__ import annotations

import pytest

from wasteland.engines.authors import shown_email, stored_author


@pytest.mark.parametrize(
    ("name", "email", "stored"),
    [
        ("ann", "ann@example.org", "ann <ann@example.org>"),
        ("ann", "", "ann <none@invalid>"),
        ("", "", "unknown <none@invalid>"),
        ("a<b>\n c", "x>y", "a b  c <x y>"),
    ],
)
def test_an_author_always_has_a_name_and_an_address(name: str, email: str, stored: str) -> None:
    assert stored == stored_author(name, email)


@pytest.mark.parametrize(("stored", "email"), [("none@invalid", ""), ("a@b.c", "a@b.c")])
def test_an_address_that_nobody_gave_is_not_shown(stored: str, email: str) -> None:
    assert email == shown_email(stored)
