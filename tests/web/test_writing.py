"""The form of an item: outlines, what looks alike, and edits that overwrite nothing unseen."""

from __future__ import annotations

from web.browsers import BOARD, Office, item_path


def test_an_edit_of_a_text_that_was_changed_meanwhile_shows_both_and_writes_nothing(
    office: Office,
) -> None:
    item = office.post("As it was", description="Old")
    one, other = office.browser("acme"), office.browser("acme")
    mine = one.get(f"{item_path(item)}/edit").form("/edit")
    theirs = other.get(f"{item_path(item)}/edit").form("/edit")
    assert "Theirs" in other.send(theirs, title="Theirs").text

    page = one.send(mine, title="Mine", description="<b>Mine</b>")

    assert 409 == page.status
    assert "Changed since you looked" in page.text
    assert {"was", "now"} <= {given.get("class") for tag, given in page.tags if tag == "td"}
    assert "Theirs" in page.text
    kept = page.form("/edit")
    assert ("Mine", "<b>Mine</b>") == (kept.fields["title"], kept.fields["description"])
    assert "Theirs" in office.browser().get(item_path(item)).text
    assert "Mine" in one.send(kept).text
    assert (
        "Theirs" not in office.browser().get(item_path(item)).html.split("<h1")[1].split("</h1")[0]
    )


def test_a_claim_between_is_no_change_of_the_text_but_ends_the_edit(office: Office) -> None:
    item = office.post("To be claimed")
    ben = office.member("ben")
    form = office.browser("acme").get(f"{item_path(item)}/edit").form("/edit")
    ben.send(ben.get(item_path(item)).form("/claim"))

    page = office.browser("acme").send(form, title="Too late")

    assert page.status in {403, 409}


def test_what_an_address_fills_in_is_in_the_form(office: Office) -> None:
    browser = office.browser("acme")

    form = browser.get(f"{BOARD}/new?type=bug&title=<b>Hi</b>&tags=a,b&evil=1").form("/new")

    assert ("<b>Hi</b>", "a,b", "bug") == tuple(form.fields[n] for n in ("title", "tags", "type"))
    assert "**What happens**" in form.fields["description"]
    assert "description" in browser.get(f"{BOARD}/new?type=other").form("/new").fields


def test_a_look_names_what_is_on_the_board_already(office: Office) -> None:
    other = office.post("Teach the relay to retry")
    browser = office.browser("acme")
    form = browser.get(f"{BOARD}/new").form("/new")

    page = browser.send(form, title="Teach the relay to retry twice", preview="1")

    assert item_path(other) in page.links()
    found = browser.get(f"{BOARD}/new/similar", params={"title": "teach relay retry"})
    assert item_path(other) in found.links()
    assert [] == browser.get(f"{BOARD}/new/similar", params={"title": "x" * 5000}).links()


def test_how_it_reads_is_shown_without_markup_of_anybody(office: Office) -> None:
    browser = office.browser("acme")
    form = browser.get(f"{BOARD}/new").form("/new")
    form.action = f"{BOARD}/new/look"

    page = browser.send(form, description="**Bold** <script>x</script>")

    assert "<strong>Bold</strong>" in page.html
    assert "<script" not in page.html
