"""What a hub does by itself: its chores, and that none keeps another from its turn."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from commons.outgoing.servers import LOOPBACK, Receiver, reply
from hub.desks import API, BOARD, Desk, open_desk
from wasteland.hub import chores
from wasteland.hub.http.repeats import Kept


@pytest.fixture
def calling(tmp_path: Path) -> Iterator[Desk]:
    """A hub that may call loopback, with the rig ada."""
    allowed = (f"{LOOPBACK}/32",)
    with open_desk(tmp_path / "host", allow_outgoing=True, outgoing_allowed=allowed) as desk:
        desk.account("ada")
        desk.join("ada")
        yield desk


def _accepted(desk: Desk, evidence: str) -> str:
    """Let ada's work be accepted and return the id of its completion."""
    item = desk.post()
    desk.ok("POST", f"{API}/wanted/{item}/claim", "ada")
    desk.ok("POST", f"{API}/wanted/{item}/done", "ada", json={"evidence": evidence})
    desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json={"quality": "good"})
    found: str = desk.ok("GET", f"{API}/wanted/{item}")["completions"][0]["id"]
    return found


def test_evidence_on_main_is_looked_at(calling: Desk) -> None:
    with Receiver([reply(200), reply(404)]).running() as server:
        there = _accepted(calling, server.url(path="/there"))
        look = chores._Evidence(calling.hub)
        look()
        gone = _accepted(calling, server.url(path="/gone"))
        look()

    states = {
        name: calling.ok("GET", f"{API}/evidence/checks/{name}")["state"] for name in (there, gone)
    }
    assert {there: "ok", gone: "missing"} == states
    assert ["/there", "/gone"] == [got.path for got in server.received]


def test_evidence_that_waits_for_review_is_looked_at_once_unless_the_gate_refuses_it(
    calling: Desk,
) -> None:
    with Receiver([reply(200)]).running() as server:
        item = calling.post()
        calling.ok("POST", f"{API}/wanted/{item}/claim", "ada")
        body = {"evidence": server.url(path="/offered")}
        pull = calling.ok("POST", f"{API}/wanted/{item}/done", "ada", json=body)["pull"]
        foreign = calling.post()
        calling.write("ada", "wl/ada/foreign", _foreign_work(foreign, server.url(path="/foreign")))
        assert calling.offer("ada", "wl/ada/foreign").is_success
        look = chores._Evidence(calling.hub)
        look()
        look()

    rows = calling.ok("GET", f"{API}/pulls/{pull}", "acme")["rows"]
    (completion,) = [row["key"] for row in rows if row["table"] == "completions"]
    state = calling.hub.checks.state(str(BOARD), completion)
    assert state is not None
    assert "ok" == state.state.value
    assert ["/offered"] == [got.path for got in server.received]


def _foreign_work(item_id: str, url: str) -> str:
    """Return the statement that hands in work on an item which nobody has claimed."""
    return (
        "INSERT INTO completions (id, wanted_id, completed_by, evidence) "
        f"VALUES ('c-foreign', '{item_id}', 'ada', '{url}')"
    )


def test_a_hub_that_calls_nobody_looks_at_no_evidence(desk: Desk) -> None:
    desk.account("ada")
    desk.join("ada")
    completion = _accepted(desk, "https://x.test/1")

    chores._Evidence(desk.hub)()

    assert desk.hub.checks.state(str(BOARD), completion) is None


def test_a_chore_that_fails_is_tried_again(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    rounds: list[int] = []

    def chore() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 2:
            desk.hub.stopping.set()
        raise ValueError("no luck")

    with caplog.at_level(logging.ERROR, logger="wasteland.hub"):
        chores._repeat(desk.hub, chore, 0)

    assert [0, 1] == rounds
    assert 2 == len(caplog.records)


def test_chores_end_with_the_hub(desk: Desk) -> None:
    threads = chores.start(desk.hub)

    desk.hub.stopping.set()
    for thread in threads:
        thread.join(timeout=30)
    assert len(threads) >= 4
    assert not any(thread.is_alive() for thread in threads)


def test_what_is_kept_for_a_time_is_pruned_in_turn(desk: Desk) -> None:
    desk.hub.answers.finish("acme", "k", Kept("digest", 200, "{}", ""))
    desk.hub._store.write("UPDATE answers SET created_at = '2001-01-01 00:00:00'")

    chores._prune(desk.hub)
    assert [] == desk.hub._store.read("SELECT * FROM answers")
