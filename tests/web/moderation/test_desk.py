"""Moderation by forms: reports, answers, suspensions, appeals, blocks, and what each may see."""

from __future__ import annotations

import itertools

import pytest

from hub.desks import API
from web.browsers import BOARD, Browser, Office, Page, item_path

DESK = f"{BOARD}/moderation"
_numbers = itertools.count()


def newcomer(office: Office) -> tuple[str, Browser]:
    """Return a rig that nobody has decided about yet, and its browser."""
    name = f"rig{next(_numbers)}"
    return name, office.member(name)


def promoted(office: Office, name: str) -> Browser:
    """Return the browser of a maintainer, made when it is missing."""
    browser = office.member(name)
    sheet = office.desk.ok("GET", f"{API}/rigs/{name}", "acme")
    if sheet["rig"]["trust_level"] != 3:
        office.desk.ok("PUT", f"{API}/rigs/{name}/trust", "acme", json={"level": 3})
    return browser


def reported(office: Office, item: str, **typed: str) -> Page:
    """Let a new rig report an item, and return what it sees."""
    _, reporter = newcomer(office)
    page = reporter.get(f"{DESK}/report?kind=item&target={item}")
    return reporter.send(page.form("/report"), **{"category": "spam", **typed})


def suspended(office: Office, handle: str, **typed: str) -> Page:
    """Suspend a rig by its page's form."""
    mia = office.browser("acme")
    form = mia.get(f"{BOARD}/rigs/{handle}").form("/suspend")
    return mia.send(form, **{"reason": "Copied evidence", **typed})


def test_a_report_goes_from_the_item_to_the_desk_to_its_answer(office: Office) -> None:
    item = office.post("Cheap watches")
    _, reporter = newcomer(office)

    page = reporter.get(item_path(item))
    address = next(link for link in page.links() if "/moderation/report?kind=item" in link)
    form = reporter.get(address.removeprefix("http://127.0.0.1")).form("/report")
    page = reporter.send(form, category="spam", reason="The third of <b>today</b>")
    assert (item_path(item), "Report is on main" in page.text) == (page.path, True)
    maya = promoted(office, "maya")
    desk = maya.get(DESK)
    assert "The third of &lt;b&gt;today" in desk.html
    report = next(form for form in desk.forms if form.action.endswith("/answer"))
    done = maya.send(
        next(f for f in desk.forms if f.fields.get("outcome") == "upheld"),
        reason="Advertising",
        measure="withdraw",
    )

    assert "Answer is on main" in done.text
    assert report.action not in {form.action for form in done.forms}
    assert 'data-s="withdrawn"' in reporter.get(item_path(item)).html


def test_a_refused_answer_keeps_what_was_typed_beside_its_field(office: Office) -> None:
    item = office.post("Kept open")
    reported(office, item)
    mara = promoted(office, "mara")
    form = next(f for f in mara.get(DESK).forms if f.fields.get("outcome") == "dismissed")

    page = mara.send(form, reason="bell\a")

    assert 422 == page.status
    assert "bell" in next(f for f in page.forms if f.action == form.action).fields["reason"]
    assert "cannot be the reason" in page.text
    assert item in page.html


def test_a_report_is_of_a_kind_and_about_something(office: Office) -> None:
    item = office.post("Reported badly")
    name, rig = newcomer(office)
    form = rig.get(f"{DESK}/report?kind=item&target={item}").form("/report")

    page = rig.send(form, category="taste", reason="Ünï 🏜 שלום")

    assert 422 == page.status
    assert "Ünï 🏜 שלום" == page.form("/report").fields["reason"]
    assert "is no category" in page.text
    for address in ("kind=item&target=w-none", "kind=person&target=x", "kind=comment&target=9%231"):
        assert 404 == rig.get(f"{DESK}/report?{address}").status
    assert 403 == rig.send(form, target=name, kind="rig", category="spam").status


def test_a_form_that_is_sent_twice_reports_once(office: Office) -> None:
    item = office.post("Reported twice")
    name, rig = newcomer(office)
    form = rig.get(f"{DESK}/report?kind=item&target={item}").form("/report")

    rig.send(form, category="spam")
    again = rig.send(form, category="spam")

    assert item_path(item) == again.path
    log = office.desk.ok("GET", f"{API}/audit", "acme", params={"rig": name})
    assert 1 == len(log["records"])


def test_a_suspended_rig_sees_why_until_when_and_appeals(office: Office) -> None:
    name, rig = newcomer(office)

    suspended(office, name, until="2099-04-01", scope="posting")

    page = rig.get(BOARD)
    assert f"{name} is suspended from posting until 1 April 2099" in page.text
    desk = rig.get(DESK)
    assert "Copied evidence" in desk.text
    page = rig.send(desk.form("/appeal"), reason="It is my own")
    assert "Appeal is on main" in page.text
    assert "waits for an answer" in page.text
    assert [] == [form for form in page.forms if form.action.endswith("/appeal")]
    promoted(office, "muriel")
    assert "does not answer the appeal" in office.browser("acme").get(DESK).text


def test_an_appeal_that_is_upheld_ends_the_suspension(office: Office) -> None:
    name, rig = newcomer(office)
    suspended(office, name)
    rig.send(rig.get(DESK).form("/appeal"), reason="It is my own")
    judge = promoted(office, "mona")
    desk = judge.get(DESK)
    asked = (
        desk.html.partition(f">{name}</b></a></h3>")[2].partition('href="#')[2].partition('"')[0]
    )

    form = next(
        f
        for f in desk.forms
        if f.action.endswith(f"{asked}/answer") and f.fields["outcome"] == "upheld"
    )
    judge.send(form, reason="The log shows it")

    assert "is suspended" not in rig.get(BOARD).text
    assert "Suspend" not in office.browser().get(f"{BOARD}/rigs/{name}").text


def test_a_suspension_is_lifted_from_the_rigs_page(office: Office) -> None:
    name, _ = newcomer(office)
    suspended(office, name)
    mia = office.browser("acme")
    page = mia.get(f"{BOARD}/rigs/{name}")
    assert 'aria-label="entry stamp: suspended' in page.html

    done = mia.send(page.form("/restore"), reason="Served")

    assert "Restore is on main" in done.text
    assert "suspended" not in mia.get(f"{BOARD}/rigs/{name}").text


def test_a_peer_is_blocked_and_let_in_again(office: Office) -> None:
    mia = office.browser("acme")
    form = mia.get(DESK).form("/block")

    assert 422 == mia.send(form, peer="two words", reason="x").status
    assert 403 == mia.send(form, peer="acme/board", reason="x").status
    page = mia.send(form, peer="https://Rust.example/flood.git", reason="A flood")
    assert "rust.example/flood" in page.text
    page = mia.send(page.form("/unblock"))

    assert "rust.example/flood" not in page.text


@pytest.mark.parametrize("path", [DESK, f"{BOARD}/audit", f"{DESK}/report?kind=rig&target=mia"])
def test_records_are_for_members(office: Office, path: str) -> None:
    office.account("guest")

    assert office.browser().get(path).status in {401, 403}
    assert 403 == office.browser("guest").get(path).status


def test_a_member_reads_the_desk_and_is_told_why_it_decides_nothing(office: Office) -> None:
    reported(office, office.post("For all to read"))
    _, rig = newcomer(office)

    page = rig.get(DESK)

    assert "For all to read" in page.text
    assert "Deciding is for maintainers" in page.text
    assert [] == [form for form in page.forms if "/moderation" in form.action]


def test_a_member_who_forges_a_decision_is_refused(office: Office) -> None:
    name, rig = newcomer(office)
    victim, _ = newcomer(office)
    before = office.head()
    form = office.browser("acme").get(f"{BOARD}/rigs/{victim}").form("/suspend")
    form.fields["seal"] = rig.get(f"{BOARD}/new").form("/new").fields["seal"]

    page = rig.send(form, reason="coup")

    assert (403, before) == (page.status, office.head())
    assert f"{name} has trust 1" in page.text


def test_a_comment_is_reported_where_it_stands(office: Office) -> None:
    author, critic = newcomer(office)[1], newcomer(office)[1]
    path = item_path(office.post("Disputed"))
    critic.send(critic.get(path).form("/claim"))
    critic.send(critic.get(path).form("/done"), evidence="https://example.org/1")
    author.send(author.get(path).form("/comment"), body="You **fool**")

    shown = critic.get(path)
    address = next(link for link in shown.links() if "kind=comment" in link)
    form = critic.get(address).form("/report")
    done = critic.send(form, category="abuse")

    assert path == done.path
    assert "<strong>fool</strong>" in office.browser("acme").get(DESK).html
