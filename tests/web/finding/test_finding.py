"""Finding: what the palette suggests, and the page of results that needs no script."""

from __future__ import annotations

from typing import Any

import pytest

from hub.desks import API
from web.browsers import BOARD, Browser, Office, Page, item_path


def suggested(browser: Browser, q: str, **more: str) -> Page:
    """Return what the palette shows for a text."""
    return browser.get(f"{BOARD}/palette", params={"q": q, **more})


def options(page: Page) -> list[dict[str, str | None]]:
    """Return the options, in order."""
    return [given for _, given in page.tags if given.get("role") == "option"]


@pytest.fixture(scope="module")
def items(office: Office) -> dict[str, str]:
    """Items to find: title -> id."""
    found = {}
    for title, more in (
        ("Add retry logic to the relay", {"tags": "python,net"}),
        ("The relay logs too much", {}),
        ("<b>Markup</b> in titles", {}),
    ):
        found[title] = office.post(title, **more)
    return found


def test_items_are_suggested_by_the_beginnings_of_words(
    office: Office, items: dict[str, str]
) -> None:
    page = suggested(office.browser(), "the re")

    assert "/acme/board/wanted/" + items["The relay logs too much"] == options(page)[0]["href"]
    assert 2 == page.html.count("data-item=")
    assert "<mark>The</mark> <mark>re</mark>lay" in page.html


def test_an_item_is_suggested_by_the_beginning_of_its_id(
    office: Office, items: dict[str, str]
) -> None:
    wanted = items["Add retry logic to the relay"]

    assert item_path(wanted) in [
        one["href"] for one in options(suggested(office.browser(), wanted[:8]))
    ]


def test_signs_narrow_to_actions_rigs_and_tags(office: Office, items: dict[str, str]) -> None:
    browser = office.browser("acme")

    assert ["/acme/board/rigs/mia"] == [o["href"] for o in options(suggested(browser, "@mi"))]
    assert ["/acme/board?tag=python&status=all"] == [
        o["href"] for o in options(suggested(browser, "#py"))
    ]
    paths = [o["href"] for o in options(suggested(browser, ">post"))]
    assert "/acme/board/new" == paths[0]
    assert not any("/wanted/" in str(path) for path in paths)


def test_what_may_be_done_with_the_current_item_is_offered(office: Office) -> None:
    ben = office.member("ben")
    item = office.post("Current")

    found = options(suggested(ben, ">", on=item))
    assert (item, "claim") == (found[0]["data-item"], found[0]["data-press"])
    assert f"{item_path(item)}#act-claim" == found[0]["href"]
    assert 'id="act-claim"' in ben.get(item_path(item)).html
    closed = [one for one in found if one.get("aria-disabled")]
    assert all("data-press" not in one for one in closed)


def test_a_visitor_is_led_nowhere_that_asks_to_sign_in(office: Office) -> None:
    paths = {one["href"] for one in options(suggested(office.browser(), ""))}

    assert "/acme/board/rigs" in paths
    assert not paths & {"/acme/board/work", "/acme/board/review", "/acme/board/settings"}


@pytest.mark.parametrize(
    "text", ["", '"', "*", "<script>", "%_!", "a" * 5000, "\x00\u202e", "w-", "@%", "#!", ">" * 9]
)
def test_whatever_is_typed_is_a_text(office: Office, items: dict[str, str], text: str) -> None:
    del items
    for path in ("palette", "search"):
        page = office.browser().get(f"{BOARD}/{path}", params={"q": text})
        assert page.status in {200, 422}, (path, page.status)
        assert "<script>" not in page.html.split("</head>")[-1]


def test_the_field_in_the_frame_leads_to_a_page_of_results(
    office: Office, items: dict[str, str]
) -> None:
    browser = office.browser()
    page = browser.get(BOARD)
    forms = [given for tag, given in page.tags if tag == "form" and given.get("class") == "jump"]
    assert [f"{BOARD}/search"] == [given["action"] for given in forms]

    found = browser.get(f"{BOARD}/search", params={"q": "relay logs"})
    assert item_path(items["The relay logs too much"]) in found.links()
    assert item_path(items["Add retry logic to the relay"]) not in found.links()
    assert "&lt;b&gt;" in browser.get(f"{BOARD}/search", params={"q": "markup"}).html
    assert "Nothing holds these words" in browser.get(f"{BOARD}/search", params={"q": "zzz"}).text


def test_a_view_is_saved_shown_found_replaced_and_removed(office: Office) -> None:
    ben = office.member("ben")
    board = ben.get(f"{BOARD}?status=all&type=bug&cursor=junk&evil=1")
    assert 200 <= board.status < 500
    form = ben.get(f"{BOARD}?status=all&type=bug").form("/views")

    saved = ben.send(form, name="Open <bugs>")

    assert (200, BOARD) == (saved.status, saved.path)
    assert f"{BOARD}?status=all&type=bug" in saved.links()
    assert "Open &lt;bugs&gt;" in saved.html
    found = [one["href"] for one in options(suggested(ben, "open bugs"))]
    assert f"{BOARD}?status=all&type=bug" in found
    other = ben.send(ben.get(f"{BOARD}?type=docs").form("/views"), name="OPEN <bugs>")
    assert f"{BOARD}?status=all&type=bug" not in other.links()
    gone = ben.send(other.form("/views/remove"))
    assert "bugs&gt;" not in gone.html
    assert 404 == ben.send(other.form("/views/remove")).status


def test_a_view_is_one_s_own_and_has_limits(office: Office) -> None:
    cleo = office.member("cleo")
    form = cleo.get(BOARD).form("/views")

    for name in ("", " ", "x" * 41, "two\nlines"):
        refused = cleo.send(form, name=name)
        assert 422 == refused.status, name
        assert refused.form("/views").fields["name"].strip() == name.strip()
    hostile: Any = {"filters": "status=all&next=//evil.example&cursor=1"}
    assert "evil" not in "".join(cleo.send(form, name="Hostile", **hostile).links())
    for number in range(19):
        assert 200 == cleo.send(form, name=f"View {number}").status
    assert 403 == cleo.send(form, name="One more").status
    assert "View 3" not in office.browser("acme").get(BOARD).text
    assert 401 == office.browser().client.get(f"{BOARD}/work").status_code
    assert office.desk.send("GET", f"{API}/wanted").is_success
