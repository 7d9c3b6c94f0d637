from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wasteland.hub.accounts import Accounts
from wasteland.hub.identities import Identities, Person
from wasteland.hub.store import open_store
from wasteland.protocol.errors import Conflict, Forbidden, NotFound, Unauthenticated

GRACE = Person("https://id.example.org", "s-1", "grace", "Grace H.")


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    """Accounts ada and ben."""
    file = open_store(tmp_path)
    found = Accounts(file, lambda: datetime(2030, 5, 4, 12, tzinfo=UTC))
    for name in ("ada", "ben"):
        found.add(name)
    yield found
    file.close()


@pytest.fixture
def identities(accounts: Accounts) -> Identities:
    return Identities(accounts._file, accounts, accounts.now)


def test_a_person_who_was_linked_enters_as_that_account(identities: Identities) -> None:
    linked = identities.link(GRACE, "ada")

    owner, found = identities.enter(GRACE, makes_accounts=False)

    assert ("ada", linked) == (owner.name, found)
    assert "id.example.org" == found.where


def test_a_stranger_enters_only_where_accounts_are_made(identities: Identities) -> None:
    with pytest.raises(Unauthenticated):
        identities.enter(GRACE, makes_accounts=False)

    owner, _ = identities.enter(GRACE, makes_accounts=True)

    assert ("grace", "Grace H.", False) == (owner.name, owner.display_name, owner.is_admin)
    assert owner == identities.enter(GRACE, makes_accounts=True)[0]


def test_a_name_that_is_taken_is_never_taken_over(identities: Identities) -> None:
    with pytest.raises(Conflict):
        identities.enter(Person(GRACE.issuer, "s-2", "ADA"), makes_accounts=True)

    assert [] == identities.of_account("ada")


@pytest.mark.parametrize("wanted", ["", "../x", "a b", "é", "x" * 65])
def test_a_name_that_cannot_be_one_is_replaced(identities: Identities, wanted: str) -> None:
    owner, _ = identities.enter(Person(GRACE.issuer, "s-3", wanted), makes_accounts=True)

    assert owner.name.startswith("user-")


def test_the_same_subject_of_another_issuer_is_another_person(identities: Identities) -> None:
    identities.link(GRACE, "ada")

    with pytest.raises(Unauthenticated):
        identities.enter(Person("https://evil.example", "s-1"), makes_accounts=False)


def test_a_person_is_one_account_here(identities: Identities) -> None:
    identities.link(GRACE, "ada")

    with pytest.raises(Conflict):
        identities.link(GRACE, "ben")


def test_a_link_is_ended_by_its_own_account(identities: Identities) -> None:
    linked = identities.link(GRACE, "ada")

    with pytest.raises(NotFound):
        identities.unlink("ben", linked.id)
    identities.unlink("ada", linked.id)

    assert identities.find(GRACE) is None


def test_a_disabled_account_is_not_entered(accounts: Accounts, identities: Identities) -> None:
    identities.link(GRACE, "ada")
    accounts.disable("ada")

    with pytest.raises(Forbidden):
        identities.enter(GRACE, makes_accounts=True)


@pytest.mark.parametrize("subject", ["", "x" * 256])
def test_nobody_enters_without_a_subject(identities: Identities, subject: str) -> None:
    with pytest.raises(Unauthenticated):
        identities.enter(Person(GRACE.issuer, subject, "eve"), makes_accounts=True)
