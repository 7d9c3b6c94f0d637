from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.authenticator import Authenticator
from wasteland.hosts.state.file import StateFile
from wasteland.hub.accounts import Accounts
from wasteland.hub.ceremonies import Ceremonies, Site, site_of
from wasteland.hub.challenges import LIFETIME, Challenges
from wasteland.hub.passkeys import Passkey, Passkeys
from wasteland.hub.store import open_store
from wasteland.protocol.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    Unauthenticated,
)

HERE = site_of("localhost")
BROWSER = "browser"


@dataclass(slots=True)
class Desk:
    """The tables under test, with a clock that is set."""

    file: StateFile
    passkeys: Passkeys
    ceremonies: Ceremonies
    at: datetime = datetime(2030, 5, 4, 12, tzinfo=UTC)

    def add(self, device: Authenticator, account: str = "ada", label: str = "laptop") -> Passkey:
        """Make a passkey."""
        asked = self.ceremonies.options_to_make(account, HERE, BROWSER)
        return self.ceremonies.add(account, label, device.make(asked), HERE, BROWSER)

    def enter(self, device: Authenticator, site: Site = HERE) -> Passkey:
        """Sign in with one."""
        asked = self.ceremonies.options_to_sign_in(site, BROWSER)
        return self.ceremonies.check(device.sign(asked), site, BROWSER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Accounts ada and ben, without passkeys."""
    file = open_store(tmp_path)
    made: list[Desk] = []
    clock = lambda: made[0].at  # noqa: E731  # the one that is set
    passkeys = Passkeys(file, clock)
    made.append(Desk(file, passkeys, Ceremonies(passkeys, Challenges(clock))))
    for name in ("ada", "ben"):
        Accounts(file, clock).add(name)
    yield made[0]
    file.close()


def test_a_passkey_that_was_made_signs_its_account_in(desk: Desk) -> None:
    device = Authenticator()
    made = desk.add(device, label="  laptop \n of ada ")

    found = desk.enter(device)

    assert ("ada", "laptop of ada", made.id) == (found.account, found.label, found.id)
    assert [desk.at] == [one.used_at for one in desk.passkeys.of_account("ada")]


def test_what_is_asked_names_no_account_and_wants_the_person_verified(desk: Desk) -> None:
    asked = desk.ceremonies.options_to_sign_in(HERE, BROWSER)
    made = desk.ceremonies.options_to_make("ada", HERE, BROWSER)

    assert "required" == asked["userVerification"]
    assert not asked.get("allowCredentials")
    assert ("required", "required") == (
        made["authenticatorSelection"]["residentKey"],
        made["authenticatorSelection"]["userVerification"],
    )
    assert asked["challenge"] != desk.ceremonies.options_to_sign_in(HERE, BROWSER)["challenge"]


def test_an_answer_is_good_for_once(desk: Desk) -> None:
    device = Authenticator()
    desk.add(device)
    answer = device.sign(desk.ceremonies.options_to_sign_in(HERE, BROWSER))
    desk.ceremonies.check(answer, HERE, BROWSER)

    with pytest.raises(Forbidden):
        desk.ceremonies.check(answer, HERE, BROWSER)


def test_an_answer_is_of_the_browser_that_was_asked_and_soon(desk: Desk) -> None:
    device = Authenticator()
    desk.add(device)
    answer = device.sign(desk.ceremonies.options_to_sign_in(HERE, BROWSER))

    with pytest.raises(Forbidden):
        desk.ceremonies.check(answer, HERE, "another")
    desk.at += LIFETIME
    with pytest.raises(Forbidden):
        desk.ceremonies.check(answer, HERE, BROWSER)


def test_a_question_to_sign_in_makes_no_passkey(desk: Desk) -> None:
    device = Authenticator()
    asked = {**desk.ceremonies.options_to_make("ada", HERE, BROWSER)}
    asked["challenge"] = desk.ceremonies.options_to_sign_in(HERE, BROWSER)["challenge"]

    with pytest.raises(Forbidden):
        desk.ceremonies.add("ada", "laptop", device.make(asked), HERE, BROWSER)


def test_a_copy_that_counts_from_before_is_refused(desk: Desk) -> None:
    device = Authenticator()
    desk.add(device)
    copy = Authenticator(id=device.id, key=device.key, user=device.user, count=device.count)
    desk.enter(device)
    desk.enter(device)

    with pytest.raises(Unauthenticated):
        desk.enter(copy)
    assert desk.enter(device)


def test_one_that_never_counts_signs_in_again_and_again(desk: Desk) -> None:
    device = Authenticator()
    desk.add(device)

    for _ in range(2):
        device.count = -1
        assert desk.enter(device)


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://localhost"},
        {"name": "evil.example"},
        {"verifies": False},
    ],
)
def test_an_answer_of_another_site_or_of_nobody_is_refused(desk: Desk, lie: dict[str, Any]) -> None:
    device = Authenticator()
    desk.add(device)
    for name, value in lie.items():
        setattr(device, name, value)

    with pytest.raises(Unauthenticated):
        desk.enter(device)
    with pytest.raises(Unauthenticated):
        desk.add(Authenticator(**lie), "ben")


def test_another_key_under_the_same_name_is_refused(desk: Desk) -> None:
    device = Authenticator()
    desk.add(device)

    with pytest.raises(Unauthenticated):
        desk.enter(Authenticator(id=device.id, user=device.user))


def test_a_passkey_is_made_once_and_for_one_account(desk: Desk) -> None:
    device = Authenticator()
    desk.add(device)

    with pytest.raises(Conflict):
        desk.add(device, "ben")
    assert "ada" == desk.enter(Authenticator(id=device.id, key=device.key, count=9)).account


def test_a_handle_of_another_account_is_refused(desk: Desk) -> None:
    device, other = Authenticator(), Authenticator()
    desk.add(device)
    desk.add(other, "ben")
    device.user = other.user

    with pytest.raises(Unauthenticated):
        desk.enter(device)


def test_a_removed_passkey_signs_nobody_in(desk: Desk) -> None:
    device = Authenticator()
    made = desk.add(device)

    with pytest.raises(NotFound):
        desk.passkeys.remove("ben", made.id)
    desk.passkeys.remove("ada", made.id)

    with pytest.raises(Unauthenticated):
        desk.enter(device)


def test_a_passkey_needs_a_name_and_there_is_an_end_of_them(desk: Desk) -> None:
    with pytest.raises(Invalid):
        desk.add(Authenticator(), label=" \n ")
    for number in range(20):
        desk.add(Authenticator(), label=f"key {number}")

    with pytest.raises(LimitReached):
        desk.add(Authenticator())


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 20_000,
        json.dumps({"response": {"clientDataJSON": "e30"}}),
        json.dumps({"response": {"clientDataJSON": "!!"}}),
        json.dumps({"id": 7, "response": "x"}),
        "x" * 20_000,
    ],
)
def test_what_is_no_answer_is_refused(desk: Desk, answer: str) -> None:
    with pytest.raises(Invalid):
        desk.ceremonies.check(answer, HERE, BROWSER)
    with pytest.raises(Invalid):
        desk.ceremonies.add("ada", "laptop", answer, HERE, BROWSER)


@pytest.mark.parametrize("part", ["authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", [7, "AAAA", {}, ["x"]])
def test_an_answer_with_a_broken_part_is_refused(desk: Desk, part: str, value: object) -> None:
    device = Authenticator()
    desk.add(device)
    told = json.loads(device.sign(desk.ceremonies.options_to_sign_in(HERE, BROWSER)))
    told["response"][part] = value

    with pytest.raises(Unauthenticated):
        desk.ceremonies.check(json.dumps(told), HERE, BROWSER)


@pytest.mark.parametrize("value", [None, 7, "", "AAAA", {}])
def test_a_new_passkey_with_a_broken_part_is_refused(desk: Desk, value: object) -> None:
    told = json.loads(Authenticator().make(desk.ceremonies.options_to_make("ada", HERE, BROWSER)))
    told["response"]["attestationObject"] = value

    with pytest.raises(Unauthenticated):
        desk.ceremonies.add("ada", "laptop", json.dumps(told), HERE, BROWSER)


@pytest.mark.parametrize(
    ("host", "name", "origin", "can", "local"),
    [
        ("localhost:8999", "localhost", "http://localhost:8999", True, ""),
        ("127.0.0.1:8999", "127.0.0.1", "http://127.0.0.1:8999", False, "http://localhost:8999"),
        ("[::1]:8999", "[::1]", "http://[::1]:8999", False, "http://localhost:8999"),
        ("Hub.Example.org", "hub.example.org", "https://hub.example.org", True, ""),
        ("192.0.2.7:80", "192.0.2.7", "https://192.0.2.7:80", False, ""),
    ],
)
def test_names_have_passkeys_and_addresses_have_none(
    host: str, name: str, origin: str, can: bool, local: str
) -> None:
    found = site_of(host)

    assert (Site(name, origin), can, local) == (found, found.can_have_passkeys, found.local_name)
