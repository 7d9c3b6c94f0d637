"""The review inbox by its pages: cards, desk, decisions, refusals, batches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.desks import API
from web.browsers import BOARD, Browser, Office, Page, item_path, open_office

REVIEW = f"{BOARD}/review"
EVIDENCE = "https://example.org/pull/12 with tests"
HOSTILE = "<script>alert(1)</script> \u202e \x07"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hub whose rigs may hold as much as the tests of this file have them submit."""
    with open_office(tmp_path_factory.mktemp("review") / "host") as found:
        value = {"value": "0:0,1:99,2:99"}
        found.desk.ok("PUT", f"{API}/policy/claims_cap", "acme", json=value)
        yield found


def submitted(office: Office, who: str, title: str = "To be done", **more: str) -> tuple[str, str]:
    """Let a rig submit work on a new item; return the item and the pull request."""
    office.member(who)
    item = office.post(title, **more)
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", who)
    body = {"evidence": EVIDENCE.replace("12", item)}
    return item, str(office.desk.ok("POST", f"{API}/wanted/{item}/done", who, json=body)["pull"])


def edited(office: Office, who: str, title: str = "Another title") -> str:
    """Let a rig offer a change of an item of its own; return the pull request."""
    office.member(who)
    item = str(office.desk.ok("POST", f"{API}/wanted", who, json={"title": "Old title"})["id"])
    body = {"title": title}
    return str(office.desk.ok("PATCH", f"{API}/wanted/{item}", who, json=body)["pull"])


def trusted(office: Office, who: str, level: int) -> Browser:
    """Return the browser of a rig with that much trust."""
    browser = office.member(who)
    known = office.desk.ok("GET", f"{API}/rigs/{who}")["rig"]["trust_level"]
    if known != level:
        office.desk.ok("PUT", f"{API}/rigs/{who}/trust", "acme", json={"level": level})
    return browser


def desk(browser: Browser, pull: str) -> Page:
    """Open the desk of a pull request."""
    return browser.get(f"{REVIEW}/{pull}")


def test_cards_are_named_as_the_contract_of_the_inbox_names_them(own_office: Office) -> None:
    office, mia = own_office, own_office.browser("acme")
    submitted(office, "ben", "Mend it")
    edited(office, "ada")
    item = office.post("Not wanted any more")
    office.desk.ok("POST", f"{API}/wanted/{item}/withdraw", "acme")
    office.desk.ok("PUT", f"{API}/policy/merge_at_once", "acme", json={"value": "unclaim"})
    office.account("cleo")
    office.desk.ok("POST", f"{API}/rigs", "cleo", json={"handle": "cleo"})
    office.desk.ok("POST", f"{API}/wanted", "ada", json={"title": "A new one"})

    page = mia.get(REVIEW)

    for name in (
        "Work submission",
        "Wanted edit: update",
        "Wanted edit: withdraw",
        "Rig registration",
        "Wanted post",
    ):
        assert name in page.text, name
    assert "5 waiting" in page.text
    assert "All 5" in page.text
    assert "Work 1" in page.text
    assert "Board 3" in page.text
    assert "Admin" not in page.text.split("Most trusted")[0]
    only = mia.get(REVIEW, params={"kind": "rigs"})
    assert "cleo registers" in only.text
    assert "Mend it" not in only.text


def test_the_desk_shows_rows_verdict_evidence_and_where_it_was_judged(office: Office) -> None:
    _, pull = submitted(office, "ben", "Judge this")

    page = desk(office.browser("acme"), pull)

    assert "Judge this" in page.text
    assert "The gate would merge this." in page.text
    assert f"main {office.head()[:7]}" in page.text
    assert "Trust 1: submit is for trust 1" in page.text
    assert "claimed" in page.text
    assert "in_review" in page.text
    assert any(link.startswith("https://example.org/pull/w-") for link in page.links())
    assert "not looked at by the hub" in page.text


def test_work_is_accepted_with_a_stamp_of_any_dimension_and_the_next_card_is_shown(
    own_office: Office,
) -> None:
    office, mia = own_office, own_office.browser("acme")
    item, first = submitted(office, "ben", "The first")
    _, second = submitted(office, "ada", "The second")
    form = desk(mia, first).form("/accept")

    page = mia.send(
        form,
        **{"quality-score": "1", "creativity": "fair", "extra-0-name": "speed", "extra-0": "good"},
        severity="branch",
        confidence="0.9",
        skills="sql, tests",
        message="Clear",
    )

    assert f"{REVIEW}/{second}" == page.path
    assert "Accept is on main" in page.text
    stamp = office.desk.rows("SELECT * FROM stamps")[0]
    assert ("ben", "branch", "Clear") == (stamp["subject"], stamp["severity"], stamp["message"])
    for mark in ('"quality":1.0', '"reliability":1.0', '"creativity":0.6', '"speed":0.8'):
        assert mark in stamp["valence"].replace(" ", ""), mark
    shown = office.desk.ok("GET", f"{API}/wanted/{item}")
    assert "completed" == shown["item"]["status"]


def test_without_a_mark_nothing_is_written_and_the_form_comes_back(office: Office) -> None:
    _, pull = submitted(office, "ben", "No mark")
    mia, before = office.browser("acme"), office.head()

    page = mia.send(desk(mia, pull).form("/accept"), message="Forgot the mark", skills="a, b")

    assert 422 == page.status
    kept = page.form("/accept").fields
    assert ("Forgot the mark", "a, b") == (kept["message"], kept["skills"])
    assert before == office.head()


def test_a_form_sent_twice_has_one_effect(office: Office) -> None:
    _, pull = submitted(office, "ben", "Sent twice")
    mia = office.browser("acme")
    form = desk(mia, pull).form("/accept")

    mia.send(form, quality="good")
    head = office.head()
    page = mia.send(form, quality="good")

    assert 200 == page.status
    assert head == office.head()


def test_work_is_rejected_with_a_reason_that_its_rig_reads(office: Office) -> None:
    item, pull = submitted(office, "ben", "To be rejected")
    mia = office.browser("acme")

    page = mia.send(desk(mia, pull).form("/reject"), reason="The test is missing")

    assert 200 == page.status
    told = desk(mia, pull)
    assert "Closed without merging" in told.text
    assert "The test is missing" in told.text
    assert [] == [form for form in told.forms if form.action.endswith("/accept")]
    assert "/done" in office.browser("ben").get(item_path(item)).html


def test_an_edit_is_merged_or_closed_without_merging(office: Office) -> None:
    mia = office.browser("acme")
    first, second = edited(office, "ada", "Merged title"), edited(office, "ada", "Declined title")

    assert "Merge is on main" in mia.send(desk(mia, first).form("/merge")).text
    page = mia.send(desk(mia, second).form("/decline"), reason="The old one is better")

    assert "main never had it" in page.text
    titles = office.desk.rows("SELECT title FROM wanted")
    assert {"title": "Merged title"} in titles
    assert {"title": "Declined title"} not in titles


def test_an_item_is_closed_without_a_stamp(office: Office) -> None:
    item, pull = submitted(office, "ben", "Closed without a stamp")
    mia = office.browser("acme")

    mia.send(desk(mia, pull).form("/close"))

    assert "completed" == office.desk.ok("GET", f"{API}/wanted/{item}")["item"]["status"]
    assert [] == office.desk.ok("GET", f"{API}/wanted/{item}")["stamps"]


def test_approvals_requests_and_remarks_stay_with_the_card(office: Office) -> None:
    _, pull = submitted(office, "ben", "Talked about")
    mia, eve = office.browser("acme"), trusted(office, "eve", 2)

    assert f"{REVIEW}/{pull}" == mia.send(desk(mia, pull).form("/approve")).path
    mia.send(desk(mia, pull).form("/comment"), body="Nearly **there**")
    page = eve.send(desk(eve, pull).form("/changes"), body="Name the file")

    assert "approved" in page.text
    assert "<strong>there</strong>" in page.html
    assert "asked for changes" in page.text
    assert "Name the file" in page.text


def test_what_was_offered_since_one_looked_is_not_accepted(office: Office) -> None:
    item, pull = submitted(office, "ben", "Moved on")
    mia = office.browser("acme")
    form = desk(mia, pull).form("/accept")
    seen = form.fields["head"]
    ben = office.browser("ben")
    office.desk.ok("POST", f"{API}/undo", "ben")
    ben.send(ben.get(item_path(item)).form("/done"), evidence="https://example.org/other")
    (again,) = [
        p["pull"]["id"]
        for p in office.desk.ok("GET", f"{API}/pulls", "acme")["items"]
        if p["card"]["wanted_ids"] == [item]
    ]
    form.action = form.action.replace(f"/{pull}/", f"/{again}/")

    page = mia.send(form, quality="good", message="As I saw it")

    assert 409 == page.status
    assert "Changed since you looked" in page.text
    assert f"you saw {seen[:7]}" in page.text
    assert "As I saw it" == page.form("/accept").fields["message"]
    assert "https://example.org/other" in page.text
    assert "claimed" == office.desk.ok("GET", f"{API}/wanted/{item}")["main_status"]


def test_what_another_decided_meanwhile_is_told_with_the_new_state(office: Office) -> None:
    item, pull = submitted(office, "ben", "Decided elsewhere")
    mia, eve = office.browser("acme"), trusted(office, "eve", 2)
    form = desk(mia, pull).form("/accept")
    eve.send(desk(eve, pull).form("/accept"), quality="good")

    page = mia.send(form, quality="poor")

    assert 409 == page.status
    assert "Merged" in page.text
    stamps = office.desk.ok("GET", f"{API}/wanted/{item}")["stamps"]
    assert ["eve"] == [stamp["author"] for stamp in stamps]


def test_nobody_is_offered_to_accept_their_own_work_but_told_why(office: Office) -> None:
    eve = trusted(office, "eve", 2)
    _, pull = submitted(office, "eve", "My own")

    page = desk(eve, pull)

    assert [] == [f for f in page.forms if f.action.endswith(("/accept", "/approve", "/changes"))]
    assert "Accept is closed to you: eve may not stamp the work of eve" in page.text
    assert "yours" in page.text


def test_a_contributor_is_told_what_is_missing_and_the_server_refuses_as_well(
    office: Office,
) -> None:
    _, pull = submitted(office, "ben", "Not for ada to accept")
    mia, ada, before = office.browser("acme"), office.member("ada"), office.head()

    page = desk(ada, pull)
    form = desk(mia, pull).form("/accept")
    form.fields["seal"] = page.form("/comment").fields["seal"]
    refused = ada.send(form, quality="good")

    assert "Accept is closed to you: ada has trust 1" in page.text
    assert [] == [f for f in page.forms if f.action.endswith(("/accept", "/reject", "/merge"))]
    assert 403 == refused.status
    assert before == office.head()


def test_a_visitor_reads_and_is_asked_to_sign_in(office: Office) -> None:
    _, pull = submitted(office, "ben", "For all to see")

    page = desk(office.browser(), pull)

    assert "Sign in to take part" in page.text
    assert [] == [f for f in page.forms if "/review/" in f.action]


def test_where_reviewing_is_for_owners_others_are_refused(own_office: Office) -> None:
    office = own_office
    _, pull = submitted(office, "ben", "A team's own")
    office.desk.ok("PUT", f"{API}/policy/preset", "acme", json={"value": "team"})
    eve = trusted(office, "eve", 2)

    assert 403 == eve.get(REVIEW).status
    assert 403 == desk(eve, pull).status
    assert 200 == desk(office.browser("acme"), pull).status


def test_the_drawer_keeps_the_place_and_shows_a_rig_s_history(office: Office) -> None:
    item, _ = submitted(office, "carl", "Done before")
    office.desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json={"quality": "excellent"})
    _, pull = submitted(office, "carl", "Done now")
    mia = office.browser("acme")

    page = mia.get(f"{REVIEW}/{pull}", params={"rig": "carl"})

    assert "Done now" in page.text
    assert "1, of which 1 stamped" in page.text
    assert "excellent , leaf" in page.text
    assert "You stamped it 1 time in 30 days" in page.text
    assert 404 == mia.get(f"{REVIEW}/{pull}", params={"rig": "nobody"}).status


def test_a_batch_decides_what_passed_and_says_why_the_rest_is_left_out(own_office: Office) -> None:
    office, mia = own_office, own_office.browser("acme")
    first, _ = submitted(office, "ben", "Good work")
    merged = edited(office, "ada", "A better title")
    _, failing = submitted(office, "carl", "Fails meanwhile")
    item = office.post("My own edit")
    office.desk.ok("PATCH", f"{API}/wanted/{item}", "acme", json={"title": "Mine"})
    submitted(office, "dora", "Refused by the gate")
    trusted(office, "dora", 0)
    page = mia.get(f"{REVIEW}/batch")
    assert "3 passed" in page.text
    assert "it is your own." in page.text
    assert "the gate refuses it: dora has trust 0" in page.text
    form = page.form("/batch")
    for pull in (merged, failing, office.desk.ok("GET", f"{API}/pulls", "acme")["items"][0]):
        name = pull if isinstance(pull, str) else pull["pull"]["id"]
        form.fields[f"pull-{name}"] = _head(office, name)
    office.desk.ok("POST", f"{API}/undo", "carl")

    without = mia.send(form)
    done = mia.send(form, quality="good", message="All of it")
    again = mia.send(form, quality="good", message="All of it")

    assert 422 == without.status
    assert "2 decided, 1 not" in done.text
    assert f"Pull request {failing} is not among what passed the gate any more" in done.text
    assert 1 == len(office.desk.rows("SELECT id FROM stamps"))
    assert {"title": "A better title"} in office.desk.rows("SELECT title FROM wanted")
    assert "completed" == office.desk.ok("GET", f"{API}/wanted/{first}")["item"]["status"]
    assert "2 decided, 1 not" in again.text


def test_of_several_who_submit_for_one_item_a_batch_takes_none(own_office: Office) -> None:
    office = own_office
    item = office.post("A bounty", bounty=True)
    for who in ("ben", "ada"):
        office.member(who)
        body = {"evidence": f"https://example.org/{who}"}
        office.desk.ok("POST", f"{API}/wanted/{item}/done", who, json=body)

    page = office.browser("acme").get(f"{REVIEW}/batch")

    assert "2 rigs submit for the item; choose one of them." in page.text
    assert [] == [form for form in page.forms if form.action.endswith("/batch")]


def test_competing_work_is_chosen_side_by_side_on_the_item_s_page(own_office: Office) -> None:
    office, mia = own_office, own_office.browser("acme")
    item = office.post("A bounty", bounty=True)
    for who in ("ben", "ada"):
        office.member(who)
        body = {"evidence": f"https://example.org/{who}"}
        office.desk.ok("POST", f"{API}/wanted/{item}/done", who, json=body)

    page = mia.get(item_path(item))
    assert "Competing submissions" in page.text
    chosen = next(link for link in page.links() if "accept=ada" in link)
    form = mia.get(chosen.partition("#")[0]).form("/accept")
    assert "ada" == form.fields["rig"]
    done = mia.send(form, quality="good")

    assert "Accept is on main" in done.text
    shown = office.desk.ok("GET", f"{API}/wanted/{item}")
    assert ["ada"] == [each["subject"] for each in shown["stamps"]]


def test_what_was_done_last_is_taken_back_from_the_toast(office: Office) -> None:
    ben = office.member("ben")
    item = office.post("Claimed by mistake")
    page = ben.send(ben.get(item_path(item)).form("/claim"))

    page = ben.send(page.form("/undo"))

    assert "Unclaim is on main" in page.text
    assert "open" == office.desk.ok("GET", f"{API}/wanted/{item}")["main_status"]


def test_an_acceptance_is_not_undone_and_one_is_told(office: Office) -> None:
    _, pull = submitted(office, "ben", "Final")
    submitted(office, "ada", "The next")
    mia = office.browser("acme")
    page = mia.send(desk(mia, pull).form("/accept"), quality="good")

    page = mia.send(page.form("/undo"))

    assert "Undo refused" in page.text
    assert "an acceptance is final" in page.text


def test_hostile_text_is_shown_as_text_everywhere(office: Office) -> None:
    office.member("ben")
    item = office.post("<img src=x onerror=alert(1)>" + "x" * 150, description=HOSTILE[:25])
    office.desk.ok("POST", f"{API}/wanted/{item}/claim", "ben")
    body = {"evidence": f"javascript:alert(1) {HOSTILE[:25]} https://example.org/{item}"}
    pull = office.desk.ok("POST", f"{API}/wanted/{item}/done", "ben", json=body)["pull"]
    mia = office.browser("acme")

    for path in (f"{REVIEW}/{pull}", f"{REVIEW}/{pull}/desk", f"{REVIEW}/batch", item_path(item)):
        page = mia.get(path)
        assert 200 == page.status
        assert "<img src=x" not in page.html
        assert "<script>alert" not in page.html
        assert not [link for link in page.links() if link.startswith("javascript")]


def test_a_pull_request_that_is_not_there_is_not_found(office: Office) -> None:
    mia = office.browser("acme")

    for name in ("999999", "x" * 300, "%2e%2e"):
        assert mia.get(f"{REVIEW}/{name}").status in {404, 422}, name


def test_reasons_at_and_beyond_their_limit(office: Office) -> None:
    _, pull = submitted(office, "ben", "Long reason")
    mia = office.browser("acme")

    page = mia.send(desk(mia, pull).form("/reject"), reason="ä" * 4097)

    assert 422 == page.status
    assert "ä" * 4097 == page.form("/reject").fields["reason"]
    assert 200 == mia.send(page.form("/reject"), reason="ä" * 4096).status


def _head(office: Office, pull: str) -> str:
    return str(office.desk.ok("GET", f"{API}/pulls/{pull}", "acme")["pull"]["head"])
