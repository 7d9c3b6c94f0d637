"""Webhooks over HTTP, and what they are told of, whatever door it came by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commons.outgoing.servers import LOOPBACK, Receiver, reply
from hub.desks import API, BOARD, V1, Desk, claim, escaped, hide, open_desk
from hub.played import servers
from wasteland.commons.sdk import Commons
from wasteland.commons.session import Seat
from wasteland.hosts.local import LocalHost
from wasteland.hub import news, notices
from wasteland.hub.hub import Hub
from wasteland.hub.moving import move
from wasteland.hub.news import Told
from wasteland.hub.tokens import Scope
from wasteland.hub.webhooks import signing

HOOKS = f"{API}/webhooks"
CALLING: dict[str, Any] = {"allow_outgoing": True, "outgoing_allowed": (f"{LOOPBACK}/32",)}


@pytest.fixture
def calling(tmp_path: Path) -> Iterator[Desk]:
    """A hub that may call loopback."""
    with open_desk(tmp_path / "host", **CALLING) as desk:
        yield desk


@pytest.fixture(params=["doltlite", pytest.param("dolt", marks=pytest.mark.dolt)])
def any_calling(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A hub on each engine that may call loopback."""
    dolt = request.getfixturevalue("dolt_program") if request.param == "dolt" else ""
    with open_desk(tmp_path / "host", engine=request.param, dolt=dolt, **CALLING) as desk:
        yield desk


def _hooked(desk: Desk, *events: str, url: str = "https://hooks.test/in?key=s3cret") -> Any:
    return desk.ok("POST", HOOKS, "acme", json={"url": url, "events": list(events)})


def _told(desk: Desk, hook: Any) -> list[dict[str, Any]]:
    """Return the bodies that wait for a webhook, oldest first, once the hub has looked."""
    notices.tell_all(desk.hub)
    sent = desk.ok("GET", f"{HOOKS}/{hook['id']}/deliveries", "acme", params={"limit": 200})
    return [json.loads(delivery["body"]) for delivery in reversed(sent["items"])]


def _names(told: list[dict[str, Any]]) -> list[str]:
    return [f"{body['event_name']} {body.get('action', '')}".strip() for body in told]


def test_the_secret_is_shown_once_and_the_address_only_in_part(calling: Desk) -> None:
    made = calling.send("POST", HOOKS, "acme", json={"url": "https://hooks.test/in?key=s3cret"})
    hook = made.json()

    assert (201, "no-store") == (made.status_code, made.headers["cache-control"])
    assert hook["secret"].startswith("whsec_")
    assert ["branch", "pull_request", "push", "stamp", "wanted"] == hook["events"]
    listed = calling.send("GET", HOOKS, "acme")
    shown = calling.send("GET", f"{HOOKS}/{hook['id']}", "acme")
    assert [shown.json()] == listed.json()["items"]
    assert "https://hooks.test" == shown.json()["place"]
    assert not any(secret in listed.text for secret in ("s3cret", hook["secret"]))


def test_a_new_secret_replaces_the_old_one(calling: Desk) -> None:
    with Receiver([reply(200)]).running() as server:
        hook = _hooked(calling, "wanted", url=server.url())
        rotated = calling.ok("POST", f"{HOOKS}/{hook['id']}/secret", "acme")
        calling.post()
        notices.tell_all(calling.hub)
        at = calling.hub.host.now()
        calling.hub.webhooks.deliver_due(at)

    (got,) = server.received
    header, at_s = got.headers[signing.HEADER.lower()], int(at.timestamp())
    assert signing.verify(rotated["secret"], got.body, header, now_s=at_s)
    assert not signing.verify(hook["secret"], got.body, header, now_s=at_s)


def test_only_who_administers_a_repository_sets_up_its_webhooks(calling: Desk) -> None:
    calling.account("ada")
    calling.join("ada")
    calling.tokens["reader"] = calling.hub.accounts.issue("acme", label="", scope=Scope.READ)[1]
    hook = _hooked(calling)
    requests = [
        ("POST", HOOKS),
        ("GET", HOOKS),
        ("GET", f"{HOOKS}/{hook['id']}"),
        ("POST", f"{HOOKS}/{hook['id']}/secret"),
        ("GET", f"{HOOKS}/{hook['id']}/deliveries"),
        ("POST", f"{HOOKS}/{hook['id']}/deliveries/x/redeliver"),
        ("DELETE", f"{HOOKS}/{hook['id']}"),
    ]

    body = {"url": "https://hooks.test/"}
    for who, status in (("ada", 403), ("reader", 403), ("", 401)):
        for method, path in requests:
            assert status == calling.send(method, path, who, json=body).status_code, (who, path)
    hide(calling)
    assert {404} == {calling.send(m, p, "ada", json=body).status_code for m, p in requests}


def test_a_webhook_of_another_repository_is_not_found(calling: Desk) -> None:
    hook = _hooked(calling)
    calling.account("ada")
    calling.fork("ada")

    path = f"/api/v1/commons/ada/board/webhooks/{hook['id']}"
    assert 404 == calling.send("GET", path, "ada").status_code
    assert 404 == calling.send("DELETE", path, "ada").status_code


def test_a_hub_that_calls_nobody_sets_up_no_webhook(desk: Desk) -> None:
    refused = desk.send("POST", HOOKS, "acme", json={"url": "https://hooks.test/"})

    assert (501, "unsupported") == (refused.status_code, refused.json()["code"])


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://hooks.test/"},
        {"url": "https://user:s3cret@hooks.test/"},
        {"url": "https://hooks.test/", "events": ["everything"]},
        {"url": "https://hooks.test/", "secret": "mine"},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(calling: Desk, body: dict[str, Any]) -> None:
    refused = calling.send("POST", HOOKS, "acme", json=body)

    assert 422 == refused.status_code
    assert "s3cret" not in refused.text


def test_the_secret_is_not_kept_for_repeated_requests(calling: Desk) -> None:
    headers = {"idempotency-key": "same"}
    first, second = (
        calling.ok("POST", HOOKS, "acme", json={"url": "https://hooks.test/"}, headers=headers)
        for _ in range(2)
    )

    assert first["secret"] != second["secret"]
    assert not list(calling.hub._store.read("SELECT * FROM answers"))


# --- what they are told


def test_work_is_told_from_its_claim_to_its_stamp(any_calling: Desk) -> None:
    desk = any_calling
    desk.account("ada")
    desk.join("ada")
    hook = _hooked(desk)
    item = desk.post("Fix it")
    desk.write("ada", f"wl/ada/{item}", claim("ada", item))
    desk.offer("ada", f"wl/ada/{item}")
    desk.ok("POST", f"{API}/wanted/{item}/done", "ada", json={"evidence": "https://x.test/1"})
    submitted = _told(desk, hook)
    desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json={"quality": "good"})

    told = _told(desk, hook)

    assert submitted == told[: len(submitted)]
    assert [
        "pull_request Opened",
        "pull_request Opened",
        "push",
        "wanted",
        "push",
        "wanted",
        "pull_request Merged",
    ] == _names(submitted)
    assert ["push", "stamp", "wanted", "pull_request Merged"] == _names(told[len(submitted) :])
    items = [body for body in told if body["event_name"] == "wanted"]
    assert [("open", "mia"), ("claimed", "ada"), ("completed", "mia")] == [
        (body["item"]["status"], body["rig"]) for body in items
    ]
    merged = [body for body in told if body.get("action") == "Merged"]
    assert [("ada", "ada"), ("ada", "acme")] == [(b["author"], b["sender"]) for b in merged]
    pushed = [body for body in told if body["event_name"] == "push"]
    assert [body["head"] for body in pushed[:-1]] == [body["prev"] for body in pushed[1:]]
    assert desk.hub.host.engine(BOARD).head() == pushed[-1]["head"]


def test_a_change_by_another_process_is_told_too(calling: Desk, tmp_path: Path) -> None:
    hook = _hooked(calling, "wanted")
    with LocalHost(tmp_path / "host") as host:
        item = Commons(host, BOARD, Seat("mia", "acme")).post(title="Beside the hub").id

    assert [item] == [body["item"]["id"] for body in _told(calling, hook)]


def test_what_happened_before_a_webhook_was_set_up_is_no_news_to_it(calling: Desk) -> None:
    first = _hooked(calling, "wanted")
    item = calling.post()
    second = _hooked(calling, "wanted")

    assert [item] == [body["item"]["id"] for body in _told(calling, first)]
    assert [] == _told(calling, second)


def test_a_restart_neither_forgets_nor_repeats(tmp_path: Path) -> None:
    with open_desk(tmp_path / "host", **CALLING) as desk:
        hook = _hooked(desk, "wanted")
        items = [desk.post("Told")]
        assert 1 == len(_told(desk, hook))
        items.append(desk.post("Not told yet"))
        options = desk.hub.options

    hub = Hub.open(tmp_path / "host", options)
    try:
        for _ in range(2):
            notices.tell_all(hub)
        sent = hub.webhooks.deliveries(hub.webhooks.find(BOARD, hook["id"]))
    finally:
        hub.close()
    assert items == [json.loads(delivery.body)["item"]["id"] for delivery in reversed(sent)]


def test_who_was_slower_than_another_in_telling_tells_nothing(calling: Desk) -> None:
    hook = _hooked(calling, "wanted")
    webhooks = calling.hub.webhooks
    before = webhooks.told(BOARD)
    calling.post()
    notices.tell_all(calling.hub)

    assert not webhooks.tell(BOARD, [], before=before, after=Told().to_text())
    assert 1 == len(_told(calling, hook))


def test_many_commits_are_told_in_rounds(calling: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "MOST_COMMITS", 2)
    hook = _hooked(calling, "wanted")
    items = [calling.post(f"Item {number}") for number in range(5)]

    rounds = [[body["item"]["id"] for body in _told(calling, hook)] for _ in range(3)]
    assert [items[:2], items[:4], items] == rounds


def test_branches_of_the_repository_are_told(calling: Desk) -> None:
    hook = _hooked(calling, "branch", "push")
    path = f"{V1}/acme/board/write/main/{escaped('try/it')}"
    for value in ("1", "2"):
        sql = f"UPDATE `_meta` SET `value` = '{value}' WHERE `key` = 'note'"
        if value == "1":
            sql = "INSERT INTO `_meta` (`key`, `value`) VALUES ('note', '1')"
        calling.ok("POST", path, "acme", params={"q": sql})
        _told(calling, hook)
        path = path.replace("/main/", f"/{escaped('try/it')}/")
    sql = "CALL DOLT_BRANCH('-D', 'try/it')"
    calling.ok("POST", f"{V1}/acme/board/write/main/main", "acme", params={"q": sql})

    told = _told(calling, hook)

    assert ["branch Created branch", "push", "branch Deleted branch"] == _names(told)
    assert "refs/heads/try/it" == told[1]["ref"]


def test_a_closed_pull_request_is_told(calling: Desk) -> None:
    calling.account("ada")
    calling.join("ada")
    hook = _hooked(calling, "pull_request")
    item = calling.post()
    calling.ok("POST", f"{API}/wanted/{item}/claim", "ada")
    done = calling.ok("POST", f"{API}/wanted/{item}/done", "ada", json={"evidence": "see log"})
    path = f"{V1}/acme/board/pulls/{done['pull']}"
    calling.ok("PATCH", path, "ada", json={"state": "closed"})

    told = _told(calling, hook)

    assert ["pull_request Opened", "pull_request Closed"] == _names(told)
    assert ["Open", "Closed"] == [body["state"] for body in told]
    assert [] == _told(calling, hook)[2:]


def test_what_is_dead_is_listed_and_can_be_sent_again(calling: Desk) -> None:
    hook = _hooked(calling, "wanted", url=f"http://{LOOPBACK}:1/")
    calling.post()
    notices.tell_all(calling.hub)
    (waiting,) = calling.ok("GET", f"{HOOKS}/{hook['id']}/deliveries", "acme")["items"]
    again = f"{HOOKS}/{hook['id']}/deliveries/{waiting['id']}/redeliver"

    early = calling.send("POST", again, "acme")
    _kill(calling, waiting["id"])
    path = f"{HOOKS}/{hook['id']}/deliveries"
    (dead,) = calling.ok("GET", path, "acme", params={"state": "dead"})["items"]
    answer = calling.send("POST", again, "acme")

    assert (409, 202) == (early.status_code, answer.status_code)
    assert (waiting["id"], "dead") == (dead["id"], dead["state"])
    assert [] == calling.ok("GET", path, "acme", params={"state": "dead"})["items"]


def _kill(desk: Desk, delivery_id: str) -> None:
    sql = "UPDATE deliveries SET state = 'dead' WHERE id = ?"
    desk.hub.webhooks._store._file.write(sql, (delivery_id,))


def test_a_removed_webhook_is_told_nothing(calling: Desk) -> None:
    hook = _hooked(calling)
    assert {"removed": hook["id"]} == calling.ok("DELETE", f"{HOOKS}/{hook['id']}", "acme")
    calling.post()

    assert 0 == notices.tell_all(calling.hub)
    assert 404 == calling.send("GET", f"{HOOKS}/{hook['id']}", "acme").status_code


def test_a_history_that_was_replaced_is_told_as_one_push(calling: Desk) -> None:
    hook = _hooked(calling, "push", "wanted")
    before = calling.hub.webhooks.told(BOARD)
    calling.post()
    strange = Told({**Told.of(before or "").branches, "main": "v" * 32})
    assert calling.hub.webhooks.tell(BOARD, [], before=before, after=strange.to_text())

    (push,) = _told(calling, hook)

    assert ("push", "v" * 32) == (push["event_name"], push["prev"])
    assert [] == _told(calling, hook)[1:]


def test_commits_are_told_in_their_order_whatever_date_they_state(calling: Desk) -> None:
    hook = _hooked(calling, "push", "wanted")
    engine = calling.hub.host.engine(BOARD)
    for number, year in enumerate((2031, 2027, 2029)):
        with engine.change() as change:
            row = {"id": f"w-{number}", "title": "x"}
            change.execute("INSERT INTO `wanted` (`id`, `title`) VALUES (:id, :title)", row)
            at = datetime(year, 1, 1, tzinfo=UTC)
            change.commit("add", author="mia", at=at, tables=["wanted"])

    told = _told(calling, hook)

    items = [body["item"]["id"] for body in told if body["event_name"] == "wanted"]
    assert ["w-0", "w-1", "w-2"] == items


@pytest.mark.dolt
def test_a_move_to_another_engine_is_no_news(tmp_path: Path, dolt_program: str) -> None:
    with (
        servers(tmp_path / "host", dolt=dolt_program),
        open_desk(tmp_path / "host", dolt=dolt_program, **CALLING) as desk,
    ):
        hook = _hooked(desk)
        item = desk.post("Before")
        before = _told(desk, hook)
        move(desk.hub.host, BOARD, "dolt")
        assert before == _told(desk, hook)
        later = desk.post("After")

        told = _told(desk, hook)

    items = [body["item"]["id"] for body in told if body["event_name"] == "wanted"]
    assert [item, later] == items
