"""Routes made from the operations table: every row has one, pages, conditional reads, seats."""

from __future__ import annotations

import base64
from typing import Any, Final

import pytest

from hub.crawl import doors
from hub.desks import API, Desk, claim
from wasteland.commons import board
from wasteland.commons.operations import OPERATIONS, Kind
from wasteland.hub.tokens import Scope

PREFIX: Final = "/api/v1/commons/{owner}/{database}"


def test_every_operation_has_its_route(desk: Desk) -> None:
    have = {str(door) for door in doors(desk.hub)}
    want = {f"{o.route.partition(' ')[0]} {PREFIX}{o.route.partition(' ')[2]}" for o in OPERATIONS}

    assert set() == want - have


def test_writes_take_a_body_and_reads_take_parameters(desk: Desk) -> None:
    by_name = {str(door): door for door in doors(desk.hub)}
    for row in OPERATIONS:
        verb, _, path = row.route.partition(" ")
        door = by_name[f"{verb} {PREFIX}{path}"]
        assert (row.kind is Kind.WRITE) == (verb != "GET")
        assert row.kind is Kind.WRITE or door.body is None


def test_lists_come_in_pages_that_link_to_the_next(desk: Desk) -> None:
    titles = {f"item {number}" for number in range(5)}
    for title in titles:
        desk.post(title)

    seen: list[str] = []
    path: str | None = f"{API}/wanted?limit=2"
    sizes = []
    while path:
        answer = desk.send("GET", path)
        page = answer.json()
        sizes.append(len(page["items"]))
        seen += [item["title"] for item in page["items"]]
        link = answer.headers.get("link", "")
        assert bool(link) == bool(page["next"])
        path = link.partition(">")[0].removeprefix("<") or None

    assert [2, 2, 1] == sizes
    assert titles == set(seen)


def test_a_page_goes_on_where_the_last_ended_whatever_left_the_board_meanwhile(desk: Desk) -> None:
    for number in range(6):
        desk.post(f"item {number}")
    first = desk.ok("GET", f"{API}/wanted", params={"limit": 3})
    for item in first["items"]:
        desk.ok("POST", f"{API}/wanted/{item['id']}/withdraw", "acme")

    second = desk.ok("GET", f"{API}/wanted", params={"limit": 3, "cursor": first["next"]})
    shown = [item["title"] for page in (first, second) for item in page["items"]]
    assert (6, "") == (len(set(shown)), second["next"])


def test_the_end_of_a_search_is_the_end_of_its_pages(desk: Desk) -> None:
    """However far one reads: no page beyond what is found is refused."""
    item = desk.post("needle")
    last = base64.urlsafe_b64encode(b"999").decode()

    found = desk.ok("GET", f"{API}/search", params={"words": "needle", "limit": 1000})
    beyond = desk.ok(
        "GET", f"{API}/search", params={"words": "needle", "limit": 1000, "cursor": last}
    )
    assert [item] == [hit["id"] for hit in found["items"]]
    assert ([], "") == (beyond["items"], beyond["next"])


def test_a_page_is_full_although_pending_work_took_items_off_it(desk: Desk) -> None:
    items = [desk.post(f"item {number}") for number in range(4)]
    desk.account("ada")
    desk.join("ada")
    taken = desk.ok("GET", f"{API}/wanted", "ada", params={"limit": 1})["items"][0]["id"]
    branch = f"wl/ada/{taken}"
    desk.write("ada", branch, claim("ada", taken))
    desk.write("ada", branch, "INSERT INTO _meta (`key`, `value`) VALUES ('theme', 'dark')")
    desk.offer("ada", branch)

    page = desk.ok("GET", f"{API}/wanted", "ada", params={"limit": 2})
    assert (2, True) == (len(page["items"]), bool(page["next"]))
    rest = desk.ok("GET", f"{API}/wanted", "ada", params={"limit": 2, "cursor": page["next"]})
    shown = [item["id"] for each in (page, rest) for item in each["items"]]
    assert sorted(set(items) - {taken}) == sorted(shown)


@pytest.mark.parametrize("cursor", ["x", "!!", "LTE", "OTk5OTk5OTk5OTk5", "é", "AAAA"])
def test_a_cursor_that_is_none_of_ours_is_refused(desk: Desk, cursor: str) -> None:
    answer = desk.send("GET", f"{API}/wanted", params={"cursor": cursor})

    assert (422, "cursor") == (answer.status_code, answer.json()["field"])


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1.5", "9" * 30])
def test_a_limit_has_its_bounds(desk: Desk, limit: str) -> None:
    for path in ("wanted", "rigs", "pulls", "search?words=x"):
        mark = "&" if "?" in path else "?"
        answer = desk.send("GET", f"{API}/{path}{mark}limit={limit}")

        assert (422, "limit") == (answer.status_code, answer.json()["field"]), path


def test_a_read_that_a_client_has_is_not_sent_again(desk: Desk) -> None:
    item = desk.post()
    first = desk.send("GET", f"{API}/wanted/{item}")
    again = desk.send(
        "GET", f"{API}/wanted/{item}", headers={"if-none-match": first.headers["etag"]}
    )
    desk.ok("POST", f"{API}/wanted/{item}/withdraw", "acme")
    later = desk.send(
        "GET", f"{API}/wanted/{item}", headers={"if-none-match": first.headers["etag"]}
    )

    assert (304, b"", 200) == (again.status_code, again.content, later.status_code)
    assert "Authorization" in again.headers["vary"]


def test_a_write_answers_with_its_receipt_and_a_refusal_with_its_code(desk: Desk) -> None:
    item = desk.post()
    claimed = desk.ok("POST", f"{API}/wanted/{item}/claim", "acme")
    desk.account("ada")
    desk.join("ada")
    lost = desk.send("POST", f"{API}/wanted/{item}/claim", "ada")

    assert (item, "claim") == (claimed["id"], claimed["operation"])
    assert (409, "already_claimed", "mia") == (
        lost.status_code,
        lost.json()["code"],
        lost.json()["holder"],
    )


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    body = {"title": "x", "dry_run": True}
    desk.ok("POST", f"{API}/wanted", "acme", json=body)

    assert [] == desk.ok("GET", f"{API}/wanted")["items"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": 3}, "title"),
        ({"title": ["x"]}, "title"),
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": "x", "op_id": "a b"}, "op_id"),
        ({"title": "x" * 257}, "title"),
        ({"title": "x", "priority": "soon"}, "priority"),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_its_field(
    desk: Desk, body: dict[str, Any], field: str
) -> None:
    answer = desk.send("POST", f"{API}/wanted", "acme", json=body)

    assert (422, field) == (answer.status_code, answer.json().get("field")), answer.text


def test_an_account_acts_as_the_rig_that_it_names_and_else_as_the_usual_one(desk: Desk) -> None:
    register = {"handle": "bot", "rig_type": "agent"}
    desk.ok("POST", f"{API}/rigs", "acme", json=register)

    def poster(**headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        made = desk.ok("POST", f"{API}/wanted", "acme", json={"title": "x"}, headers=sent)
        return desk.ok("GET", f"{API}/wanted/{made['id']}")["item"]["posted_by"]

    assert ("bot", "bot") == (poster(x_wasteland_rig="bot"), poster())
    assert "mia" == poster(x_wasteland_rig="mia")


def test_the_token_of_a_rig_acts_as_that_rig_alone(desk: Desk) -> None:
    desk.ok("POST", f"{API}/rigs", "acme", json={"handle": "bot", "rig_type": "agent"})
    accounts = desk.hub.accounts
    desk.tokens["bot"] = accounts.issue("acme", label="", scope=Scope.WRITE, rig="bot")[1]
    made = desk.ok("POST", f"{API}/wanted", "bot", json={"title": "x"})
    headers = {"x-wasteland-rig": "mia"}
    refused = desk.send("POST", f"{API}/wanted", "bot", json={"title": "x"}, headers=headers)

    assert "bot" == desk.ok("GET", f"{API}/wanted/{made['id']}")["item"]["posted_by"]
    assert 403 == refused.status_code
    assert 403 == desk.send("POST", f"{API}/rigs", "bot", json={"handle": "other"}).status_code


def test_nobody_raises_trust_without_being_a_maintainer(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    own = desk.send("PUT", f"{API}/rigs/ada/trust", "ada", json={"level": 3})
    nobody = desk.send("PUT", f"{API}/rigs/ada/trust", json={"level": 3})

    assert (403, 401) == (own.status_code, nobody.status_code)
    assert [{"trust_level": "1"}] == desk.rows("SELECT trust_level FROM rigs WHERE handle='ada'")


def test_a_registration_cannot_take_a_rig_of_another(desk: Desk) -> None:
    desk.account("eve")

    for handle in ("mia", "MIA"):
        answer = desk.send("POST", f"{API}/rigs", "eve", json={"handle": handle})
        assert answer.status_code in {403, 409, 422}, answer.text
    assert [{"dolthub_org": "acme"}] == desk.rows("SELECT dolthub_org FROM rigs WHERE handle='mia'")


def test_a_board_that_a_client_has_is_not_read_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post()
    first = desk.send("GET", f"{API}/wanted", "acme")
    headers = {"if-none-match": first.headers["etag"]}
    read: list[object] = []
    monkeypatch.setattr(board, "list_items", lambda *given: read.append(given))

    again = desk.send("GET", f"{API}/wanted", "acme", headers=headers)
    assert (304, first.headers["etag"], []) == (again.status_code, again.headers["etag"], read)
    monkeypatch.undo()
    desk.post()
    assert 200 == desk.send("GET", f"{API}/wanted", "acme", headers=headers).status_code


@pytest.mark.parametrize(
    "query", ["?limit=1", "?status=all", "?view=all", "?view=upstream", "?cursor={next}"]
)
def test_what_is_asked_otherwise_has_another_tag(desk: Desk, query: str) -> None:
    desk.post()
    desk.post()
    first = desk.send("GET", f"{API}/wanted?limit=1&status=open")
    path = f"{API}/wanted{query.format(next=first.json()['next'])}"

    other = desk.send("GET", path, headers={"if-none-match": first.headers["etag"]})
    assert (200, False) == (other.status_code, other.headers["etag"] == first.headers["etag"])


def test_ones_own_pending_work_changes_what_one_has_of_the_board(desk: Desk) -> None:
    item = desk.post()
    desk.account("ada")
    desk.join("ada")
    tags = [desk.send("GET", f"{API}/wanted", "ada").headers["etag"]]
    branch = f"wl/ada/{item}"
    for sql in (claim("ada", item), "INSERT INTO _meta (`key`, `value`) VALUES ('x', 'y')"):
        desk.write("ada", branch, sql)
    desk.offer("ada", branch)

    tags.append(desk.send("GET", f"{API}/wanted", "ada").headers["etag"])
    assert 2 == len(set(tags))
