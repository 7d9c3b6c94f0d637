"""Explore at a glance: the fork graph, the charts with their tables, the commits."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from hub.desks import API, hide
from wasteland.commons import activity
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hub.fork_graph import graph
from wasteland.web.explore.charts import nice, spark
from wasteland.web.explore.graph import draw
from web.browsers import BOARD, Office, Page

EXPLORE = f"{BOARD}/explore"


def work_that_waits(office: Office, rig: str) -> tuple[str, str]:
    """Have a rig claim an item and hand in work; return the item and the pull request."""
    item = office.post(f"Wanted by {rig}")
    office.member(rig)
    desk = office.desk
    desk.ok("POST", f"{API}/wanted/{item}/claim", rig, json={})
    body = {"evidence": "https://example.org/1"}
    receipt = desk.ok("POST", f"{API}/wanted/{item}/done", rig, json=body)
    return item, str(receipt["pull"])


def images(page: Page) -> list[str]:
    """Return what the pictures of a page say of themselves."""
    return [str(g["aria-label"]) for tag, g in page.tags if tag == "svg" and g.get("role") == "img"]


def test_explore_shows_forks_throughput_ages_and_commits_to_anybody(office: Office) -> None:
    office.post("One more")

    page = office.browser().get(EXPLORE)

    assert 200 == page.status
    assert any(told.startswith("Fork graph of acme/board: the last ") for told in images(page))
    assert any(told.startswith("Posted, claimed and completed") for told in images(page))
    for heading in ("Forks and merges", "Throughput per week", "Open items by age", "At a glance"):
        assert heading in page.text
    assert 2 == page.text.count("As a table")
    assert "acme posted" in page.text or "mia posted" in page.text


def test_work_that_waits_is_a_dashed_line_and_merged_work_a_whole_one(own_office: Office) -> None:
    item, pull = work_that_waits(own_office, "ben")
    waiting = own_office.browser().get(EXPLORE)
    body = {"quality": "good"}
    own_office.desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json=body)

    merged = own_office.browser().get(EXPLORE)

    assert 'class="dashed"' in waiting.html
    assert "0 pull requests merged and 1 not" in " ".join(images(waiting))
    assert 'class="dashed"' not in merged.html
    assert "1 pull requests merged and 0 not" in " ".join(images(merged))
    assert re.search(rf"{pull}: wl done: {item}.* ben/board {item} .* merged", merged.text)


def test_the_graph_is_bounded_however_many_forks_offer_work(own_office: Office) -> None:
    for number in range(9):
        work_that_waits(own_office, f"rig{number}")

    found = graph(own_office.desk.hub, own_office.desk.hub.host.repositories()[0])
    drawing = draw(found, "acme/board")

    assert (9, 6) == (found.forks, len(found.lanes))
    assert 7 == len(drawing.rows)
    assert sum(len(row.dots) for row in drawing.rows) <= 80
    xs = [dot.x for row in drawing.rows for dot in row.dots]
    assert len(set(xs)) == len(xs)
    assert (min(xs) >= 150, max(xs) <= 930) == (True, True)


def test_activity_counts_the_week_and_how_long_steps_take(own_office: Office) -> None:
    item, _ = work_that_waits(own_office, "ben")
    body = {"quality": "good"}
    own_office.desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json=body)
    hub = own_office.desk.hub
    session = Commons(hub.host, hub.host.repositories()[0], Seat())

    found = activity.activity(session)

    last = found.weeks[-1]
    assert (1, 1, 1) == (last.posted, last.claimed, last.completed)
    assert activity.WEEKS == len(found.weeks)
    assert timedelta(weeks=activity.WEEKS - 1) == last.begins - found.weeks[0].begins
    assert (1, 1, 1) == (found.to_claim.count, found.to_submit.count, found.to_accept.count)
    assert dict(found.ages)["under a week"] == 0
    assert found.read_since is None


def test_commits_name_author_operation_and_receipt_and_lead_on(office: Office) -> None:
    item = office.post("For the log")
    page = office.browser().get(f"{EXPLORE}/commits")

    assert re.search(rf"mia posted {item} op-[0-9a-f]{{6}} [0-9a-v]{{7}}", page.text)
    older = next(link for link in page.links() if "/explore/diff?from=" in link)
    diff = office.browser().get(older)
    assert "1 added" in diff.text
    assert "For the log" in diff.text
    before = older.partition("from=")[2].partition("&")[0]
    assert item not in office.browser().get(f"{EXPLORE}/commits?from={before}").text


def test_a_page_from_a_commit_that_is_none_says_so(office: Office) -> None:
    page = office.browser().get(f"{EXPLORE}/commits?from=<b>nowhere")

    assert 404 == page.status
    assert "is no date, commit, branch or tag" in page.text
    assert "<b>nowhere" not in page.html


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 10), (7, 10), (11, 20)])
def test_an_axis_ends_at_an_even_round_number(most: int, top: int) -> None:
    assert top == nice(most)


def test_a_small_line_leaves_gaps_out_and_needs_two_points() -> None:
    assert "" == spark([None, 3.0, None])
    assert spark([1.0, None, 2.0]) == "M0.0 12.0L120.0 1.0"


def test_a_commons_that_is_not_yours_to_see_has_no_explore_page(own_office: Office) -> None:
    hide(own_office.desk)

    for path in (EXPLORE, f"{EXPLORE}/commits", f"{EXPLORE}/diff"):
        assert 404 == own_office.browser().get(path).status
