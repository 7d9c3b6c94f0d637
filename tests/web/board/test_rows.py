"""What a row of the board shows besides its item: leases, what waits, the visitor's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.desks import API
from hub.desks import BOARD as REPO
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from web.browsers import BOARD, Office, open_office

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def row_of(html: str, item: str) -> str:
    """Return the markup of one row."""
    return html.partition(f'id="row-{item}"')[2].partition("</li>")[0]


@pytest.mark.parametrize(
    ("passed_h", "state", "left"), [(1, "", "70 h"), (57, "warn", "14 h"), (69, "bad", "2 h")]
)
def test_a_claim_shows_how_long_its_lease_holds(
    office: Office, passed_h: int, state: str, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = office.post("Leased")
    host = office.desk.hub.host
    start = host.now()
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "acme", json={})
    now = start + timedelta(hours=passed_h, seconds=30)
    monkeypatch.setattr(host, "now", lambda: now)

    row = row_of(office.browser().get(f"{BOARD}?status=claimed").html, item)

    assert left in row
    assert [state] * bool(state) == re.findall(r'class="lease" data-s="(\w+)"', row)


def test_work_that_waits_is_counted_on_its_row(office: Office) -> None:
    item = office.post("For all", bounty=True)
    for who in ("ben", "cat"):
        office.member(who)
        office.desk.ok("POST", f"{API}/wanted/{item}/done", who, json={"evidence": "here"})

    page = office.browser().get(f"{BOARD}?status=all")
    own = office.browser("ben").get(f"{BOARD}?status=all")

    assert "2 submissions" in row_of(page.html, item)
    assert "yours, pending" in row_of(own.html, item)


def test_cards_show_the_same_items(office: Office) -> None:
    item = office.post("On a card", type="docs", project="cards")
    browser = office.browser()

    rows, cards = (browser.get(f"{BOARD}?project=cards{more}") for more in ("", "&shape=cards"))

    assert 'class="tiles"' in cards.html
    assert 'class="rows"' in rows.html
    assert "On a card" in row_of(cards.html, item)
    assert "shape=cards" in next(link for link in cards.links() if "status=live" in link)


def test_how_dense_rows_are_is_kept_and_leaves_other_choices(office: Office) -> None:
    browser = office.browser()
    form = browser.get("/-/you").form("/-/choices")
    browser.send(form, theme="light", keys="off")

    page = browser.send(browser.get(BOARD).form("/-/choices"), density="compact")

    assert BOARD == page.path
    html = dict(page.tags)["html"]
    assert ("compact", "light") == (html["data-density"], html["data-theme"])
    assert "off" == dict(page.tags)["body"]["data-keys"]


def test_what_is_live_is_all_that_is_not_finished(office: Office) -> None:
    free, held, gone = (office.post(f"{word} one", project="live") for word in "abc")
    office.desk.ok("POST", f"{API}/wanted/{held}/claim", "acme", json={})
    office.desk.ok("POST", f"{API}/wanted/{gone}/withdraw", "acme", json={})

    html = office.browser("acme").get(f"{BOARD}?status=live&project=live").html

    assert [True, True, False] == [f'id="row-{item}"' in html for item in (free, held, gone)]


def test_several_tags_narrow_and_each_can_be_dropped(office: Office) -> None:
    office.post("Both", tags="red,blue")
    office.post("One", tags="red")

    page = office.browser().get(f"{BOARD}?tag=red&tag=blue")

    assert "Both" in page.text
    assert "One" not in page.text
    assert {f"{BOARD}?tag=red", f"{BOARD}?tag=blue"} <= set(page.links())


def test_pages_go_on_where_they_ended_whatever_came_meanwhile(tmp_path: Path) -> None:
    with open_office(tmp_path / "host") as office:
        session = Commons(office.desk.hub.host, REPO, Seat("mia", "acme"))
        names = [session.post(title=f"Item {n:02}", priority="high").id for n in range(52)]
        browser = office.browser()
        first = browser.get(f"{BOARD}?sort=alpha")
        session.post(title="Ahead of all")
        session.withdraw(names[3])

        more = next(given["href"] for tag, given in first.tags if given.get("rel") == "next")
        second = browser.get(more or "")

    shown: list[Any] = re.findall(r'id="row-([^"]+)"', first.html + second.html)
    assert names == shown
    assert f"{BOARD}?sort=alpha" in second.links()
