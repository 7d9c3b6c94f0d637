"""``wl hub user``: passwords come in by standard input alone, invitations go out once."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import environment
from wasteland.cli.main import run
from wasteland.hub import serving
from wasteland.hub.hub import Hub
from wasteland.settings import load

WORDS = "a few plain words"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a host that has the account ada."""
    for name, value in environment(tmp_path, "ada").items():
        monkeypatch.setenv(name, value)
    assert 0 == run(["hub", "user", "add", "ada"])
    return load().host


@pytest.fixture
def hub(root: Path) -> Iterator[Hub]:
    """The hub of that directory, as it is served meanwhile."""
    found = Hub.open(root)
    yield found
    found.close()


def test_a_password_is_read_from_standard_input(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORDS}\n"))

    assert 0 == run(["hub", "user", "password", "ADA"])

    assert "ada" == hub.passwords.check("ada", WORDS, address="here")[0].name
    assert WORDS not in "".join(capsys.readouterr())


@pytest.mark.parametrize("typed", ["", "\n", "short\n"])
def test_no_password_or_an_easy_one_is_refused(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    assert 0 != run(["hub", "user", "password", "ada"])
    assert hub.passwords.kept("ada") is None


def test_a_password_is_no_argument(hub: Hub) -> None:
    assert 2 == run(["hub", "user", "password", "ada", WORDS])
    assert hub.passwords.kept("ada") is None


def test_an_invitation_is_a_link_to_the_hub_that_is_served(
    hub: Hub, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    with serving.alone(root):
        (root / ".serving").write_text("http://127.0.0.1:4242")
        assert 0 == run(["hub", "user", "invite", "ada", "--json=account,link"])

    told = json.loads(capsys.readouterr().out)
    base, _, secret = told["link"].partition("/-/invitations/")
    assert ("http://127.0.0.1:4242", "ada") == (base, hub.passwords.invitation(secret).account)


def test_an_invitation_names_the_address_that_people_use(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    url = ["--url", "https://hub.example.org/", "--json=link"]

    assert 0 == run(["hub", "user", "invite", "ada", *url])

    link = json.loads(capsys.readouterr().out)["link"]
    assert link.startswith("https://hub.example.org/-/invitations/")
    assert hub.passwords.invitation(link.rpartition("/")[2])


@pytest.mark.parametrize("name", ["nobody", "acme"])
def test_nobody_and_organisations_are_not_invited(hub: Hub, name: str) -> None:
    hub.accounts.add("acme", is_organisation=True)

    assert 0 != run(["hub", "user", "invite", name])
