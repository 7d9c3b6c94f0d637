"""How programs other than ours reach a commons: a file, a server's port, or where it was joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commons.casts import REPO
from wasteland import settings as user_settings
from wasteland.commons import joining, memberships, raw_remotes
from wasteland.commons.memberships import HUB, Membership
from wasteland.engines.dolt.server import Server
from wasteland.settings import Settings


@pytest.fixture(name="home")
def at_home(tmp_path: Path) -> Settings:
    """A user's directories."""
    return user_settings.load({"HOME": str(tmp_path / "home")})


@pytest.fixture(name="on_dolt")
def with_a_commons_on_dolt(home: Settings, dolt_program: str) -> Iterator[Settings]:
    """The directories of a user whose local host has acme/board on a Dolt server."""
    found = replace(home, dolt=dolt_program)
    joining.create(found, REPO, handle="max", engine="dolt")
    yield found
    Server.attach(found.host / ".dolt-databases", program=dolt_program).stop()


def test_a_commons_on_doltlite_is_a_file(home: Settings) -> None:
    joining.create(home, REPO, handle="max", engine="doltlite")

    address = raw_remotes.open_remote(home, "", may_push=True)

    assert ("acme/board", "doltlite", "", "") == (
        address.commons,
        address.engine,
        address.user,
        address.password_file,
    )
    assert Path(address.url.removeprefix("file://")).is_file()
    assert "No port was open" in raw_remotes.close_remotes(home, "").note


def test_a_plain_remote_is_where_it_was_joined(home: Settings, remote: Path) -> None:
    joining.join(home, str(remote), handle="ada")

    assert f"file://{remote}" == raw_remotes.open_remote(home, "").url
    assert "No port was open" in raw_remotes.close_remotes(home, "").note


def test_a_commons_of_a_hub_is_a_file_of_its_address(home: Settings) -> None:
    found = Membership(REPO, "ada", "ada", HUB, "https://hub.example.org", "doltlite")
    memberships.save(home.config, found)

    assert "https://hub.example.org/acme/board.db" == raw_remotes.open_remote(home, "").url


@pytest.mark.dolt
def test_a_commons_on_dolt_has_a_port_and_a_user_for_reading_or_for_pushing(
    on_dolt: Settings,
) -> None:
    reading = raw_remotes.open_remote(on_dolt, "")
    pushing = raw_remotes.open_remote(on_dolt, "", may_push=True)

    assert ("wl_read", "wl_push") == (reading.user, pushing.user)
    assert reading.url == pushing.url
    assert reading.url.startswith("http://127.0.0.1:")
    for address in (reading, pushing):
        password = Path(address.password_file).read_text()
        assert password not in repr(address)


@pytest.mark.dolt
def test_closing_ends_the_port_and_the_passwords(on_dolt: Settings) -> None:
    reading = raw_remotes.open_remote(on_dolt, "")

    closed = raw_remotes.close_remotes(on_dolt, "")

    assert "is closed" in closed.note
    assert not Path(reading.password_file).exists()
    assert "No port was open" in raw_remotes.close_remotes(on_dolt, "").note
