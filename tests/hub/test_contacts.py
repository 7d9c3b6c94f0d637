from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wasteland.hub.accounts import Accounts
from wasteland.hub.contacts import Contact, Digest, parse_digest
from wasteland.hub.store import open_store
from wasteland.protocol.errors import Invalid


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    """Accounts with ada and ben."""
    file = open_store(tmp_path)
    found = Accounts(file, lambda: datetime(2030, 5, 4, 12, tzinfo=UTC))
    for name in ("ada", "ben"):
        found.add(name)
    yield found
    file.close()


def test_an_account_has_no_address_until_it_gives_one(accounts: Accounts) -> None:
    assert Contact("ada") == accounts.contact("ada")
    assert [] == accounts.contacts(Digest.DAILY)


def test_an_address_is_kept_changed_and_forgotten(accounts: Accounts) -> None:
    accounts.set_contact("ada", email="ada@example.org", digest=Digest.DAILY)
    changed = accounts.set_contact("ada", email="a.l@bücher.example", digest=Digest.WEEKLY)

    assert Contact("ada", "a.l@bücher.example", Digest.WEEKLY) == changed
    assert [changed] == accounts.contacts(Digest.WEEKLY)
    assert Contact("ada") == accounts.set_contact("ada", email="")
    assert [] == accounts.contacts(Digest.WEEKLY)


def test_a_disabled_account_is_not_written_to(accounts: Accounts) -> None:
    accounts.set_contact("ada", email="ada@example.org", digest=Digest.DAILY)

    accounts.disable("ada")

    assert [] == accounts.contacts(Digest.DAILY)


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@",
        "@example.org",
        "ada@localhost",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\nBcc: eve@example.org",
        "a\u202eda@example.org",
        "ada@" + "x" * 260 + ".org",
    ],
)
def test_what_is_no_address_is_refused(accounts: Accounts, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.set_contact("ada", email=email)

    assert "email" == refused.value.facts["field"]
    assert Contact("ada") == accounts.contact("ada")


def test_a_digest_needs_an_address(accounts: Accounts) -> None:
    with pytest.raises(Invalid):
        accounts.set_contact("ada", email="", digest=Digest.DAILY)


def test_only_the_known_choices_are_read() -> None:
    assert Digest.WEEKLY is parse_digest("weekly")
    with pytest.raises(Invalid):
        parse_digest("hourly")
