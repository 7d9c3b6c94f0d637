"""What rigs are told of their own work: each once, to whom it concerns, with who and why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.desks import API, BOARD, Desk
from wasteland.hub.callers import of_token
from wasteland.hub.notifications.gathering import gather
from wasteland.hub.notifications.records import Kind, Notification, advice, headline
from wasteland.hub.verdicts import Opinion


def told(desk: Desk, who: str) -> list[Notification]:
    """Return what an account is told, newest first."""
    gather(desk.hub, BOARD)
    return desk.hub.notifications.of(of_token(desk.hub.accounts, desk.tokens[who]), BOARD)


def joined(desk: Desk, *names: str) -> None:
    """Register rigs with accounts of their names."""
    for name in names:
        desk.account(name)
        desk.ok("POST", f"{API}/rigs", name, json={"handle": name})


def handed_in(desk: Desk, who: str, title: str = "Fix it") -> str:
    """Return an item that a rig has handed in."""
    item = desk.post(title)
    desk.ok("POST", f"{API}/wanted/{item}/claim", who)
    desk.ok("POST", f"{API}/wanted/{item}/done", who, json={"evidence": "it is done"})
    return item


def test_accepted_work_is_told_with_who_the_stamp_and_why(desk: Desk) -> None:
    joined(desk, "ben")
    item = handed_in(desk, "ben")
    body = {"quality": "good", "message": "Clean and small"}
    receipt = desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json=body)

    (found,) = told(desk, "ben")

    assert (Kind.ACCEPTED, "ben", "mia", item) == (found.kind, found.rig, found.by, found.item)
    assert ("Fix it", "Clean and small") == (found.title, found.reason)
    assert receipt["records"]["stamps"] == [found.stamp]
    assert "mia accepted your work" == headline(found)
    assert [] == told(desk, "acme")


def test_rejected_work_is_told_with_the_reason(desk: Desk) -> None:
    joined(desk, "ben")
    item = handed_in(desk, "ben")
    desk.ok("POST", f"{API}/wanted/{item}/reject", "acme", json={"reason": "No test"})

    (found,) = told(desk, "ben")

    assert (Kind.REJECTED, "mia", "No test") == (found.kind, found.by, found.reason)
    assert "mia gave your work back" == headline(found)
    assert "rework" in advice(found)


def test_work_closed_without_a_stamp_is_told(desk: Desk) -> None:
    joined(desk, "ben")
    item = handed_in(desk, "ben")
    desk.ok("POST", f"{API}/wanted/{item}/close", "acme")

    assert [(Kind.CLOSED, "mia", item)] == [(n.kind, n.by, n.item) for n in told(desk, "ben")]


def test_a_rival_of_an_accepted_submission_is_told_why_its_own_was_closed(desk: Desk) -> None:
    joined(desk, "ben", "cleo")
    item = str(desk.ok("POST", f"{API}/wanted", "acme", json={"title": "x", "bounty": True})["id"])
    for who in ("ben", "cleo"):
        desk.ok("POST", f"{API}/wanted/{item}/done", who, json={"evidence": f"by {who}"})
    body = {"quality": "good", "rig": "ben"}
    desk.ok("POST", f"{API}/wanted/{item}/accept", "acme", json=body)

    assert [Kind.ACCEPTED] == [n.kind for n in told(desk, "ben")]
    (found,) = told(desk, "cleo")
    assert (Kind.CLOSED, "another submission was accepted") == (found.kind, found.reason)


def test_a_remark_and_an_opinion_are_told_once_and_to_the_author_alone(desk: Desk) -> None:
    joined(desk, "ben", "cleo")
    handed_in(desk, "ben")
    pull = str(desk.hub.host.pulls(BOARD)[-1].id)
    desk.ok("POST", f"{API}/pulls/{pull}/comments", "cleo", json={"body": "Nice"})
    desk.ok("POST", f"{API}/pulls/{pull}/comments", "ben", json={"body": "Thanks"})
    found = desk.hub.host.pull(BOARD, pull)
    desk.hub.verdicts.opine(
        found, Opinion.CHANGES_REQUESTED, account="acme", rig="mia", body="A test"
    )

    first, again = told(desk, "ben"), told(desk, "ben")

    assert [(Kind.CHANGES_REQUESTED, "mia", "A test"), (Kind.COMMENTED, "cleo", "Nice")] == [
        (n.kind, n.by, n.reason) for n in first
    ]
    assert first == again
    assert [] == told(desk, "cleo")


def test_a_merged_and_a_closed_pull_request_are_told_and_what_one_took_back_is_not(
    desk: Desk,
) -> None:
    desk.account("ada")
    desk.join("ada")
    change = "INSERT INTO _meta (`key`, `value`) VALUES ('theme', 'dark')"
    for branch in ("wl/ada/one", "wl/ada/two"):
        desk.write("ada", branch, change)
        desk.offer("ada", branch, title=f"Set {branch[-3:]}")
    one, two = [p.id for p in desk.hub.host.pulls(BOARD)]
    v1 = "/api/v1alpha1/acme/board/pulls"
    desk.ok("PATCH", f"{v1}/{one}", "acme", json={"state": "Closed"})
    desk.ok("PATCH", f"{v1}/{two}", "ada", json={"state": "Closed"})

    (found,) = told(desk, "ada")
    assert (Kind.CLOSED, one, "acme") == (found.kind, found.pull, found.by)
    assert "Set one" == found.title


def test_a_handover_and_a_claim_taken_back_are_told(desk: Desk) -> None:
    joined(desk, "ben", "cleo")
    item = desk.post()
    desk.ok("POST", f"{API}/wanted/{item}/claim", "ben")
    desk.ok("POST", f"{API}/wanted/{item}/handover", "ben", json={"to": "cleo"})
    desk.ok("POST", f"{API}/wanted/{item}/unclaim", "acme")

    assert [(Kind.TAKEN_BACK, "mia"), (Kind.HANDED_OVER, "ben")] == [
        (n.kind, n.by) for n in told(desk, "cleo")
    ]
    assert [] == told(desk, "ben")


def test_a_withdrawal_is_told_to_the_poster_and_not_to_who_withdrew(desk: Desk) -> None:
    joined(desk, "ben")
    item = str(desk.ok("POST", f"{API}/wanted", "ben", json={"title": "Mine"})["id"])
    pull = desk.ok("POST", f"{API}/wanted/{item}/withdraw", "acme")["pull"]
    desk.ok("POST", f"{API}/pulls/{pull}/merge", "acme")

    assert [(Kind.WITHDRAWN, "mia")] == [(n.kind, n.by) for n in told(desk, "ben")]
    assert [] == told(desk, "acme")


def test_what_is_found_again_is_not_told_again(desk: Desk) -> None:
    joined(desk, "ben")
    item = handed_in(desk, "ben")
    desk.ok("POST", f"{API}/wanted/{item}/reject", "acme", json={"reason": "No"})
    before = told(desk, "ben")
    desk.hub.notifications.file.write("DELETE FROM told")

    assert before == told(desk, "ben")


def test_what_is_read_is_read_for_that_account_alone(desk: Desk) -> None:
    joined(desk, "ben")
    for _ in range(2):
        item = handed_in(desk, "ben")
        desk.ok("POST", f"{API}/wanted/{item}/close", "acme")
    newest, oldest = told(desk, "ben")
    kept, ben = desk.hub.notifications, of_token(desk.hub.accounts, desk.tokens["ben"])
    other = of_token(desk.hub.accounts, desk.tokens["acme"])

    assert 0 == kept.read(other, serials=[newest.serial])
    assert 1 == kept.read(ben, serials=[newest.serial])
    assert 0 == kept.read(ben, serials=[newest.serial])
    assert [oldest] == kept.of(ben, is_unread=True)
    assert 1 == kept.read(ben, BOARD)
    assert 0 == kept.count_unread(ben)
    assert 1 == kept.read(ben, serials=[newest.serial], is_read=False)
    assert 1 == kept.count_unread(ben, BOARD)


def test_a_lease_is_told_of_before_it_ends_and_when_it_has(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(desk, "ben")
    item = desk.post()
    desk.ok("POST", f"{API}/wanted/{item}/claim", "ben")
    began = desk.hub.host.now()

    def later(hours: int) -> list[Kind]:
        monkeypatch.setattr(desk.hub.host, "_clock", lambda: began + timedelta(hours=hours))
        return [each.kind for each in told(desk, "ben")]

    assert [] == later(59)
    assert [Kind.LEASE_ENDING] == later(61)
    assert [Kind.LEASE_ENDING] == later(62)
    assert [Kind.LEASE_ENDED, Kind.LEASE_ENDING] == later(73)


def test_a_suspension_and_what_is_answered_to_an_appeal_are_told_with_the_reason(
    desk: Desk,
) -> None:
    joined(desk, "ben")
    suspended = {"reason": "Copied evidence", "scope": "claiming"}
    desk.ok("PUT", f"{API}/rigs/ben/suspension", "acme", json=suspended)
    desk.ok("DELETE", f"{API}/rigs/ben/suspension", "acme", json={"reason": "Settled"})

    restored, held = told(desk, "ben")

    assert (Kind.SUSPENDED, "mia", "Copied evidence") == (held.kind, held.by, held.reason)
    assert (Kind.RESTORED, "Settled") == (restored.kind, restored.reason)
    assert "claiming" == held.title
