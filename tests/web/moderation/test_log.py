"""The log of moderation as members read it."""

from __future__ import annotations

import pytest

from hub.desks import API
from hub.desks import BOARD as REPO
from wasteland.web.moderation import log
from web.browsers import BOARD, Office

AUDIT = f"{BOARD}/audit"


def decided(office: Office, count: int) -> None:
    """Let the maintainer change a rig's trust *count* times, with a reason each."""
    office.member("tess")
    for number in range(count):
        body = {"level": 2 - number % 2, "reason": f"Reason {number}"}
        office.desk.ok("PUT", f"{API}/rigs/tess/trust", "acme", json=body)


def test_members_read_who_decided_what_and_that_the_chain_holds(own_office: Office) -> None:
    decided(own_office, 3)

    page = own_office.browser("tess").get(AUDIT)

    assert "chain verified to 3" in page.text
    assert "set trust" in page.text
    assert page.text.index("Reason 2") < page.text.index("Reason 0")


def test_a_log_that_was_tampered_with_says_where(own_office: Office) -> None:
    decided(own_office, 3)
    host = own_office.desk.hub.host
    engine = host.engine(REPO)
    with engine.change() as change:
        change.run("UPDATE wlx_moderation SET reason = 'Bribed' WHERE seq = 2")
        change.commit("oops", author="x", at=host.now(), tables=["wlx_moderation"])

    page = own_office.browser("tess").get(AUDIT)

    assert "The chain breaks at" in page.text
    assert "holds to 1 of 3" in page.text
    assert 'class="broken"' in page.html


def test_the_log_is_read_in_pages_by_number(
    own_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "PAGE", 2)
    decided(own_office, 5)
    tess = own_office.browser("tess")

    first = tess.get(AUDIT)
    second = tess.get(next(link for link in first.links() if "before=" in link))

    assert "Reason 4" in first.text
    assert "Reason 2" not in first.text
    assert "Reason 2" in second.text
    assert f"{AUDIT}" in second.links()
    assert 422 == tess.get(AUDIT, params={"before": "x"}).status


def test_the_log_is_narrowed_by_kind_and_by_rig(own_office: Office) -> None:
    decided(own_office, 1)
    own_office.member("ursa")
    body = {"target": "ursa", "kind": "rig", "category": "spam", "reason": "Seen"}
    own_office.desk.ok("POST", f"{API}/moderation/reports", "tess", json=body)
    tess = own_office.browser("tess")

    assert "Reason 0" not in tess.get(AUDIT, params={"action": "report"}).text
    assert "Seen" not in tess.get(AUDIT, params={"action": "trust"}).text
    assert "Reason 0" not in tess.get(AUDIT, params={"rig": "ursa"}).text
    assert "Nothing fits" in tess.get(AUDIT, params={"rig": "nobody"}).text
