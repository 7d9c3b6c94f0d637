from __future__ import annotations

from web.browsers import BOARD, Browser, Office, item_path

EVIDENCE = "https://example.org/pull/12 with tests"


def claimed(office: Office, browser: Browser) -> str:
    """Return an item that the browser's rig has claimed by the form."""
    item = office.post("To be done")
    browser.send(browser.get(item_path(item)).form("/claim"))
    return item


def test_an_item_goes_from_post_to_stamp_by_forms_alone(office: Office) -> None:
    ada, mia = office.member("ada"), office.browser("acme")
    form = ada.get(f"{BOARD}/new").form("/new")
    posted = ada.send(form, title="Mend the gate", description="It **creaks**", tags="oil, gate")
    item = posted.path.rpartition("/")[2]
    assert "<strong>creaks</strong>" in posted.html
    ben = office.member("ben")

    page = ben.send(ben.get(item_path(item)).form("/claim"))
    assert "Claim is on main" in page.text
    page = ben.send(page.form("/done"), evidence=EVIDENCE)
    assert "waits for review" in page.text
    page = mia.send(mia.get(item_path(item)).form("/comment"), body="Nearly **there**")
    assert "<strong>there</strong>" in page.html
    form = mia.get(item_path(item)).form("/accept")
    page = mia.send(form, quality="excellent", skills="oil", message="Silent now")

    assert "Accept is on main" in page.text
    assert "completed" in page.text
    assert 'aria-label="leaf stamp: excellent' in page.html
    assert "accepted the work and stamped it" in page.text
    assert "Silent now" in office.browser().get(f"{BOARD}/rigs/ben").text


def test_a_receipt_is_shown_once(office: Office) -> None:
    ben = office.member("ben")
    item = office.post("Once told")

    page = ben.send(ben.get(item_path(item)).form("/claim"))

    assert "Claim is on main" in page.text
    assert "Claim is on main" not in ben.get(item_path(item)).text


def test_a_claim_can_be_given_back_and_an_item_withdrawn(office: Office) -> None:
    mia = office.browser("acme")
    item = claimed(office, mia)

    page = mia.send(mia.get(item_path(item)).form("/unclaim"))
    assert "Unclaim is on main" in page.text
    page = mia.send(page.form("/withdraw"))

    assert "Withdraw waits for review" in page.text
    assert 'data-s="withdrawn"' in page.html


def test_work_can_be_given_back_with_a_reason(office: Office) -> None:
    ben, mia = office.member("bob"), office.browser("acme")
    item = claimed(office, ben)
    ben.send(ben.get(item_path(item)).form("/done"), evidence=EVIDENCE)

    page = mia.send(mia.get(item_path(item)).form("/reject"), reason="The test is missing")

    assert 200 == page.status
    assert "Reject" in page.text
    assert "/done" in ben.get(item_path(item)).html


def test_a_stale_page_answers_with_the_new_state(office: Office) -> None:
    ada, ben = office.member("ada"), office.member("bo")
    item = office.post("Wanted by two")
    form = ada.get(item_path(item)).form("/claim")
    ben.send(ben.get(item_path(item)).form("/claim"))

    page = ada.send(form)

    assert 409 == page.status
    assert "Changed since you looked" in page.text
    assert "status open claimed" in page.text
    assert "claimed_by nobody bo" in page.text


def test_a_refused_submission_keeps_its_text_and_names_the_field(office: Office) -> None:
    ben = office.member("bea")
    item = claimed(office, ben)
    text = "x" * 4097

    page = ben.send(ben.get(item_path(item)).form("/done"), evidence=text)

    assert 422 == page.status
    assert text == page.form("/done").fields["evidence"]
    assert 'aria-invalid="true"' in page.html
    assert "evidence" in page.text


def test_a_refused_post_keeps_every_field_and_saves_nothing(office: Office) -> None:
    mia, before = office.browser("acme"), office.head()
    typed = {
        "title": "y" * 257,
        "description": "Ünï ✓ 🏜 שלום",
        "type": "docs",
        "priority": "high",
        "effort": "large",
        "project": "p",
        "tags": "a, b",
    }

    page = mia.send(mia.get(f"{BOARD}/new").form("/new"), **typed)

    assert 422 == page.status
    kept = page.form("/new").fields
    assert typed == {name: kept[name] for name in typed}
    assert before == office.head()
    assert "1 to 256 characters" in page.text


def test_a_preview_shows_the_text_and_saves_nothing(office: Office) -> None:
    mia, before = office.browser("acme"), office.head()

    page = mia.send(
        mia.get(f"{BOARD}/new").form("/new"), title="T", description="*soon*", preview="1"
    )

    assert "<em>soon</em>" in page.html
    assert "T" == page.form("/new").fields["title"]
    assert before == office.head()


def test_an_open_item_can_be_edited_and_a_field_emptied(office: Office) -> None:
    mia = office.browser("acme")
    item = office.post("Before", project="old", tags="one,two")

    page = mia.send(mia.get(f"{item_path(item)}/edit").form("/edit"), title="After", project="")

    assert item_path(item) == page.path
    assert "After" in page.text
    assert "Update waits for review" in page.text
    assert "project=old" not in page.html
    assert "tag=one" in page.html


def test_who_may_not_is_told_why(office: Office) -> None:
    ben = office.member("ben")
    item = office.post("Not mine to withdraw")

    page = ben.get(item_path(item))

    assert "Withdraw is closed to you" in page.text
    assert [] == [f for f in page.forms if f.action.endswith("/withdraw")]


def test_nobody_is_offered_to_accept_their_own_work(office: Office) -> None:
    mia = office.browser("acme")
    item = claimed(office, mia)
    form = mia.get(item_path(item)).form("/done")
    page = mia.send(form, evidence=EVIDENCE)

    assert [] == [f for f in page.forms if f.action.endswith("/accept")]


def test_no_mark_is_given_that_was_not_chosen(office: Office) -> None:
    mia, ben = office.browser("acme"), office.member("bill")
    item = claimed(office, ben)
    ben.send(ben.get(item_path(item)).form("/done"), evidence=EVIDENCE)
    form = mia.get(item_path(item)).form("/accept")

    page = mia.send(form, message="Forgot the mark")

    assert "" == form.fields.get("quality", "")
    assert 422 == page.status
    assert "Forgot the mark" == page.form("/accept").fields["message"]


def test_a_visitor_is_asked_to_sign_in_and_an_account_to_join(office: Office) -> None:
    item = office.post("For all to see")
    office.account("guest")

    assert "Sign in to take part" in office.browser().get(item_path(item)).text
    assert "Join with a rig" in office.browser("guest").get(item_path(item)).text


def test_joining_registers_a_rig_that_may_claim(office: Office) -> None:
    office.account("cleo")
    cleo = office.browser("cleo")

    page = cleo.send(cleo.get(f"{BOARD}/join").form("/join"), handle="cleo", rig_type="agent")

    assert BOARD == page.path
    assert "cleo" in office.browser().get(f"{BOARD}/rigs").text
    item = office.post("Free to take")
    assert "held by" in cleo.send(cleo.get(item_path(item)).form("/claim")).text.lower()


def test_a_handle_that_cannot_be_is_refused_beside_its_field(office: Office) -> None:
    office.account("dora")
    dora = office.browser("dora")

    page = dora.send(dora.get(f"{BOARD}/join").form("/join"), handle="No Spaces!")

    assert 422 == page.status
    assert "No Spaces!" == page.form("/join").fields["handle"]
    assert "cannot be a handle" in page.text


def test_an_unknown_item_is_not_found_as_a_page(office: Office) -> None:
    page = office.browser().get(item_path("w-0000"))

    assert 404 == page.status
    assert "Nothing is here" in page.text


def test_what_is_no_operation_on_items_is_not_found(office: Office) -> None:
    mia, item = office.browser("acme"), office.post()
    form = mia.get(item_path(item)).form("/claim")
    form.action = form.action.replace("/claim", "/policy%20set")

    assert 404 == mia.send(form).status
