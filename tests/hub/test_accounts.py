"""Accounts, organisations and tokens: what proves who asks, and when it stops doing so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from wasteland.hub import callers, tokens
from wasteland.hub.accounts import Accounts
from wasteland.hub.store import open_store
from wasteland.hub.tokens import Scope
from wasteland.protocol.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated

START: Final = datetime(2031, 4, 5, 10, 11, 12, tzinfo=UTC)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    file = open_store(tmp_path)
    yield Accounts(file, clock)
    file.close()


@pytest.mark.parametrize(
    ("held", "asked", "holds"),
    [
        ("push", "push", True),
        ("push", "read", False),
        ("push", "write", False),
        ("read", "read", True),
        ("read", "push", True),
        ("read", "write", False),
        ("write", "read", True),
        ("write", "admin", False),
        ("admin", "write", True),
    ],
)
def test_each_scope_holds_the_ones_before_it_but_for_push(
    held: str, asked: str, *, holds: bool
) -> None:
    assert holds == Scope(held).holds(Scope(asked))


def test_a_token_proves_its_account(accounts: Accounts) -> None:
    accounts.add("ada")
    token, text = accounts.issue("ada", label="laptop", scope=Scope.READ)

    assert token == accounts.authenticate(text)


def test_tokens_are_kept_as_digests(accounts: Accounts, tmp_path: Path) -> None:
    accounts.add("ada")
    _, text = accounts.issue("ada", label="laptop", scope=Scope.READ)
    secret = text.rpartition(".")[2]

    files = [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]
    assert files
    assert not [found for found in files if secret.encode() in found]


def test_a_token_that_was_changed_by_one_letter_proves_nothing(accounts: Accounts) -> None:
    accounts.add("ada")
    _, text = accounts.issue("ada", label="", scope=Scope.READ)
    other = text[:-1] + ("A" if text[-1] != "A" else "B")

    with pytest.raises(Unauthenticated, match="no token found"):
        accounts.authenticate(other)


def test_the_secret_of_one_token_does_not_go_with_the_id_of_another(accounts: Accounts) -> None:
    accounts.add("ada")
    first = accounts.issue("ada", label="", scope=Scope.READ)[1].split(".")
    second = accounts.issue("ada", label="", scope=Scope.READ)[1].split(".")

    with pytest.raises(Unauthenticated):
        accounts.authenticate(".".join([*first[:3], second[3]]))


def test_a_revoked_token_proves_nothing_any_more(accounts: Accounts) -> None:
    accounts.add("ada")
    token, text = accounts.issue("ada", label="", scope=Scope.READ)
    accounts.revoke("ada", token.id)

    with pytest.raises(Unauthenticated, match="revoked"):
        accounts.authenticate(text)


def test_nobody_revokes_the_token_of_another(accounts: Accounts) -> None:
    accounts.add("ada")
    accounts.add("ben")
    token, text = accounts.issue("ada", label="", scope=Scope.READ)

    with pytest.raises(NotFound):
        accounts.revoke("ben", token.id)
    assert token == accounts.authenticate(text)


def test_a_token_ends_at_its_time(accounts: Accounts, clock: Clock) -> None:
    accounts.add("ada")
    _, text = accounts.issue("ada", label="", scope=Scope.READ, lifetime=timedelta(days=1))

    clock.pass_by(hours=23, minutes=59)
    accounts.authenticate(text)
    clock.pass_by(minutes=1)
    with pytest.raises(Unauthenticated, match="expired"):
        accounts.authenticate(text)


def test_the_tokens_of_a_disabled_account_stop_until_it_is_enabled(accounts: Accounts) -> None:
    accounts.add("ada")
    token, text = accounts.issue("ada", label="", scope=Scope.READ)
    accounts.disable("ada")

    with pytest.raises(Unauthenticated):
        accounts.authenticate(text)
    with pytest.raises(Forbidden):
        accounts.issue("ada", label="", scope=Scope.READ)
    accounts.disable("ada", disabled=False)
    assert token == accounts.authenticate(text)


def test_only_accounts_that_run_the_hub_have_tokens_of_scope_admin(accounts: Accounts) -> None:
    accounts.add("ada")
    accounts.add("root", is_admin=True)

    with pytest.raises(Forbidden, match="write at most"):
        accounts.issue("ada", label="", scope=Scope.ADMIN)
    _, text = accounts.issue("root", label="", scope=Scope.ADMIN)
    assert callers.of_token(accounts, text).is_admin


def test_an_account_that_runs_the_hub_needs_a_token_that_says_so(accounts: Accounts) -> None:
    accounts.add("root", is_admin=True)
    _, text = accounts.issue("root", label="", scope=Scope.WRITE)

    assert not callers.of_token(accounts, text).is_admin


def test_organisations_sign_in_nowhere(accounts: Accounts) -> None:
    accounts.add("guild", is_organisation=True)

    with pytest.raises(Forbidden):
        accounts.issue("guild", label="", scope=Scope.READ)


def test_an_owner_of_an_organisation_owns_its_namespace_and_a_member_does_not(
    accounts: Accounts,
) -> None:
    for name in ("ada", "ben"):
        accounts.add(name)
    accounts.add("Guild", is_organisation=True)
    accounts.set_member("Guild", "ada", is_owner=True)
    accounts.set_member("Guild", "ben")
    ada, ben = (
        callers.of_token(accounts, accounts.issue(name, label="", scope=Scope.WRITE)[1])
        for name in ("ada", "ben")
    )

    assert (True, False) == (ada.owns("guild"), ben.owns("guild"))
    assert "guild" in ben.memberships
    accounts.remove_member("guild", "ada")
    again = accounts.issue("ada", label="", scope=Scope.WRITE)[1]
    assert not callers.of_token(accounts, again).owns("guild")


@pytest.mark.parametrize("name", ["Ada", "ADA", "ada"])
def test_names_are_taken_whatever_their_case_by_accounts_and_organisations(
    accounts: Accounts, name: str
) -> None:
    accounts.add("ada")

    with pytest.raises(Conflict):
        accounts.add(name, is_organisation=True)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "\u0430da", "a" * 65, "-a", "a\0b"])
def test_what_cannot_own_a_repository_is_no_account(accounts: Accounts, name: str) -> None:
    with pytest.raises(Invalid):
        accounts.add(name)


def test_an_account_is_no_organisation_and_has_no_members(accounts: Accounts) -> None:
    accounts.add("ada")
    accounts.add("ben")

    with pytest.raises(Invalid):
        accounts.set_member("ada", "ben")


@pytest.mark.parametrize(
    "text",
    [
        "wlt.v1.0123456789ab.abcdefghijklmnopqrstuvwxyz",
        "see wlt.v1.abcdefghijklmnopqrstuvwxyz here",
        "(dhat.v1.0123456789abcdefghijklmnopqrstuv)",
        "a=wlt.v1.0123456789ab.abcdefghij&b=dhat.v1.abcdefghijklmnopqrstuvwxyz",
        "eyJhbGciOiJFZERTQSJ9.abcdefghijkl.abcdefghijkl",
        "key: whsec_abcdefghijklmnop",
        "clone https://ada:abcdefghij@hub.example/acme/board failed",
        "http://127.0.0.1:8999/t/abcdefghijklm/acme/board.db",
    ],
)
def test_secrets_are_taken_out_of_text(text: str) -> None:
    shown = tokens.redacted(text)

    assert shown != text
    assert "abcdefgh" not in shown


def test_text_without_secrets_stays_as_it_is() -> None:
    text = "wlt.v1 and wl.v2.x, SELECT v1.a FROM v1"

    assert text == tokens.redacted(text)
