"""Notifications over HTTP: one's own alone, in pages, read and unread."""

from __future__ import annotations

from hub.desks import API, BOARD, Desk, hide
from wasteland.hub.notifications.gathering import gather

NEWS = "/api/v1/notifications"


def rejected(desk: Desk, who: str, times: int = 1) -> None:
    """Have work of a rig given back."""
    if who not in desk.tokens:
        desk.account(who)
        desk.ok("POST", f"{API}/rigs", who, json={"handle": who})
    for _ in range(times):
        item = desk.post()
        desk.ok("POST", f"{API}/wanted/{item}/claim", who)
        desk.ok("POST", f"{API}/wanted/{item}/done", who, json={"evidence": "done"})
        desk.ok("POST", f"{API}/wanted/{item}/reject", "acme", json={"reason": "No test"})
        desk.ok("POST", f"{API}/wanted/{item}/unclaim", who)
    gather(desk.hub, BOARD)


def test_the_callers_own_are_listed_with_what_to_do(desk: Desk) -> None:
    rejected(desk, "ben")

    found = desk.ok("GET", NEWS, "ben", params={"commons": "acme/board"})

    assert (1, "") == (found["unread"], found["next"])
    (told,) = found["items"]
    assert ("acme/board", "mia gave your work back") == (told["commons"], told["headline"])
    assert ("No test", False) == (told["reason"], told["is_read"])
    assert not {"key", "recipient"} & set(told)
    assert [] == desk.ok("GET", NEWS, "acme")["items"]
    assert 401 == desk.send("GET", NEWS).status_code


def test_pages_follow_one_another(desk: Desk) -> None:
    rejected(desk, "ben", times=3)
    first = desk.ok("GET", NEWS, "ben", params={"commons": "acme/board", "limit": 2})
    rest = desk.ok("GET", NEWS, "ben", params={"limit": 2, "cursor": first["next"]})

    serials = [told["serial"] for told in (*first["items"], *rest["items"])]
    assert (3, "") == (len(serials), rest["next"])
    assert sorted(serials, reverse=True) == serials
    assert 422 == desk.send("GET", NEWS, "ben", params={"cursor": "no" * 20}).status_code


def test_what_was_read_counts_no_more(desk: Desk) -> None:
    rejected(desk, "ben", times=2)
    newest, _ = desk.ok("GET", NEWS, "ben", params={"commons": "acme/board"})["items"]

    one = desk.ok("POST", f"{NEWS}/read", "ben", json={"serials": [newest["serial"]]})
    again = desk.ok("POST", f"{NEWS}/read", "ben", json={"serials": [newest["serial"]]})
    foreign = desk.ok("POST", f"{NEWS}/read", "acme", json={"serials": [newest["serial"]]})
    rest = desk.ok("POST", f"{NEWS}/read", "ben", json={})

    assert [1, 0, 0, 1] == [answer["changed"] for answer in (one, again, foreign, rest)]
    assert [] == desk.ok("GET", NEWS, "ben", params={"unread": True})["items"]


def test_nothing_is_told_of_what_the_caller_may_no_longer_see(desk: Desk) -> None:
    rejected(desk, "ben")
    assert desk.ok("GET", NEWS, "ben", params={"commons": "acme/board"})["items"]
    hide(desk)

    assert [] == desk.ok("GET", NEWS, "ben")["items"]
    assert 404 == desk.send("GET", NEWS, "ben", params={"commons": "acme/board"}).status_code
