from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from hub.desks import API, hide
from hub.desks import BOARD as REPO
from wasteland.hub.catalog import Entry, Visibility
from web.browsers import BOARD, Office, Page, item_path


def titles(page: Page) -> list[str]:
    """Return the titles on a board, in its order."""
    parts = page.html.split("data-row>")[1:]
    return [part.partition("</a>")[0] for part in parts]


def test_the_board_shows_what_the_operation_lists_and_in_its_order(office: Office) -> None:
    for title, priority in (("Later", "low"), ("At once", "critical"), ("Soon", "high")):
        office.post(title, priority=priority, project="order", type="bug", effort="small")
    listed = office.desk.ok("GET", f"{API}/wanted", params={"project": "order"})["items"]

    page = office.browser().get(f"{BOARD}?project=order")

    assert ["At once", "Soon", "Later"] == titles(page)
    assert [row["title"] for row in listed] == titles(page)


def test_filters_narrow_the_board_and_each_can_be_dropped(office: Office) -> None:
    office.post("A bug", type="bug", project="narrow", tags="sql")
    office.post("A guide", type="docs", project="narrow")
    browser = office.browser()

    page = browser.get(f"{BOARD}?project=narrow&type=bug&tag=sql&search=BUG&sort=newest")

    assert ["A bug"] == titles(page)
    without = [link for link in page.links() if "type" not in link and "tag=sql" in link]
    query = parse_qs(urlsplit(without[0]).query)
    assert {"project": ["narrow"], "tag": ["sql"], "search": ["BUG"], "sort": ["newest"]} == query


def test_counts_stand_by_each_status(own_office: Office) -> None:
    own_office.post("One")
    claimed = own_office.post("Two")
    browser = own_office.browser("acme")
    browser.send(browser.get(item_path(claimed)).form("/claim"))

    text = browser.get(BOARD).text

    assert "Everything 2 Live 2 Open 1 Claimed 1 In review 0 Completed 0 Withdrawn 0" in text


def test_pages_follow_each_other_without_loss(own_office: Office) -> None:
    rows = [{"title": f"Item {n:03}", "project": "many"} for n in range(53)]
    for row in rows:
        own_office.desk.ok("POST", f"{API}/wanted", "acme", json=row)
    browser = own_office.browser()

    first = browser.get(f"{BOARD}?sort=alpha&project=many")
    more = next(given["href"] for tag, given in first.tags if given.get("rel") == "next")
    second = browser.get(more or "")

    assert [row["title"] for row in rows] == titles(first) + titles(second)
    assert "sort=alpha" in (more or "")


def test_a_word_that_no_item_can_have_is_told_in_place(office: Office) -> None:
    page = office.browser().get(f"{BOARD}?priority=urgentest")

    assert 422 == page.status
    assert "is no priority" in page.text
    assert "Clear all filters" in page.text


def test_a_broken_cursor_is_told_in_place(office: Office) -> None:
    assert 422 == office.browser().get(f"{BOARD}?cursor=-1%27").status
    assert 422 == office.browser().get(f"{BOARD}?cursor=NTA").status


def test_an_empty_view_names_the_ways_out(office: Office) -> None:
    office.post("Something")

    page = office.browser().get(f"{BOARD}?project=nothing-is-here")

    assert "No item matches this filter" in page.text
    assert "Drop project" in page.text


def test_a_new_commons_asks_for_its_first_item(own_office: Office) -> None:
    page = own_office.browser().get(BOARD)

    assert "The first item sets the tone" in page.text


def test_the_only_commons_is_the_first_page(office: Office) -> None:
    assert BOARD == office.browser().get("/").path


def test_what_is_private_is_nowhere_for_others(own_office: Office) -> None:
    item = own_office.post("Secret plan")
    hide(own_office.desk)
    own_office.account("eve")
    paths = [BOARD, item_path(item), f"{item_path(item)}/peek", f"{BOARD}/rigs", f"{BOARD}/new"]
    paths += [f"{BOARD}/rigs/mia", f"{BOARD}/join", f"{item_path(item)}/edit", "/?all"]

    for who in ("", "eve"):
        browser = own_office.browser()
        if who:
            browser.sign_in(own_office.desk.tokens[who], "/-/you")
        for path in paths:
            page = browser.get(path)
            assert path == "/?all" or 404 == page.status, path
            assert "Secret plan" not in page.text
            assert "acme/board" not in page.text.replace("/acme/board", "")
    assert 200 == own_office.browser("acme").get(item_path(item)).status
    own_office.desk.hub.catalog.set_entry(REPO, Entry(Visibility.PUBLIC))


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(
    office: Office,
) -> None:
    page = office.browser().get("/no/such/place/at/all")

    assert (404, "text/html; charset=utf-8") == (page.status, page.response.headers["content-type"])
    answer = office.browser().client.get("/api/v1/nowhere", headers={"accept": "application/json"})
    assert (404, "application/problem+json") == (
        answer.status_code,
        answer.headers["content-type"],
    )


def test_the_interfaces_of_the_hub_answer_as_before(office: Office) -> None:
    client = office.browser().client

    assert "wasteland" == client.get("/api/v1").json()["name"]
    assert {"status": "ok"} == client.get("/healthz").json()
    assert 200 == client.get("/api/v1/commons/acme/board/wanted").status_code
    assert 200 == client.get("/api").status_code
