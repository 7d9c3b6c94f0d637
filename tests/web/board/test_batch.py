"""Several items at once: each is one operation, and each says what became of it."""

from __future__ import annotations

from hub.desks import API
from web.browsers import BOARD, Browser, Form, Office, Page

PICK = "item:"


def several(browser: Browser, query: str, *items: str) -> Form:
    """Return the form of a board with some items picked."""
    form = browser.get(f"{BOARD}{query}").form("/batch")
    return Form(form.action, {**form.fields, **{f"{PICK}{item}": "on" for item in items}})


def item_of(office: Office, item: str) -> dict[str, object]:
    """Return an item as its maintainer sees it through another door."""
    found: dict[str, object] = office.desk.ok("GET", f"{API}/wanted/{item}", "acme")["item"]
    return found


def test_each_item_is_claimed_or_says_why_not(office: Office) -> None:
    free, bounty = office.post("Free"), office.post("For all", bounty=True)
    taken = office.post("Taken")
    office.member("ben")
    office.desk.ok("POST", f"{API}/wanted/{taken}/claim", "ben", json={})
    browser = office.browser("acme")

    page = browser.send(several(browser, "?status=live", free, bounty, taken), do="claim")

    assert "1 of 3 claimed" in page.text
    assert "is claimed by ben" in page.text
    assert "needs no claim" in page.text
    claimed = item_of(office, free)
    assert ("claimed", "mia") == (claimed["status"], claimed["claimed_by"])


def test_a_form_that_is_sent_twice_has_its_effect_once(office: Office) -> None:
    items = [office.post("One"), office.post("Two")]
    browser = office.browser("acme")
    form = several(browser, "", *items)

    first, head = browser.send(form, do="claim"), office.head()
    second = browser.send(form, do="claim")

    assert "2 of 2 claimed" in first.text
    assert "2 of 2 claimed" in second.text
    assert head == office.head()


def test_priority_and_tags_are_given_to_several(office: Office) -> None:
    plain, tagged = office.post("Plain"), office.post("Tagged", tags="old")
    browser = office.browser("acme")

    browser.send(several(browser, "", plain, tagged), do="priority:low")
    browser.send(several(browser, "?status=all", plain, tagged), do="tag", add_tags="web, old")

    found = [item_of(office, item) for item in (plain, tagged)]
    assert [3, 3] == [item["priority"] for item in found]
    assert [["web", "old"], ["old", "web"]] == [item["tags"] for item in found]


def test_what_is_no_deed_or_names_no_item_is_refused(office: Office) -> None:
    item = office.post("Stays")
    browser = office.browser("acme")

    for sent in (
        browser.send(several(browser, ""), do="claim"),
        browser.send(several(browser, "", item), do="accept"),
        browser.send(several(browser, "", item), do=""),
        browser.send(several(browser, "", *(f"w-{n}" for n in range(51))), do="claim"),
    ):
        assert sent.status in {400, 422}, sent.text
    assert "open" == item_of(office, item)["status"]


def test_an_item_that_is_not_there_is_told_among_the_others(office: Office) -> None:
    item = office.post("Here")
    browser = office.browser("acme")

    page = browser.send(several(browser, "", item, "w-nowhere"), do="withdraw")

    assert "0 of 2 withdrawn, 1 waits for review" in page.text
    assert "w-nowhere" in page.text


def test_a_visitor_picks_nothing_and_sends_nothing(office: Office) -> None:
    item = office.post("Not yours")
    form = several(office.browser("acme"), "", item)
    visitor = office.browser()

    assert "data-pick" not in visitor.get(BOARD).html
    assert 403 == visitor.send(form, do="claim").status


def test_the_bar_says_how_many_each_deed_reaches(office: Office) -> None:
    mine, held = office.post("Mine"), office.post("Held")
    office.desk.ok("POST", f"{API}/wanted/{held}/claim", "acme", json={})

    bar = office.browser("acme").get(f"{BOARD}/batch?item:{mine}=on&item:{held}=on").text

    assert "2 selected" in bar
    assert "Claim 1" in bar
    assert "Give back 1" in bar
    assert "1 of 2 is not yours to withdraw" in bar


def test_a_script_gets_the_rows_and_a_note_instead_of_a_page(office: Office) -> None:
    item = office.post("In place")
    browser = office.browser("acme")
    form = several(browser, "", item)
    headers = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin", "hx-request": "true"}

    answer = browser.client.post(form.action, data={**form.fields, "do": "claim"}, headers=headers)

    page = Page(answer)
    assert "<html" not in page.html
    assert f'<hx-partial id="row-{item}"' in page.html
    assert 'data-s="claimed"' in page.html
    assert form.fields["op"] not in page.html
