from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher

from wasteland.hosts.state.file import StateFile
from wasteland.hub.accounts import Accounts
from wasteland.hub.passwords import PASSWORD_RULE, Passwords
from wasteland.hub.store import FILE, open_store
from wasteland.hub.tries import LOCKED, MOST_OF_ACCOUNT, MOST_OF_ADDRESS
from wasteland.protocol.errors import (
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthenticated,
    WastelandError,
)

WORDS = "a few plain words"
HERE = "192.0.2.7"


class Counting(PasswordHasher):
    """A quick hasher that counts how often it looked at a password."""

    looks = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  # its name
        """Count, and look."""
        self.looks += 1
        return super().verify(hash, password)


@dataclass(slots=True)
class Desk:
    """The tables under test, with a clock that is set."""

    file: StateFile
    hasher: Counting
    at: datetime = datetime(2030, 5, 4, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    @property
    def accounts(self) -> Accounts:
        """The accounts."""
        return Accounts(self.file, self.now)

    def passwords(self, hasher: PasswordHasher | None = None) -> Passwords:
        """Return the passwords, hashed as *hasher* does."""
        return Passwords(self.file, self.accounts, self.now, hasher or self.hasher)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Accounts ada, with a password, and ben."""
    found = Desk(open_store(tmp_path), Counting(time_cost=1, memory_cost=64, parallelism=1))
    for name in ("ada", "ben"):
        found.accounts.add(name)
    found.passwords().set("ada", WORDS)
    yield found
    found.file.close()


def test_the_right_password_names_the_account(desk: Desk) -> None:
    owner, kept = desk.passwords().check("ADA", WORDS, address=HERE)

    assert "ada" == owner.name
    assert kept == getattr(desk.passwords().kept("ada"), "id", "")


@pytest.mark.parametrize(
    ("account", "password"),
    [("ada", WORDS + "!"), ("ada", ""), ("ben", WORDS), ("nobody", WORDS), ("a' OR 1=1", WORDS)],
)
def test_whatever_is_wrong_is_refused_in_the_same_words(
    desk: Desk, account: str, password: str
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        desk.passwords().check(account, password, address=HERE)

    assert "No account has this name and this password." == refused.value.message


def test_an_unknown_account_costs_as_much_work_as_a_known_one(desk: Desk) -> None:
    for number, name in enumerate(("ada", "ben", "nobody"), start=1):
        with pytest.raises(Unauthenticated):
            desk.passwords().check(name, "wrong as can be", address=HERE)

        assert number == desk.hasher.looks


def test_the_file_holds_a_hash_of_argon2_and_no_password(desk: Desk) -> None:
    secret = desk.passwords().invite("ben").secret
    desk.file.close()

    kept = b"".join(path.read_bytes() for path in desk.file.path.parent.glob(f"{FILE}*"))

    assert b"$argon2id$" in kept
    assert WORDS.encode() not in kept
    assert secret.encode() not in kept


def test_a_password_is_hashed_anew_when_the_costs_have_changed(desk: Desk) -> None:
    before = _hash(desk)
    dearer = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)

    _, kept = desk.passwords(dearer).check("ada", WORDS, address=HERE)

    assert before != _hash(desk)
    assert "t=2" in _hash(desk)
    assert kept == desk.passwords(dearer).check("ada", WORDS, address=HERE)[1]


def test_the_same_letters_are_right_however_they_were_typed(desk: Desk) -> None:
    desk.passwords().set("ben", "cafe\u0301 au lait chaud")

    assert desk.passwords().check("ben", "café au lait chaud", address=HERE)


@pytest.mark.parametrize(
    "password",
    ["", "short", "x" * 257, "aaaaaaaaaaaaaaaa", "ababababababab", "ada" * 5, "\ud800" * 20],
)
def test_an_easy_password_is_refused_and_the_present_one_stays(desk: Desk, password: str) -> None:
    with pytest.raises(Invalid):
        desk.passwords().set("ada", password)

    assert desk.passwords().check("ada", WORDS, address=HERE)
    assert "12 to 256" in PASSWORD_RULE


def test_after_five_wrong_tries_none_is_looked_at_for_a_quarter_of_an_hour(desk: Desk) -> None:
    _try(desk, MOST_OF_ACCOUNT)
    looks = desk.hasher.looks

    with pytest.raises(RateLimited) as refused:
        desk.passwords().check("ada", WORDS, address="198.51.100.1")

    assert looks == desk.hasher.looks
    assert "12:16 UTC" in refused.value.message
    assert "2030-05-04 12:15:00" == refused.value.facts["until"]
    desk.at += LOCKED
    assert desk.passwords().check("ada", WORDS, address=HERE)


def test_a_name_that_nobody_has_is_locked_like_any_other(desk: Desk) -> None:
    _try(desk, MOST_OF_ACCOUNT, "nobody")

    with pytest.raises(RateLimited):
        desk.passwords().check("nobody", WORDS, address=HERE)


def test_a_right_password_forgets_the_wrong_ones(desk: Desk) -> None:
    for _ in range(3):
        _try(desk, MOST_OF_ACCOUNT - 1)
        assert desk.passwords().check("ada", WORDS, address=HERE)


def test_one_address_tries_no_more_than_its_share_of_names(desk: Desk) -> None:
    for number in range(MOST_OF_ADDRESS):
        _try(desk, 1, f"name{number}")

    with pytest.raises(RateLimited):
        desk.passwords().check("ada", WORDS, address=HERE)
    assert desk.passwords().check("ada", WORDS, address="198.51.100.1")


def test_a_new_password_ends_what_began_with_the_one_before(desk: Desk) -> None:
    before = desk.passwords().kept("ada")

    desk.passwords().set("ada", "some other plain words")

    assert before != desk.passwords().kept("ada")
    with pytest.raises(Unauthenticated):
        desk.passwords().check("ada", WORDS, address=HERE)


def test_disabled_accounts_and_organisations_have_no_way_in(desk: Desk) -> None:
    desk.accounts.add("acme", is_organisation=True)
    invited = desk.passwords().invite("ada")
    desk.accounts.disable("ada")

    for name in ("ada", "acme"):
        with pytest.raises(Forbidden):
            desk.passwords().set(name, "some other plain words")
        with pytest.raises(Forbidden):
            desk.passwords().invite(name)
    with pytest.raises(Forbidden):
        desk.passwords().check("ada", WORDS, address=HERE)
    with pytest.raises(NotFound):
        desk.passwords().accept(invited.secret, "some other plain words")


def test_an_invitation_sets_a_password_once(desk: Desk) -> None:
    invited = desk.passwords().invite("ben")

    owner, kept = desk.passwords().accept(invited.secret, WORDS)

    assert ("ben", kept) == (owner.name, getattr(desk.passwords().kept("ben"), "id", ""))
    with pytest.raises(NotFound):
        desk.passwords().accept(invited.secret, "some other plain words")
    assert desk.passwords().check("ben", WORDS, address=HERE)


def test_an_invitation_ends_with_its_time_and_with_the_next(desk: Desk) -> None:
    first = desk.passwords().invite("ben", timedelta(days=1))
    second = desk.passwords().invite("ben", timedelta(days=1))

    assert _is_refused(desk, first.secret)
    assert desk.passwords().invitation(second.secret).account == "ben"
    desk.at += timedelta(days=1)
    assert _is_refused(desk, second.secret)


def test_an_easy_password_does_not_spend_an_invitation(desk: Desk) -> None:
    invited = desk.passwords().invite("ben")

    with pytest.raises(Invalid):
        desk.passwords().accept(invited.secret, "short")

    assert desk.passwords().accept(invited.secret, WORDS)


def _try(desk: Desk, times: int, account: str = "ada") -> None:
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            desk.passwords().check(account, "wrong as can be", address=HERE)


def _hash(desk: Desk) -> str:
    return str(desk.file.read("SELECT hash FROM passwords WHERE account = 'ada'")[0]["hash"])


def _is_refused(desk: Desk, secret: str) -> bool:
    try:
        desk.passwords().invitation(secret)
    except WastelandError:
        return True
    return False
