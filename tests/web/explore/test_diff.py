"""The diff of any two moments: by table, in pages, of whatever names a moment."""

from __future__ import annotations

import pytest

from hub.desks import API
from web.browsers import BOARD, Office

DIFF = f"{BOARD}/explore/diff"


def test_two_commits_are_compared_by_table_with_every_cell(office: Office) -> None:
    item = office.post("To be claimed")
    office.member("ada")
    before = office.head()
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ada", json={})

    page = office.browser().get(f"{DIFF}?from={before}&to={office.head()}")

    assert "1 changed" in page.text
    assert f"{item} modified claimed_by nothing ada status open claimed" in page.text
    assert "To be claimed" not in page.text


def test_a_diff_backwards_takes_away_what_was_added(office: Office) -> None:
    before = office.head()
    office.post("To be taken away")

    page = office.browser().get(f"{DIFF}?from={office.head()}&to={before}")

    assert "removed" in page.text
    assert "To be taken away nothing" in page.text


@pytest.mark.parametrize("moment", ["tag", "commit", "date"])
def test_a_moment_is_a_date_a_commit_or_a_tag(own_office: Office, moment: str) -> None:
    host = own_office.desk.hub.host
    engine = host.engine(host.repositories()[0])
    engine.create_tag("before-it", "main", message="", author="mia")
    named = {"tag": "before-it", "commit": engine.head(), "date": "2100-01-01"}[moment]
    own_office.post("Later")

    page = own_office.browser().get(f"{DIFF}?from={named}")

    assert ("Nothing differs" if moment == "date" else "1 added") in page.text
    assert 'value="before-it"' in page.html


def test_a_long_diff_is_read_in_pages(own_office: Office) -> None:
    before = own_office.head()
    host = own_office.desk.hub.host
    with host.engine(host.repositories()[0]).change() as change:
        for number in range(60):
            sql = "INSERT INTO wanted (id, title, status) VALUES (:id, :title, 'open')"
            change.execute(sql, {"id": f"w-{number:03}", "title": f"Item number {number}"})
        change.commit("fill", author="mia", at=host.now(), tables=["wanted"])
    browser = own_office.browser()

    first = browser.get(f"{DIFF}?from={before}")
    whole = browser.get(f"{DIFF}?from={before}&table=wanted")
    rest = browser.get(next(link for link in whole.links() if "cursor=" in link))

    assert "60 added" in first.text
    assert 5 == first.text.count("Item number")
    assert "All 60 rows of wanted" in first.text
    assert (50, 10) == (whole.text.count("Item number"), rest.text.count("Item number"))
    assert not [link for link in rest.links() if "cursor=" in link]


@pytest.mark.parametrize("named", ["nowhere", "1999-01-01", "x" * 5000, "\u202e<b>", "2026-99-99"])
def test_a_point_that_is_none_leaves_the_form_as_it_was_typed(office: Office, named: str) -> None:
    page = office.browser().get(DIFF, params={"from": named, "to": ""})

    assert 404 == page.status
    assert "Nothing is here" in page.text
    assert [named[:200]] == [
        (given["value"] or "").replace("\\u202e", "\u202e")
        for tag, given in page.tags
        if tag == "input" and given.get("name") == "from"
    ]


def test_what_proves_a_claim_is_not_shown(office: Office) -> None:
    before = office.head()
    item = office.post("Claimed once")
    office.member("ben")
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ben", json={})

    page = office.browser().get(f"{DIFF}?from={before}&table=wlx_leases")

    assert "holder nothing ben" in page.text
    assert ">token<" not in page.html
