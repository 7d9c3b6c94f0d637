"""Feeds over HTTP: who may read them, and that nothing is sent twice."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hub.desks import API, Desk, hide

BOARD = "/feeds/acme/board.atom"
RIG = "/feeds/acme/board/rigs/mia.atom"


def _titles(feed: bytes) -> list[str | None]:
    root = ET.fromstring(feed)  # noqa: S314  # our own
    return [found.text for found in root.findall("{*}entry/{*}title")]


def test_a_board_is_told_with_what_changed_last_first(any_desk: Desk) -> None:
    any_desk.post("First")
    item = any_desk.post("Second")
    offered = any_desk.ok("PATCH", f"{API}/wanted/{item}", "acme", json={"title": "Better"})
    any_desk.ok("POST", f"{API}/pulls/{offered['pull']}/merge", "acme")

    answer = any_desk.send("GET", BOARD)

    assert "application/atom+xml; charset=utf-8" == answer.headers["content-type"]
    assert {"First", "Better"} == set(_titles(answer.content))


def test_a_feed_that_a_reader_has_is_not_sent_again_until_main_moves(desk: Desk) -> None:
    desk.post("First")
    tag = desk.send("GET", BOARD).headers["etag"]

    again = desk.send("GET", BOARD, headers={"if-none-match": f'"x", W/{tag}'})
    desk.post("Second")
    later = desk.send("GET", BOARD, headers={"if-none-match": tag})

    assert (304, b"") == (again.status_code, again.content)
    assert (200, tag) != (later.status_code, later.headers["etag"])
    assert {"First", "Second"} == set(_titles(later.content))


def test_a_rig_is_told_with_its_work_and_its_stamps(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    item = desk.post()
    desk.ok("POST", f"{API}/wanted/{item}/claim", "ada")
    desk.ok("POST", f"{API}/wanted/{item}/done", "ada", json={"evidence": "https://x.test/1"})
    desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json={"quality": "good"})

    told = desk.send("GET", "/feeds/acme/board/rigs/ada.atom")

    assert {f"Accepted: {item}", "mia stamps ada"} == set(_titles(told.content))


def test_a_private_board_has_a_feed_for_those_alone_who_may_read_it(desk: Desk) -> None:
    desk.account("ada")
    hide(desk)

    for path in (BOARD, RIG):
        assert 404 == desk.send("GET", path).status_code
        assert 404 == desk.send("GET", path, "ada").status_code
        assert 200 == desk.send("GET", path, "acme").status_code


def test_what_is_not_there_has_no_feed(desk: Desk) -> None:
    desk.ok("POST", "/api/v1alpha1/database", "acme", json=_database("data"))

    for path in (
        "/feeds/acme/none.atom",
        "/feeds/acme/data.atom",
        "/feeds/acme/board/rigs/nobody.atom",
    ):
        assert 404 == desk.send("GET", path).status_code


def _database(name: str) -> dict[str, str]:
    return {"ownerName": "acme", "repoName": name, "visibility": "public", "description": ""}
