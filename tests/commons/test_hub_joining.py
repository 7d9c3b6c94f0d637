"""Joining and making commons on a hub: once, checked first, and remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commons.far import ROOT, Wire
from hub.desks import BOARD, Desk, open_desk
from wasteland import settings as user_settings
from wasteland.commons import hub_joining, memberships, signing_in
from wasteland.commons.memberships import PLAIN, Membership
from wasteland.engines.dolthub.retry import Limits
from wasteland.hosts.base import RepoName
from wasteland.protocol.errors import Conflict, Forbidden, NotFound, Unavailable
from wasteland.settings import Settings

WISHES = {
    "handle": "",
    "name": "Town",
    "display_name": "",
    "preset": "open",
    "mode": "pr",
    "scale": "1",
}


class Sometimes(Wire):
    """A way to a hub on which answers to POSTs can be lost; keeps the ids that were sent."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.keys: list[str] = []
        self.loses_answers = False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        is_write = request.method == "POST"
        if is_write:
            body = json.loads(request.content)
            self.keys.append(body.get("op_id") or request.headers["idempotency-key"])
        self.cut_after = is_write and self.loses_answers
        return super().handle_request(request)


@dataclass
class User:
    """Ada, who is signed in, and her way to the hub."""

    settings: Settings
    desk: Desk
    wire: Sometimes

    def join(self, repo: RepoName = BOARD, **wishes: Any) -> Any:
        """Join a commons."""
        return hub_joining.join(self.settings, ROOT, repo, transport=self.wire, **wishes)

    def create(self, repo: RepoName, **wishes: Any) -> Any:
        """Make a commons."""
        given: dict[str, Any] = {**WISHES, **wishes}
        return hub_joining.create(self.settings, ROOT, repo, transport=self.wire, **given)

    @property
    def joined(self) -> list[tuple[str, str]]:
        """What is remembered: name and rig."""
        return [(str(m.repo), m.handle) for m in memberships.joined(self.settings.config)]


@pytest.fixture
def ada(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """A user with an account, and a hub with a board; a request is tried once."""
    monkeypatch.setattr("wasteland.engines.dolthub.http.Limits", lambda: Limits(tries=1))
    with open_desk(tmp_path / "host") as desk:
        user = User(user_settings.load({"HOME": str(tmp_path)}), desk, Sometimes(desk))
        signing_in.sign_in(user.settings, ROOT, desk.account("ada"), transport=user.wire)
        yield user


def test_a_rig_is_registered_once_and_remembered(ada: User) -> None:
    first, again = ada.join(), ada.join()

    assert ("merged", "ada") == (first.registration.state, first.handle)
    assert (None, True) == (again.registration, bool(again.note))
    assert [("acme/board", "ada")] == ada.joined


def test_who_lost_the_answer_gets_the_first_receipt_by_joining_again(ada: User) -> None:
    ada.wire.loses_answers = True
    with pytest.raises(Unavailable):
        ada.join()
    ada.wire.loses_answers = False
    joined = ada.join()

    assert joined.registration.replayed
    assert 1 == len(set(ada.wire.keys))
    assert [("acme/board", "ada")] == ada.joined


def test_operation_ids_cannot_be_guessed_and_are_forgotten_once_answered(ada: User) -> None:
    ada.join()
    memberships.forget(ada.settings.config, BOARD)
    ada.join(handle="ada-two")

    assert 2 == len(set(ada.wire.keys))
    assert [] == list((ada.settings.state / "joins").glob("*.json"))


def test_another_membership_of_the_name_is_seen_before_anything_is_written(ada: User) -> None:
    memberships.save(ada.settings.config, Membership(BOARD, "ada", "ada", PLAIN, "file:///else"))
    with pytest.raises(Conflict, match="You have joined"):
        ada.join()
    with pytest.raises(Conflict, match="You have joined"):
        ada.create(BOARD)

    assert [] == ada.wire.keys
    assert [] == ada.desk.rows("SELECT handle FROM rigs WHERE handle = 'ada'")


def test_a_rehearsed_join_writes_nothing_anywhere(ada: User) -> None:
    joined = ada.join(dry_run=True)

    assert ("dry_run", True) == (joined.registration.state, joined.dry_run)
    assert [] == ada.joined
    assert [] == ada.desk.rows("SELECT handle FROM rigs WHERE handle = 'ada'")


def test_a_handle_of_another_account_is_refused(ada: User) -> None:
    with pytest.raises(Forbidden):
        ada.join(handle="mia")

    assert [] == ada.joined


def test_a_commons_that_is_not_there_is_not_joined(ada: User) -> None:
    with pytest.raises(NotFound):
        ada.join(RepoName("acme", "nothing"))

    assert [] == ada.joined


def test_a_commons_whose_answer_was_lost_is_made_once(ada: User) -> None:
    town = RepoName("ada", "town")
    ada.wire.loses_answers = True
    with pytest.raises(Unavailable):
        ada.create(town)
    ada.wire.loses_answers = False
    made = ada.create(town)

    assert ("ada/town", "ada") == (made["commons"], made["handle"])
    assert 1 == len(set(ada.wire.keys))
    assert [("ada/town", "ada")] == ada.joined
    with pytest.raises(Conflict):
        ada.create(town)


def test_a_rehearsed_creation_makes_nothing(ada: User) -> None:
    town = RepoName("ada", "town")
    planned = ada.create(town, dry_run=True)

    assert ("ada/town", "") == (planned["commons"], planned["commit"])
    assert [] == ada.joined
    assert "ada/town" == ada.create(town)["commons"]
