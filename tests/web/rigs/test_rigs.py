"""The directory of rigs and their passports."""

from __future__ import annotations

import pytest

from hub.desks import API
from wasteland.web.rigs import directory
from web.browsers import BOARD, Office, item_path

RIGS = f"{BOARD}/rigs"
EVIDENCE = "https://example.org/pull/12"


def shown(html: str) -> list[str]:
    """Return the handles of a directory, in their order."""
    links = [part.split('"', 2) for part in html.split(f'href="{RIGS}/')[1:]]
    return [link[0] for link in links if link[1].startswith(" data-row")]


def stamped(office: Office, handle: str) -> str:
    """Let a rig's work be accepted by the maintainer; return the item."""
    item = office.post("Worth a stamp")
    path = f"{API}/wanted/{item}"
    office.desk.ok("POST", f"{path}/claim", handle)
    office.desk.ok("POST", f"{path}/done", handle, json={"evidence": EVIDENCE})
    body = {"quality": "good", "skills": "sql", "message": "Clean"}
    office.desk.ok("POST", f"{path}/accept", "acme", json=body)
    return item


def test_the_directory_is_sought_sorted_and_paged(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "PAGE", 2)
    for name in ("dora", "dina", "dave"):
        office.member(name)
    office.desk.ok("PUT", f"{API}/rigs/dora/trust", "acme", json={"level": 2})
    visitor = office.browser()

    first = visitor.get(RIGS, params={"search": "d", "sort": "trust"})
    assert ["dora", "dave"] == shown(first.html)
    second = visitor.get(next(link for link in first.links() if "after=" in link))

    assert "dina" == shown(second.html)[0]
    assert "dora" not in shown(visitor.get(RIGS, params={"search": "mia"}).html)
    assert "No rig is called so" in visitor.get(RIGS, params={"search": "%"}).text
    assert 422 == visitor.get(RIGS, params={"sort": "luck"}).status


def test_a_passport_shows_stamps_received_and_given(office: Office) -> None:
    office.member("vera")
    item = stamped(office, "vera")
    visitor = office.browser()

    received = visitor.get(f"{RIGS}/vera")
    given = visitor.get(f"{RIGS}/mia")

    assert 'aria-label="leaf stamp: good' in received.html
    assert "TRUST1&lt;&lt;DONE0001" in received.html
    assert "Stamps given" in given.text
    assert item_path(item) in given.links()


def test_a_passport_says_what_the_policy_says_of_the_next_level(office: Office) -> None:
    office.member("lena")

    page = office.browser().get(f"{RIGS}/lena")

    assert "Level 2, trusted" in page.text
    assert "accept" in page.text.partition("opens:")[2][:120]
    assert "Up to 10 claims at once, now 3" in page.text
    assert "The top of the ladder" in office.browser().get(f"{RIGS}/mia").text


def test_trust_is_changed_with_a_reason_that_is_kept(office: Office) -> None:
    office.member("rita")
    mia = office.browser("acme")

    page = mia.send(mia.get(f"{RIGS}/rita").form("/trust"), level="2", reason="Careful work")

    assert "Trust is on main" in page.text
    assert "2, trusted" in mia.get(RIGS, params={"search": "rita"}).text
    assert "Careful work" in office.browser("rita").get(f"{BOARD}/audit?rig=rita").text


def test_nobody_changes_their_own_trust_nor_that_of_somebody_above(office: Office) -> None:
    sam = office.member("sam")
    mia = office.browser("acme")
    office.member("tim")
    own = mia.get(f"{RIGS}/mia")
    assert [] == [form for form in own.forms if form.action.endswith("/trust")]
    form = mia.get(f"{RIGS}/tim").form("/trust")
    form.fields["seal"] = sam.get(f"{BOARD}/new").form("/new").fields["seal"]

    page = sam.send(form, level="3", reason="coup")
    form.action = f"{RIGS}/mia/trust"
    above = sam.send(form, level="0", reason="coup")

    assert 403 == page.status
    assert "Sam has trust 1" in page.text
    assert 403 == above.status
    wrong = mia.send(mia.get(f"{RIGS}/tim").form("/trust"), level="7", reason="x")
    assert 422 == wrong.status
    assert "Trust is 0 to 3, not '7'" in wrong.text


def test_a_public_passport_says_of_itself_what_links_show(office: Office) -> None:
    office.member("olga")

    html = office.browser().get(f"{RIGS}/olga").html

    assert '<meta property="og:title" content="olga, participant of' in html
    assert '<meta property="og:type" content="profile">' in html


def test_hostile_names_of_rigs_are_text(office: Office) -> None:
    office.account("hugo")
    body = {"handle": "hugo", "display_name": "'\"><b>bold"}
    office.desk.ok("POST", f"{API}/rigs", "hugo", json=body)

    for path in (RIGS, f"{RIGS}/hugo"):
        page = office.browser().get(path)
        assert "<b>bold" not in page.html
        assert "<b>bold" in page.text
    assert 404 == office.browser().get(f"{RIGS}/%3Cscript%3E").status
