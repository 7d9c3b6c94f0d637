"""Letters about one's own work: on time, once, to who asked for them, and ended by one click."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.desks import API, BOARD, Desk, open_desk
from hub.notifications.letterbox import Letterbox, letterbox
from wasteland.hub.contacts import Digest
from wasteland.hub.notifications import digests, mail
from wasteland.hub.notifications.digests import Digests
from wasteland.hub.notifications.gathering import gather
from wasteland.hub.notifications.mail import Mail, Undeliverable, letter, read_server
from wasteland.protocol.errors import Invalid


@pytest.fixture
def box() -> Iterator[Letterbox]:
    """A mail server."""
    with letterbox() as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, box: Letterbox) -> Iterator[Desk]:
    """A hub that sends letters, with a rig whose owner wants one a day."""
    server = Mail("127.0.0.1", box.port, "hub@example.org", "https://hub.example.org")
    with open_desk(tmp_path / "host", mail=server) as found:
        found.account("ben")
        found.ok("POST", f"{API}/rigs", "ben", json={"handle": "ben"})
        found.hub.accounts.set_contact("ben", email="ben@example.net", digest=Digest.DAILY)
        assert 0 == Digests(found.hub)()
        yield found


def given_back(desk: Desk, reason: str = "No test", title: str = "Fix it") -> None:
    """Have work of ben's given back."""
    item = desk.post(title)
    desk.ok("POST", f"{API}/wanted/{item}/claim", "ben")
    desk.ok("POST", f"{API}/wanted/{item}/done", "ben", json={"evidence": "done"})
    desk.ok("POST", f"{API}/wanted/{item}/reject", "acme", json={"reason": reason})
    desk.ok("POST", f"{API}/wanted/{item}/unclaim", "ben")
    gather(desk.hub, BOARD)


def later(desk: Desk, monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """Let time pass."""
    now = desk.hub.host.now() + timedelta(hours=hours)
    monkeypatch.setattr(desk.hub.host, "_clock", lambda: now)


def test_a_letter_tells_what_is_new_and_how_to_end_them(
    desk: Desk, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back(desk)
    assert 0 == Digests(desk.hub)()
    later(desk, monkeypatch, 24)

    assert 1 == Digests(desk.hub)()

    ((to, found),) = box.letters
    assert ("ben@example.net", "mia gave your work back") == (to, found["Subject"])
    assert "hub@example.org" in found["From"]
    text = found.get_content()
    assert "Fix it" in text
    assert "> No test" in text
    assert "https://hub.example.org/acme/board/wanted/w-" in text
    leave = found["List-Unsubscribe"].strip("<>")
    assert leave.startswith("https://hub.example.org/-/unsubscribe/")
    assert leave in text
    assert "List-Unsubscribe=One-Click" == found["List-Unsubscribe-Post"]


def test_nothing_is_sent_twice_nor_what_was_read_nor_what_was_before(
    desk: Desk, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back(desk)
    later(desk, monkeypatch, 24)
    assert [1, 0, 0] == [Digests(desk.hub)() for _ in range(3)]
    later(desk, monkeypatch, 24)
    assert 0 == Digests(desk.hub)()

    given_back(desk, title="Another")
    assert 1 == Digests(desk.hub)()
    assert "Fix it" not in box.letters[-1][1].get_content()
    assert 2 == len(box.letters)


def test_a_server_that_puts_it_off_gets_it_later_and_once(
    desk: Desk, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back(desk)
    later(desk, monkeypatch, 24)
    box.answer = "451 not now"
    sending = Digests(desk.hub)
    assert 0 == sending()
    box.answer = "250 kept"
    assert 0 == sending()
    later(desk, monkeypatch, 1)

    assert [1, 0] == [sending(), sending()]
    assert 1 == len(box.letters)


def test_a_process_that_dies_while_it_sends_sends_nothing_twice(
    desk: Desk, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back(desk)
    later(desk, monkeypatch, 24)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mail, "send", die)
        with pytest.raises(KeyboardInterrupt):
            Digests(desk.hub)()

    assert 0 == Digests(desk.hub)()
    assert [] == box.letters


def test_a_letter_that_is_refused_for_good_keeps_no_other_from_its_way(
    desk: Desk, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back(desk)
    later(desk, monkeypatch, 24)
    box.answer = "550 no such user"

    assert 0 == Digests(desk.hub)()
    box.answer = "250 kept"
    later(desk, monkeypatch, 1)
    assert 0 == Digests(desk.hub)()


def test_who_chose_weekly_waits_a_week_and_who_ended_them_gets_none(
    desk: Desk, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hub.accounts.set_contact("ben", email="ben@example.net", digest=Digest.WEEKLY)
    given_back(desk)
    later(desk, monkeypatch, 6 * 24)
    assert 0 == Digests(desk.hub)()
    later(desk, monkeypatch, 24)
    assert 1 == Digests(desk.hub)()

    token = box.letters[0][1]["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    assert "ben" == digests.end(desk.hub, token)
    given_back(desk)
    later(desk, monkeypatch, 24 * 30)
    assert 0 == Digests(desk.hub)()
    assert "ben@example.net" == desk.hub.accounts.contact("ben").email


def test_texts_of_others_make_no_headers(
    desk: Desk, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = desk.hub.options.mail
    assert server
    made = letter(
        server,
        to="ben@example.net",
        subject="Hello\r\nBcc: eve@example.org\x00\u2028now",
        text="one\r\n.\r\nMAIL FROM:<eve@example.org>\n",
        headers={},
    )
    assert made["Bcc"] is None
    assert "\n" not in made["Subject"]
    with pytest.raises(Undeliverable):
        letter(server, to="a@b.c>\r\nBcc: <eve@example.org", subject="x", text="x", headers={})

    given_back(
        desk, reason="line\n.\nRCPT TO:<eve@example.org>\n..dots", title="Ünï ☃ " + "x" * 200
    )
    later(desk, monkeypatch, 24)
    assert 1 == Digests(desk.hub)()
    ((to, found),) = box.letters
    assert "ben@example.net" == to
    assert "> RCPT TO:<eve@example.org>" in found.get_content()
    assert "> ..dots" in found.get_content()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail.lan", ("mail.lan", 587)),
        ("mail.lan:25", ("mail.lan", 25)),
        ("[::1]:465", ("::1", 465)),
    ],
)
def test_a_server_is_a_host_and_a_port(text: str, expected: tuple[str, int]) -> None:
    assert expected == read_server(text)


@pytest.mark.parametrize("text", ["", ":25", "mail:0", "mail:x", "mail:70000"])
def test_anything_else_is_no_server(text: str) -> None:
    with pytest.raises(Invalid):
        read_server(text)
