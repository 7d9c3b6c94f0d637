"""Time travel: board and item as they were, with a way back and nothing to write."""

from __future__ import annotations

import pytest

from hub.desks import API
from web.browsers import BOARD, Office, item_path


def claimed_since(office: Office) -> tuple[str, str]:
    """Return an item that was claimed, and the commit before that."""
    item = office.post("Seen in two states")
    office.member("ben")
    before = office.head()
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ben", json={})
    office.post("Posted later")
    return item, before


def test_the_board_shows_what_was_and_leads_back_to_now(office: Office) -> None:
    _, before = claimed_since(office)
    browser = office.browser("acme")

    page = browser.get(f"{BOARD}?status=all&as_of={before}")

    assert f"As of {before[:7]}" in page.text
    assert "Seen in two states" in page.text
    assert "Posted later" not in page.text
    assert f"{BOARD}?status=all" in page.links()
    assert 'data-key="n"' not in page.html
    assert "data-live" not in page.html
    assert "data-pick" not in page.html


def test_every_view_and_every_row_stays_in_its_moment(office: Office) -> None:
    item, before = claimed_since(office)

    page = office.browser().get(f"{BOARD}?status=all&as_of={before}")

    assert f"{item_path(item)}?as_of={before}" in page.links()
    tabs = [link for link in page.links() if "status=open" in link]
    assert any(f"as_of={before}" in link for link in tabs)
    assert ("as_of", before) in [
        (given.get("name"), given.get("value")) for tag, given in page.tags if tag == "input"
    ]


def test_an_item_is_shown_as_it_was_and_takes_no_writes(office: Office) -> None:
    item, before = claimed_since(office)
    browser = office.browser("acme")

    then = browser.get(f"{item_path(item)}?as_of={before}")
    now = browser.get(item_path(item))

    held = "Held by BE ben"
    assert (held in then.text, held in now.text) == (False, True)
    assert "This is how it was" in then.text
    assert not [form for form in then.forms if "/wanted/" in form.action]
    assert ("claimed it" in then.text, "claimed it" in now.text) == (False, True)
    assert f"{BOARD}?as_of={before}" in then.links()
    peek = browser.get(f"{item_path(item)}/peek?as_of={before}")
    assert "This is how it was" in peek.text


def test_counts_are_those_of_the_moment(own_office: Office) -> None:
    first = own_office.head()
    own_office.post("One")
    own_office.post("Two")
    browser = own_office.browser()

    assert "Open 2" in browser.get(BOARD).text
    assert "Open 0" in browser.get(f"{BOARD}?as_of={first}").text


def test_an_item_that_was_not_posted_yet_is_not_there(own_office: Office) -> None:
    before = own_office.head()
    item = own_office.post("Too late")

    page = own_office.browser().get(f"{item_path(item)}?as_of={before}")

    assert 404 == page.status


@pytest.mark.parametrize("named", ["nowhere", "1999-01-01", "x" * 900, "<b>\u202e", "'"])
def test_a_moment_that_is_none_is_refused_as_a_page(office: Office, named: str) -> None:
    for path in (BOARD, item_path(office.post())):
        page = office.browser().get(path, params={"as_of": named})

        assert page.status in {400, 404, 422}
        assert "<b>\u202e" not in page.html
