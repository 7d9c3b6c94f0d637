"""My work: claims in place, what waits, what became of it, and what one has read."""

from __future__ import annotations

from hub.desks import API, BOARD, Desk
from wasteland.hub.notifications.gathering import gather
from web.browsers import BOARD as PATH
from web.browsers import Browser, Office

WORK = f"{PATH}/work"


def decided(office: Office, who: str, verb: str, title: str = "Fix it", **body: str) -> str:
    """Have work of a rig decided on, and return the item."""
    desk: Desk = office.desk
    item = office.post(title)
    desk.ok("POST", f"{API}/wanted/{item}/claim", who)
    desk.ok("POST", f"{API}/wanted/{item}/done", who, json={"evidence": "done"})
    desk.ok("POST", f"{API}/wanted/{item}/{verb}", "acme", json=body)
    gather(desk.hub, BOARD)
    return item


def serials(browser: Browser) -> list[str]:
    """Return the notifications of the page, as it orders them."""
    tags = browser.get(WORK).tags
    return [given["data-news"] or "" for _, given in tags if "data-news" in given]


def test_a_claim_is_extended_handed_in_and_given_back_in_place(office: Office) -> None:
    ben = office.member("ben")
    office.desk.ok("POST", f"{API}/wanted/{office.post('To give back')}/claim", "ben")
    item = office.post("To hand in")
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ben")

    page = ben.get(WORK)
    assert "To hand in" in page.text
    assert "lease ends in" in page.text
    extended = ben.send(page.form(f"{item}/extend"))
    assert (WORK, 200) == (extended.path, extended.status)
    refused = ben.send(extended.form(f"{item}/done"), evidence=" ")
    assert 422 == refused.status
    assert "evidence" in refused.text
    handed_in = ben.send(refused.form(f"{item}/done"), evidence="https://example.org/1")
    assert "passes the gate" in handed_in.text
    other = next(form for form in handed_in.forms if form.action.endswith("/unclaim"))
    given_back = ben.send(other)
    assert "You hold nothing" in given_back.text


def test_a_decision_is_told_with_who_why_and_the_stamp(office: Office) -> None:
    cleo = office.member("cleo")
    decided(office, "cleo", "reject", "Given back", reason="No test <b>yet</b>")
    decided(office, "cleo", "accept", "Taken", quality="excellent", message="Clean")

    page = cleo.get(WORK)

    assert "mia accepted your work" in page.text
    assert "mia gave your work back" in page.text
    assert "No test <b>yet</b>" in page.text
    assert "<b>yet" not in page.html
    assert 1 == page.html.count('class="ink" data-s="excellent"')
    assert "2 new notifications" in page.html
    assert "2 new notifications" in cleo.get(PATH).html


def test_what_is_read_counts_no_more_and_can_be_new_again(office: Office) -> None:
    dora = office.member("dora")
    for number in range(3):
        decided(office, "dora", "close", f"Closed {number}")
    newest = serials(dora)[0]

    page = dora.get(WORK)
    form = next(each for each in page.forms if each.fields.get("serial") == newest)
    assert "2 new notifications" in dora.send(form).html
    only = dora.get(f"{WORK}?unread")
    assert newest not in [given.get("data-news") for _, given in only.tags]
    page = dora.get(WORK)
    again = next(each for each in page.forms if each.fields.get("serial") == newest)
    assert {"unread": "1"}.items() <= again.fields.items()
    assert "3 new notifications" in dora.send(again).html
    everything = next(
        each
        for each in dora.get(WORK).forms
        if each.action.endswith("/read") and "serial" not in each.fields
    )
    assert "No new notifications" in dora.send(everything).html
    assert "You have read all of it" in dora.get(f"{WORK}?unread").text


def test_others_read_nothing_of_it(office: Office) -> None:
    office.member("eli")
    decided(office, "eli", "close")
    finn = office.member("finn")

    assert [] == serials(finn)
    assert 401 == office.browser().get(WORK).status


def test_without_a_rig_the_page_says_how_to_get_one(office: Office) -> None:
    office.account("gus")

    page = office.browser("gus").get(WORK)

    assert 200 == page.status
    assert f"{PATH}/join" in page.links()


def test_nothing_else_is_done_from_the_page(office: Office) -> None:
    hans = office.member("hans")
    item = office.post()
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "hans")
    form = hans.get(WORK).form(f"{item}/unclaim")
    form.action = form.action.replace("unclaim", "withdraw")

    assert 404 == hans.send(form).status
