"""Ending letters by the link in one of them: one click of a program, or a page and a button."""

from __future__ import annotations

from wasteland.hub.contacts import Digest
from wasteland.hub.notifications import digests
from web.browsers import Office


def subscribed(office: Office, who: str) -> str:
    """Have an account sent letters, and return the address that ends them."""
    office.account(who)
    hub = office.desk.hub
    hub.accounts.set_contact(who, email=f"{who}@example.net", digest=Digest.DAILY)
    return f"/-/unsubscribe/{digests.sent(hub.notifications.file, who).token}"


def digest(office: Office, who: str) -> Digest:
    """Return how often an account is sent letters."""
    return office.desk.hub.accounts.contact(who).digest


def test_a_program_ends_them_by_one_click(office: Office) -> None:
    address = subscribed(office, "ben")
    data = {"List-Unsubscribe": "One-Click"}

    answer = office.browser().client.post(address, data=data)

    assert (200, Digest.OFF) == (answer.status_code, digest(office, "ben"))


def test_a_look_at_the_link_ends_nothing_and_the_button_does(office: Office) -> None:
    address = subscribed(office, "cleo")
    stranger = office.browser()

    page = stranger.get(address)
    assert (200, Digest.DAILY) == (page.status, digest(office, "cleo"))
    assert "No more letters" in stranger.send(page.form(address)).text
    assert Digest.OFF is digest(office, "cleo")


def test_another_link_ends_nothing(office: Office) -> None:
    address = subscribed(office, "dora")
    data = {"List-Unsubscribe": "One-Click"}

    answer = office.browser().client.post(f"{address}x", data=data)

    assert (404, Digest.DAILY) == (answer.status_code, digest(office, "dora"))
